import { NOT_TEXT } from "../dbt/project/project-package.ts";

/** What of a folder may be a part of a dbt project, wherever the folder is. */

/** Deeper folders are no project's. */
export const DEPTH_MAX = 16;

/** What dbt reads: templates, properties, seeds, docs, and models in Python, which are refused with their place. */
const READ = /\.(?:sql|ya?ml|csv|md|py)$|^\.dbtignore$/;
/** What dbt writes into a project; it never reads it as a part of one. */
const WRITTEN = ["target", "logs"];

/** Whether dbt never reads a file or folder, by its path below the project. */
export function isNoneOfDbts(path: string, isFolder: boolean): boolean {
  return isFolder ? WRITTEN.includes(path) : !READ.test(path);
}

export function isHiddenName(name: string): boolean {
  return name.startsWith(".") && name !== ".dbtignore";
}

/** The text of a file of a project, as a tree has it. */
export function textOf(content: Uint8Array): string {
  return decoded(content) ?? NOT_TEXT;
}

/** The text of a file; nothing where it is no UTF-8. */
export function decoded(content: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
