import { collectProblem, type Problem, ProblemError, startOf } from "../jinja/problem.ts";
import { parseTemplate } from "../jinja/reading/template-parser.ts";

export type FileKind = "model" | "macro" | "properties";

/** A file of a project under the path that dbt would know it by. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
  readonly kind: FileKind;
}

export interface ProjectPaths {
  readonly models: readonly string[];
  readonly macros: readonly string[];
}

export const SETTINGS_FILE = "dbt_project.yml";
const OTHER_FOLDERS = ["tests", "seeds", "snapshots", "analyses", "docs", "dbt_packages", "target", "logs"];
const REFUSED_FILES: ReadonlyMap<string, string> = new Map([
  ["packages.yml", "packages are not supported yet: copy the macros that the models call into macros/"],
  ["dependencies.yml", "packages are not supported yet: copy the macros that the models call into macros/"],
]);
const IGNORED_FILES = new Set(["profiles.yml", "selectors.yml", "package-lock.yml", SETTINGS_FILE]);

/**
 * Gives every file its path and kind. A key with slashes is a path. In a key without any, dots write folders when the first
 * segment is a folder of the project (`models.staging.stg_films.sql` is `models/staging/stg_films.sql`); a key without folder
 * is classified by what it holds. Files of later steps (tests, docs) are left out; what would change the result is refused.
 */
export function arrangeFiles(
  files: ReadonlyMap<string, string>,
  paths: ProjectPaths,
  problems: Problem[],
): readonly ProjectFile[] {
  const arranged = new Map<string, ProjectFile>();
  for (const [key, text] of [...files].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const file = collectProblem(problems, () => arrangeFile(key, text, paths));
    if (file === undefined) continue;
    if (arranged.has(file.path)) {
      problems.push({ message: `two files have the path ${file.path}: rename or remove one`, at: startOf(file.path) });
    }
    arranged.set(file.path, file);
  }
  return [...arranged.values()];
}

function arrangeFile(key: string, text: string, paths: ProjectPaths): ProjectFile | undefined {
  const refusal = REFUSED_FILES.get(key);
  if (refusal !== undefined && /^[^#\s]/m.test(text)) throw new ProblemError(refusal, startOf(key));
  if (refusal !== undefined || IGNORED_FILES.has(key)) return undefined;
  const path = pathOf(key, [...paths.models, ...paths.macros, ...OTHER_FOLDERS]);
  if (!path.includes("/")) return classify(path, text, paths);
  const isUnder = (folder: string) => path.startsWith(`${folder.replace(/\/+$/, "")}/`);
  if (paths.macros.some(isUnder)) return path.endsWith(".sql") ? { path, text, kind: "macro" } : undefined;
  if (paths.models.some(isUnder)) return modelFile(path, text);
  return otherFile(path);
}

function pathOf(key: string, folders: readonly string[]): string {
  if (key.includes("/")) return key.replace(/^\.?\/+/, "");
  const segments = key.split(".");
  const [first = ""] = segments;
  if (segments.length < 3 || !folders.includes(first)) return key;
  return `${segments.slice(0, -1).join("/")}.${segments.at(-1)}`;
}

function classify(key: string, text: string, paths: ProjectPaths): ProjectFile | undefined {
  if (/\.ya?ml$/.test(key)) return { path: key, text, kind: "properties" };
  if (!key.endsWith(".sql")) return otherFile(`models/${key}`);
  return definesOnlyMacros(key, text)
    ? { path: `${paths.macros[0]}/${key}`, text, kind: "macro" }
    : { path: `${paths.models[0]}/${key}`, text, kind: "model" };
}

/** A file that cannot be read counts as a model: reading the model tells why. */
function definesOnlyMacros(file: string, text: string): boolean {
  const body = collectProblem([], () => parseTemplate(file, text).body) ?? [];
  return (
    body.some(({ type }) => type === "macro") &&
    body.every(
      (statement) => statement.type === "macro" || (statement.type === "text" && statement.value.trim() === ""),
    )
  );
}

function modelFile(path: string, text: string): ProjectFile | undefined {
  if (path.endsWith(".sql")) return { path, text, kind: "model" };
  return /\.ya?ml$/.test(path) ? { path, text, kind: "properties" } : otherFile(path);
}

/** A file that is no model, macro or properties: left out when it changes nothing in the result, refused otherwise. */
function otherFile(path: string): undefined {
  if (path.endsWith(".py")) {
    throw new ProblemError("Python models are not supported: write the model in SQL", startOf(path));
  }
  if (path.endsWith(".csv")) {
    throw new ProblemError("seeds are not supported yet: load the rows by a load node", startOf(path));
  }
  if (path.startsWith("snapshots/") && /\.(sql|ya?ml)$/.test(path)) {
    throw new ProblemError("snapshots are not supported yet: remove the file", startOf(path));
  }
  return undefined;
}
