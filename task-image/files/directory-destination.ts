import { resolve, sep } from "node:path";
import { ConfigurationError } from "../errors.ts";
import type { Destination } from "./destination.ts";
import { removeManifest, writeExtractedFile, writeManifest } from "./extracted-file.ts";

/** A directory below the work volume. Throws a ConfigurationError for one outside of it. */
export function directoryDestination(workDirectory: string, name: string): Destination {
  const directory = insideOf(workDirectory, name);
  return {
    begin: () => removeManifest(directory),
    write: (file, fill) => writeExtractedFile(directory, file, fill),
    end: (entries) =>
      writeManifest(
        directory,
        entries.map(({ table = "", name: file, rows = 0, bytes, sha256, columns = [] }) => ({
          table,
          file,
          rows,
          bytes,
          sha256,
          columns,
        })),
      ),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function insideOf(workDirectory: string, directory: string): string {
  const root = resolve(workDirectory);
  const path = resolve(root, directory);
  if (path === root || path.startsWith(root + sep)) return path;
  throw new ConfigurationError(
    "OutsideWorkVolume",
    `extract.to.directory ${directory} lies outside of the work volume ${root}, the only place where a task can write. Name a directory inside it`,
  );
}
