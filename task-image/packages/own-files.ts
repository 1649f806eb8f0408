import type { ProjectTree } from "../dbt/project/project-package.ts";
import { SETTINGS_FILE } from "../dbt/project/project-settings.ts";

/** The files of a package without those of other projects in it, such as its integration tests: dbt never reads them as parts of it. */
export function ownFiles(files: ProjectTree): ProjectTree {
  const others = new Set(
    [...files.keys()]
      .filter((path) => path.endsWith(`/${SETTINGS_FILE}`))
      .map((path) => path.slice(0, -SETTINGS_FILE.length)),
  );
  if (others.size === 0) return files;
  return new Map([...files].filter(([path]) => !foldersOf(path).some((folder) => others.has(folder))));
}

/** Every folder that a path lies in, each with a slash at its end. */
function foldersOf(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => `${names.slice(0, index + 1).join("/")}/`);
}
