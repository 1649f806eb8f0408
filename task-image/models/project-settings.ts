import { z } from "zod";
import { ProblemError } from "../jinja/problem.ts";
import type { Value } from "../jinja/values/value.ts";
import { fromYaml } from "./host-value.ts";
import { type Setting, type Settings, settingName } from "./model-config.ts";
import { SETTINGS_FILE } from "./project-files.ts";
import { readYaml, type YamlDocument } from "./yaml-document.ts";

const paths = z.array(z.string().min(1)).min(1);
const ProjectYaml = z.looseObject({
  name: z.string().regex(/^\w+$/, "expected letters, digits and underscores").default("project"),
  "model-paths": paths.default(["models"]),
  "macro-paths": paths.default(["macros"]),
  vars: z.record(z.string(), z.unknown()).nullish(),
  models: z.record(z.string(), z.unknown()).nullish(),
});

/** Keys of dbt_project.yml that would change what runs and are not supported yet. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["on-run-start", "hooks are not supported yet: put the statements into a node before this one"],
  ["on-run-end", "hooks are not supported yet: put the statements into a node behind this one"],
  ["quoting", "names are always quoted, as dbt does on Postgres: remove the key"],
]);

/** Settings whose value is a map, so that a map under their name is no folder. */
const MAP_SETTINGS = new Set(["meta", "docs", "grants", "contract", "persist_docs"]);

export interface ProjectSettings {
  readonly name: string;
  readonly modelPaths: readonly string[];
  readonly macroPaths: readonly string[];
  readonly vars: ReadonlyMap<string, Value>;
  /** What the file configures for a model, by its project name, folders and name. */
  settingsOf(model: readonly string[]): Settings;
}

/**
 * Reads dbt_project.yml; a project without one is called `project` and has dbt's defaults.
 *
 * @throws {ProblemError} where it cannot be read or asks for what is not supported.
 */
export function readProjectSettings(text: string): ProjectSettings {
  const document = readYaml(SETTINGS_FILE, text, ProjectYaml);
  const { value } = document;
  for (const [key, reason] of REFUSED) {
    if (isFilled(value[key])) throw new ProblemError(`'${key}' cannot be used: ${reason}`, document.position([key]));
  }
  return {
    name: value.name,
    modelPaths: value["model-paths"],
    macroPaths: value["macro-paths"],
    vars: readVars(value.name, value.vars ?? {}),
    settingsOf: (model) => collectSettings(document, model),
  };
}

function isFilled(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Variables under the project's own name win over those at the top, as in dbt. */
function readVars(project: string, vars: Readonly<Record<string, unknown>>): Map<string, Value> {
  const own = Object.hasOwn(vars, project) ? vars[project] : undefined;
  const scoped = typeof own === "object" && own !== null && !Array.isArray(own) ? Object.entries(own) : [];
  return new Map([...Object.entries(vars), ...scoped].map(([name, value]) => [name, fromYaml(value)] as const));
}

/** Walks down the tree under `models` along the model's project, folders and name; what lies deeper wins. */
function collectSettings(document: YamlDocument<z.infer<typeof ProjectYaml>>, model: readonly string[]): Settings {
  const settings = new Map<string, Setting>();
  const path: string[] = ["models"];
  let level: unknown = document.value.models;
  for (let depth = 0; isMap(level); depth += 1) {
    for (const [key, value] of Object.entries(level)) {
      const name = settingName(key);
      const isFolder = !key.startsWith("+") && isMap(value) && !MAP_SETTINGS.has(name);
      if (!isFolder) settings.set(name, { value: fromYaml(value), at: document.position([...path, key]) });
    }
    const next = model[depth];
    if (next === undefined || !Object.hasOwn(level, next)) break;
    level = level[next];
    path.push(next);
  }
  return settings;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
