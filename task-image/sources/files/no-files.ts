import { DataError } from "../../errors.ts";
import type { SourceFile } from "./file-source.ts";

/** Why a table's item is skipped where only new files are wanted. */
export const NO_NEW_FILES = "no new files";

/** Throws a DataError when nothing was found. */
export function refuseNoFiles(found: readonly SourceFile[], place: string, connection: string): void {
  if (found.length > 0) return;
  throw new DataError(
    "NoFiles",
    `${place}: expected at least one file of connection ${connection}, found none. Check load.from.files and that the files have been written`,
  );
}
