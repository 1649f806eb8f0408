import type { Problem } from "../../jinja/problem.ts";
import type { ProjectPackage } from "../project/project-package.ts";
import { formatVersion, parseVersion, type Version } from "./version.ts";
import { areCompatible } from "./version-range.ts";

/**
 * What is wrong with `require-dbt-version` of a project and its packages: dbt's `validate_version`. Nothing where the project's flag
 * `version_check` is false.
 */
export function dbtVersionProblems(packages: readonly ProjectPackage[], dbtVersion: string): Problem[] {
  const [root] = packages;
  if (root?.settings.flags.version_check === false) return [];
  const dbt = parseVersion(dbtVersion);
  return packages.flatMap(({ settings: { name, requiresDbt, position } }) => {
    const say = (message: string): Problem[] => [{ message, at: position(["require-dbt-version"]) }];
    const bounds: Version[] = [];
    for (const text of requiresDbt) {
      const bound = parseVersion(text);
      if (bound === undefined) return say(`require-dbt-version: "${text}" is not a valid semantic version`);
      bounds.push(bound);
    }
    const shown = bounds.map(formatVersion).join(", ");
    if (!areCompatible(bounds)) return say(`the version of dbt that '${name}' requires can never be there: ${shown}`);
    if (dbt === undefined || areCompatible([dbt, ...bounds])) return [];
    return say(
      `this version of dbt is not supported with '${name}': this is dbt ${dbtVersion}, and '${name}' requires ${shown}. Take another version of it, or set version_check: false under flags of the project's dbt_project.yml`,
    );
  });
}
