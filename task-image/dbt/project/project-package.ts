import type { Problem } from "../../jinja/problem.ts";
import { collectProblem, startOf } from "../../jinja/problem.ts";
import type { Scope } from "../../jinja/running/scope.ts";
import { type IsIgnored, readIgnoreRules } from "./ignore-rules.ts";
import { type FolderKind, type ProjectSettings, readProjectSettings, SETTINGS_FILE } from "./project-settings.ts";

/** A file of a package. */
export interface ProjectFile {
  /** Below the folder that it was found in: `staging/stg_films.sql`. */
  readonly path: string;
  /** Below the package: `models/staging/stg_films.sql`. */
  readonly originalPath: string;
  /** Below the project that runs: `dbt_packages/films/models/staging/stg_films.sql`. Problems name it. */
  readonly fullPath: string;
  readonly text: string;
}

/** A project that runs, or one that it has installed. */
export interface ProjectPackage {
  readonly settings: ProjectSettings;
  /** dbt_project.yml below the project that runs. */
  readonly settingsPath: string;
  /** Files below folders of a kind, with one of these endings, by path. */
  files(kinds: readonly FolderKind[], endings: readonly string[]): readonly ProjectFile[];
}

/** Files of a project by path, as text; {@link NOT_TEXT} stands for what is no UTF-8. */
export type ProjectTree = ReadonlyMap<string, string>;

/** In place of a file's text: a code point that no text has. Such a file is a problem where dbt reads it, and is left alone elsewhere. */
export const NOT_TEXT = "\uffff";

/** Endings of the files that dbt reads below folders of each kind. */
const READ_BELOW: Readonly<Record<FolderKind, readonly string[]>> = {
  models: [".sql", ".yml", ".yaml", ".md"],
  seeds: [".csv", ".yml", ".yaml", ".md"],
  snapshots: [".sql", ".yml", ".yaml", ".md"],
  tests: [".sql", ".csv", ".yml", ".yaml", ".md"],
  analyses: [".sql", ".yml", ".yaml", ".md"],
  macros: [".sql", ".yml", ".yaml", ".md"],
  docs: [".md"],
};

/**
 * The project that runs, first, and the packages that lie in its `dbt_packages`. Files that belong to none of dbt's folders are left
 * alone, whatever they are. `scope` has what the templates in a dbt_project.yml see.
 */
export function readPackages(tree: ProjectTree, scope: Scope, problems: Problem[]): readonly ProjectPackage[] {
  const root = collectProblem(problems, () => readPackage(tree, "", scope));
  if (root === undefined) return [];
  const folder = `${root.settings.packagesFolder}/`;
  const installed = [...tree.keys()]
    .filter((path) => path.startsWith(folder) && path.endsWith(`/${SETTINGS_FILE}`))
    .map((path) => path.slice(0, -SETTINGS_FILE.length))
    .filter((prefix) => /^[^/]+\/$/.test(prefix.slice(folder.length)))
    .sort();
  const packages = installed.flatMap(
    (prefix) => collectProblem(problems, () => readPackage(tree, prefix, scope)) ?? [],
  );
  const all = [root, ...withoutTwins([root, ...packages], problems).slice(1)];
  problems.push(...all.flatMap(filesWithoutText));
  return all;
}

/** dbt stops at such a file as well: left out, a model or a seed would be missing without a word. */
function filesWithoutText({ files }: ProjectPackage): Problem[] {
  const read = Object.entries(READ_BELOW).flatMap(([kind, endings]) => files([kind as FolderKind], endings));
  const paths = new Set(read.filter(({ text }) => text === NOT_TEXT).map(({ fullPath }) => fullPath));
  const message = "expected UTF-8 text, found other bytes: save the file in UTF-8, or keep it out of the project";
  return [...paths].map((path) => ({ message, at: startOf(path) }));
}

/** Two packages of one name would each be a half of one. */
function withoutTwins(packages: readonly ProjectPackage[], problems: Problem[]): ProjectPackage[] {
  const first = new Map<string, string>();
  return packages.filter(({ settings: { name }, settingsPath }) => {
    const before = first.get(name);
    if (before === undefined) first.set(name, settingsPath);
    else
      problems.push({
        message: `the project '${name}' stands in ${before} too: remove one of them`,
        at: startOf(settingsPath),
      });
    return before === undefined;
  });
}

function readPackage(tree: ProjectTree, prefix: string, scope: Scope): ProjectPackage {
  const settingsPath = `${prefix}${SETTINGS_FILE}`;
  const settings = readProjectSettings(settingsPath, tree.get(settingsPath) ?? "", scope);
  const isIgnored = readIgnoreRules(tree.get(`${prefix}.dbtignore`) ?? "");
  const left = [settings.packagesFolder, settings.targetFolder, "logs"].map((folder) => `${folder}/`);
  const paths = [...tree.keys()]
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length))
    .filter((path) => !left.some((folder) => path.startsWith(folder)))
    .sort();
  return {
    settings,
    settingsPath,
    files: (kinds, endings) => {
      const folders = [...new Set(kinds.flatMap((kind) => settings.folders[kind]))];
      return filesIn(folders, endings, { tree, prefix, paths, isIgnored });
    },
  };
}

interface Place {
  readonly tree: ProjectTree;
  readonly prefix: string;
  readonly paths: readonly string[];
  readonly isIgnored: IsIgnored;
}

/** A file that several folders hold, because one lies in another, is found once: in the first of them. */
function filesIn(
  folders: readonly string[],
  endings: readonly string[],
  { tree, prefix, paths, isIgnored }: Place,
): ProjectFile[] {
  const found = new Map<string, ProjectFile>();
  for (const folder of folders) {
    const below = folder === "" ? "" : `${folder}/`;
    for (const originalPath of paths) {
      const isWanted =
        originalPath.startsWith(below) &&
        !found.has(originalPath) &&
        endings.some((end) => hasEnding(originalPath, end));
      if (!isWanted || isIgnored(originalPath)) continue;
      const fullPath = `${prefix}${originalPath}`;
      const path = originalPath.slice(below.length);
      found.set(originalPath, { path, originalPath, fullPath, text: tree.get(fullPath) ?? "" });
    }
  }
  return [...found.values()];
}

/** Names such as `.sql` and `films~.sql` are no files of dbt's: editors leave them behind. */
function hasEnding(path: string, ending: string): boolean {
  return path.endsWith(ending) && !/[./#~]$/.test(path.slice(0, -ending.length));
}
