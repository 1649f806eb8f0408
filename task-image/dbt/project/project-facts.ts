import type { DataMap } from "./data.ts";
import type { ProjectPackage } from "./project-package.ts";

/** What dbt's RuntimeConfig says of the project that runs and of its packages, dbt's own among them, by dbt's names. */
export function projectFacts(
  packages: readonly ProjectPackage[],
  adapterTypes: readonly string[],
  given: DataMap,
): DataMap {
  const [root] = packages;
  if (root === undefined) return {};
  const { name, quoting } = root.settings;
  const ofDbt = ["dbt", ...adapterTypes.map((type) => `dbt_${type}`)];
  const dependencies = Object.fromEntries([
    ...ofDbt.map((each): [string, DataMap] => [each, { project_name: each, version: "1.0" }]),
    ...packages.map((each): [string, DataMap] => [each.settings.name, factsOf(each, given)]),
  ]);
  return { ...factsOf(root, given), profile_name: name, quoting, dependencies };
}

function factsOf({ settings: { name, version, vars } }: ProjectPackage, given: DataMap): DataMap {
  return { project_name: name, version, vars: { ...vars, ...given }, cli_vars: given };
}
