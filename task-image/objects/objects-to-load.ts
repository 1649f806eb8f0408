import type { CommandContext, SpecOf } from "../commands/command.ts";
import { ConfigurationError, DataError, foreignCode, TransientError } from "../errors.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { openObjectStore } from "../object-store/opening.ts";
import { ownObjects } from "../object-store/own-objects.ts";
import { readExtract } from "../sources/files/extract-of-run.ts";
import { filePattern } from "../sources/files/file-pattern.ts";
import { objectFiles } from "../sources/files/object-files.ts";
import { findObjects, type ObjectSource } from "./object-source.ts";

/** The objects that `load.from` names, in the bucket of a connection. */
export async function objectsToLoad(
  spec: SpecOf<"load">,
  bucket: string,
  context: CommandContext,
): Promise<ObjectSource> {
  const { connection, files = {}, node } = spec.work.load.from;
  const store = await openObjectStore(spec, bucket, context);
  if (spec.connections[connection]?.kind !== "s3") {
    return await (await import("./objects-by-way.ts")).objectsByWay(spec, store, context);
  }
  return node === undefined ? patterns(store, files) : await extracted(spec, node, store);
}

/** Takes away what an attempt that was killed wrote into the bucket for the warehouse, where its load is committed and none will. */
export async function removeRowsLeft(spec: SpecOf<"load">, bucket: string, context: CommandContext): Promise<void> {
  if (spec.connections[spec.work.load.from.connection]?.kind === "s3") return;
  try {
    await using store = await openObjectStore(spec, bucket, context);
    await ownObjects(store, spec, "rows").remove();
  } catch (error) {
    // The load is committed all the same.
    context.log.warn("objects may stay in the bucket", { bucket, error: (error as Error).message });
  }
}

/** The connection of the bucket that the warehouse reads. Throws a ConfigurationError where there is none. */
export function bucketOf(spec: SpecOf<"load">): string {
  const { from, to } = spec.work.load;
  if (spec.connections[from.connection]?.kind === "s3") return from.connection;
  if (to.via !== undefined) return to.via;
  throw new ConfigurationError(
    "NoBucket",
    `load.to.via: the warehouse of connection ${to.connection} reads objects of a bucket only, and ${from.connection} is not a bucket. Name the connection of a bucket that the rows go through`,
  );
}

function patterns(store: ObjectStore, files: Readonly<Record<string, string>>): ObjectSource {
  const source = objectFiles(store);
  const tables = Object.entries(files).map(([table, text]) => {
    const pattern = filePattern(text);
    const replaced = (message: string) =>
      new TransientError(foreignCode("PreconditionFailed"), `${message}. The next attempt lists again`);
    return { source: text, table, list: () => source.list(pattern), replaced };
  });
  return { store, field: "load.from.files", tables, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

/** What an extract of this run has written, as its manifest lists it. */
async function extracted(spec: SpecOf<"load">, node: string, store: ObjectStore): Promise<ObjectSource> {
  const dispose = () => store[Symbol.asyncDispose]();
  try {
    const manifest = await readExtract(spec, store);
    const replaced = (message: string) =>
      new DataError("ExtractReplaced", `${message}. Something else writes there; run it again`);
    const tables = manifest.files.map(({ key, etag, rows, relation, columns }) => ({
      source: key,
      table: spec.work.load.to.table ?? relation?.table ?? node,
      ...(rows === undefined ? {} : { rows }),
      ...(columns === undefined ? {} : { extracted: columns }),
      list: async () => {
        const found = await findObjects(store, [key]);
        if (found[0]?.etag === etag) return found;
        throw replaced(
          `${store.uri(key)} was written with the etag ${etag}, found ${found[0]?.etag ?? "nothing there"}`,
        );
      },
      replaced,
    }));
    const format = spec.work.load.from.format ?? { [manifest.format]: {} };
    return { store, field: `load.from.node ${node}`, format, tables, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
