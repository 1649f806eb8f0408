import { ConfigurationError, DataError, type TaskFailure, TransientError } from "../errors.ts";
import type { FormatOptions } from "../formats/file-format.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { openObjectStore } from "../object-store/opening.ts";
import { filePattern } from "../sources/file-pattern.ts";
import type { SourceFile } from "../sources/file-source.ts";
import { objectFiles } from "../sources/object-files.ts";
import type { ObjectsToStage } from "../warehouse/object-warehouse.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import { readExtract } from "./load-extract.ts";

/** A table and the objects that it is loaded from. */
export interface ObjectsOfTable extends Pick<ObjectsToStage, "extracted"> {
  /** The pattern, or the name of the object, for messages. */
  readonly source: string;
  /** As the manifest writes it. */
  readonly table: string;
  /** Rows that the objects are known to hold. */
  readonly rows?: number;
  /** The objects as they are now. */
  list(): Promise<readonly SourceFile[]>;
  /** The failure that an object means which has been replaced meanwhile. */
  replaced(message: string): TaskFailure;
}

/** Objects in a bucket, by the tables they go to. Disposing of it closes the bucket. */
export interface ObjectSource extends AsyncDisposable {
  readonly store: ObjectStore;
  /** Where the manifest names them. */
  readonly field: string;
  readonly format?: FormatOptions;
  readonly tables: readonly ObjectsOfTable[];
}

/** The objects that `load.from` names, in the bucket of a connection. */
export async function objectsToLoad(
  spec: SpecOf<"load">,
  bucket: string,
  context: CommandContext,
): Promise<ObjectSource> {
  const { files = {}, node } = spec.work.load.from;
  const store = await openObjectStore(spec, bucket, context);
  return node === undefined ? patterns(store, files) : await extracted(spec, node, store);
}

/** The connection of the bucket that the warehouse reads. Throws a ConfigurationError for sources that are no bucket. */
export function bucketOf(spec: SpecOf<"load">): string {
  const { connection } = spec.work.load.from;
  if (spec.connections[connection]?.kind === "s3") return connection;
  throw new ConfigurationError(
    "UnsupportedSource",
    `load.from.connection ${connection}: the warehouse of connection ${spec.work.load.to.connection} reads objects of a bucket alone. Extract into a bucket by a node of its own, and load from.node`,
  );
}

function patterns(store: ObjectStore, files: Readonly<Record<string, string>>): ObjectSource {
  const source = objectFiles(store);
  const tables = Object.entries(files).map(([table, text]) => {
    const pattern = filePattern(text);
    const replaced = (message: string) =>
      new TransientError("PreconditionFailed", `${message}. The next attempt lists again`);
    return { source: text, table, list: () => source.list(pattern), replaced };
  });
  return { store, field: "load.from.files", tables, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

/** What an extract of this run has written, as its manifest lists it. */
async function extracted(spec: SpecOf<"load">, node: string, store: ObjectStore): Promise<ObjectSource> {
  const dispose = () => store[Symbol.asyncDispose]();
  try {
    const manifest = await readExtract(spec, store);
    const tables = manifest.files.map(({ key, rows, relation, columns }) => ({
      source: key,
      table: spec.work.load.to.table ?? relation?.table ?? node,
      ...(rows === undefined ? {} : { rows }),
      ...(columns === undefined ? {} : { extracted: columns }),
      list: async () =>
        [await store.find(key)].flatMap((found) =>
          found === undefined ? [] : [{ ...found, name: key, uri: store.uri(key) }],
        ),
      replaced: (message: string) =>
        new DataError("ExtractReplaced", `${message}. Something else writes there; run it again`),
    }));
    const format = spec.work.load.from.format ?? { [manifest.format]: {} };
    return { store, field: `load.from.node ${node}`, format, tables, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
