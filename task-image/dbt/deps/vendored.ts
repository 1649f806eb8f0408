import type { ProjectTree } from "../project/project-package.ts";
import { SETTINGS_FILE } from "../project/project-settings.ts";
import type { PackageSpec } from "./package-spec.ts";

/** The packages that lie in a project's `dbt_packages` already: they are taken as they are. */
export interface Vendored {
  /** Folders of them, each with a slash at its end. */
  readonly folders: readonly string[];
  has(spec: PackageSpec): boolean;
}

/**
 * What of the packages that a project asks for is there. A package of the hub, an archive and a folder are known by their names. A
 * repository may hold a project of any name: its own counts, and where as many other projects are there as repositories are asked for,
 * they are taken for them, as dbt compares no more than the numbers.
 */
export function vendoredPackages(tree: ProjectTree, packagesFolder: string, asked: readonly PackageSpec[]): Vendored {
  const folders = projectFolders(tree, `${packagesFolder}/`);
  const names = new Set(folders.flatMap((folder) => [folder.split("/").at(-2) ?? "", nameIn(tree, folder)]));
  names.delete("");
  const isNamed = (spec: PackageSpec) => names.has(guessedName(spec, tree));
  const taken = new Set(asked.filter(isNamed).map((spec) => guessedName(spec, tree)));
  const unnamed = asked.filter((spec) => (spec.kind === "git" || spec.kind === "private") && !isNamed(spec));
  const others = folders.filter(
    (folder) => !taken.has(folder.split("/").at(-2) ?? "") && !taken.has(nameIn(tree, folder)),
  );
  const takesOthers = unnamed.length > 0 && others.length >= unnamed.length;
  return { folders, has: (spec) => isNamed(spec) || (takesOthers && unnamed.includes(spec)) };
}

function projectFolders(tree: ProjectTree, below: string): string[] {
  return [...tree.keys()]
    .filter((path) => path.startsWith(below) && path.endsWith(`/${SETTINGS_FILE}`))
    .map((path) => path.slice(0, -SETTINGS_FILE.length))
    .filter((folder) => /^[^/]+\/$/.test(folder.slice(below.length)))
    .sort();
}

/** What a package is probably called: `dbt-utils.git` holds dbt_utils. */
function guessedName(spec: PackageSpec, tree: ProjectTree): string {
  if (spec.kind === "tarball") return spec.name;
  if (spec.kind === "local") return nameIn(tree, folderOf(spec.local));
  const path =
    spec.kind === "hub" ? spec.package : spec.kind === "private" ? spec.private : (spec.subdirectory ?? spec.git);
  const last = path.replace(/\/+$/, "").split("/").at(-1) ?? "";
  return last.replace(/\.git$/, "").replaceAll("-", "_");
}

/** The folder of a package by `local`, with a slash at its end. */
export function folderOf(local: string): string {
  const path = local
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
  return path === "" ? "" : `${path}/`;
}

/** The name that a dbt_project.yml gives its project, as it is written there; empty where it gives none. */
export function nameIn(tree: ProjectTree, folder: string): string {
  return (
    /^name\s*:\s*(["']?)([A-Za-z_]\w*)\1\s*(?:#.*)?$/m.exec(tree.get(`${folder}${SETTINGS_FILE}`) ?? "")?.[2] ?? ""
  );
}
