import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { ConfigurationError } from "../../errors.ts";
import { openObjectStore } from "../../object-store/opening.ts";
import type { FileSource } from "./file-source.ts";
import { mountedFiles } from "./mounted-files.ts";
import { objectFiles } from "./object-files.ts";

/** Opens where `load.from` says that the files lie. Throws a ConfigurationError for a connection that has no files. */
export async function openFiles(spec: SpecOf<"load">, context: CommandContext): Promise<FileSource> {
  const { connection } = spec.work.load.from;
  const named = spec.connections[connection];
  if (named?.kind === "s3") return objectFiles(await openObjectStore(spec, connection, context));
  if (named?.kind === "files") return mountedFiles(connection, named.directory);
  const found = named === undefined ? "there is none of that name" : `it is of kind ${named.kind}`;
  throw new ConfigurationError(
    "WrongConnection",
    `load.from.connection ${connection}: expected a connection with files, of kind s3 or files, but ${found}`,
  );
}
