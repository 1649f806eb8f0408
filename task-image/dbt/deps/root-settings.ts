import { type DataMap, isMap, own } from "../project/data.ts";
import type { ProjectTree } from "../project/project-package.ts";
import { normalPath, SETTINGS_FILE } from "../project/project-settings.ts";
import { renderText } from "../project/rendered-yaml.ts";
import { readYaml } from "../project/yaml-document.ts";
import { packagesScope, TEMPLATE_LIMITS, type TemplateFacts } from "./package-files.ts";

/** What dbt_project.yml of the project that runs says of its packages. */
export interface RootSettings {
  /** The folder that they lie in: `dbt_packages`. */
  readonly folder: string;
  /** Whether versions count that need another dbt; not where the flag `version_check` is false. */
  readonly checksVersion: boolean;
}

const [FOLDER_KEY, FLAG] = ["packages-install-path", "version_check"];
const DEFAULTS: RootSettings = { folder: "dbt_packages", checksVersion: true };

/** @throws {ProblemError} for a dbt_project.yml that cannot be read. */
export function readRootSettings(tree: ProjectTree, facts: TemplateFacts): RootSettings {
  const text = tree.get(SETTINGS_FILE) ?? "";
  // Most projects say nothing of it, and the file is read in full by a thread soon.
  if (!text.includes(FOLDER_KEY) && !text.includes(FLAG)) return DEFAULTS;
  const { value, position } = readYaml(SETTINGS_FILE, text);
  const written: DataMap = isMap(value) ? value : {};
  const [path, flags] = [own(written, FOLDER_KEY), own(written, "flags")];
  const checksVersion = !(isMap(flags) && own(flags, FLAG) === false);
  if (typeof path !== "string" || path === "") return { ...DEFAULTS, checksVersion };
  const rendered = renderText(path, packagesScope(facts), () => position([FOLDER_KEY]), TEMPLATE_LIMITS);
  return { folder: normalPath(String(rendered)), checksVersion };
}
