import { randomUUID } from "node:crypto";
import type { CommandContext, SpecOf } from "../commands/command.ts";
import { ConfigurationError, foreignCode, TransientError } from "../errors.ts";
import { extractedFileName } from "../files/extracted-file.ts";
import { bucketDestination } from "../object-store/bucket-destination.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { type OwnObjects, ownObjects } from "../object-store/own-objects.ts";
import { copyOut } from "../postgres/copy.ts";
import { databaseFailure } from "../postgres/failure.ts";
import { openSession, type Session } from "../postgres/session.ts";
import { filePattern } from "../sources/files/file-pattern.ts";
import { openFiles } from "../sources/files/open-files.ts";
import { copyOutStatement } from "../sources/postgres/postgres-rows.ts";
import { narrowToRange, type SelectedRows, selectQuery, selectTables } from "../sources/postgres/selected-rows.ts";
import { findTables } from "../sources/postgres/table-pattern.ts";
import { quoteLiteral } from "../sql/identifier.ts";
import { findObjects, type ObjectSource, type ObjectsOfTable } from "./object-source.ts";

/**
 * Rows that do not come from a bucket, through one: written there before the warehouse reads them, and removed when the load
 * ends. Throws a ConfigurationError for what cannot go this way.
 */
export async function objectsByWay(
  spec: SpecOf<"load">,
  store: ObjectStore,
  context: CommandContext,
): Promise<ObjectSource> {
  const own = ownObjects(store, spec, "rows");
  const dispose = async () => {
    // What stays is no data for any load, and the next attempt takes it away.
    await own.remove().catch((error: Error) => {
      context.log.warn("objects stay in the bucket", { prefix: own.prefix, error: error.message });
    });
    await store[Symbol.asyncDispose]();
  };
  try {
    refuse(spec);
    const { files } = spec.work.load.from;
    const written =
      files === undefined
        ? await writeRows(spec, own, context)
        : { tables: await writeFiles(spec, own, files, context) };
    return { store, field: "load.from", ...written, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function refuse(spec: SpecOf<"load">): void {
  const { from, onlyNew } = spec.work.load;
  const fields = {
    "from.http": from.http,
    "from.cursor": from.cursor,
    "from.parallel": from.parallel,
    onlyNew: onlyNew === true ? onlyNew : undefined,
  };
  const [field] = Object.entries(fields).find(([, value]) => value !== undefined) ?? [];
  if (field === undefined) return;
  throw new ConfigurationError(
    "UnsupportedSource",
    `load.${field}: tables, a query and files can go to connection ${spec.work.load.to.connection} through a bucket, each of them as a whole. Leave it out, extract into a bucket by a node of its own, or load into Postgres`,
  );
}

/** Tables or a query of a Postgres database as CSV, all of one snapshot. */
async function writeRows(
  spec: SpecOf<"load">,
  { store, prefix }: OwnObjects,
  context: CommandContext,
): Promise<Pick<ObjectSource, "tables" | "format">> {
  // Not every warehouse is known to see the quotes around an empty text: NULL is a word that no value is.
  const marker = `_kelt_null_${randomUUID().slice(0, 8)}`;
  const options = `FORMAT csv, HEADER true, ENCODING 'UTF8', NULL ${quoteLiteral(marker)}`;
  await using source = await openSession(spec, spec.work.load.from.connection, context, { readOnly: true });
  const target = { prefix, compression: "gzip", createBucket: false, manifest: "", format: "csv" } as const;
  const destination = bucketDestination(store, target, spec);
  const tables: ObjectsOfTable[] = [];
  for (const { name, rows, target: to } of narrowToRange(await select(source, spec), spec.work.load.range)) {
    const statement = copyOutStatement(rows, options);
    const written = await destination
      .write(extractedFileName(to), (stream, onChunk) => copyOut(source, statement, stream, onChunk))
      .catch((error: unknown) => {
        throw databaseFailure(error, `reading ${name}`);
      });
    context.log.info("written for the warehouse", { source: name, key: written.name, rows: written.filled });
    const extracted = rows.columns.map((column) => ({ name: column.name, type: column.type }));
    tables.push({ ...known(store, name, to.table, [written.name]), rows: written.filled, extracted });
  }
  return { tables, format: { csv: { null: marker } } };
}

async function select(source: Session, spec: SpecOf<"load">): Promise<readonly SelectedRows[]> {
  const { from, to } = spec.work.load;
  if (from.query !== undefined) {
    return await selectQuery(source, from.query, { schema: to.schema, table: to.table ?? "query" });
  }
  return await selectTables(source, await findTables(source, from.tables ?? [], from.schema), to.schema);
}

/** Files of a volume as they are. */
async function writeFiles(
  spec: SpecOf<"load">,
  { store, prefix }: OwnObjects,
  files: Readonly<Record<string, string>>,
  context: CommandContext,
): Promise<readonly ObjectsOfTable[]> {
  await using source = await openFiles(spec, context);
  const tables: ObjectsOfTable[] = [];
  for (const [table, pattern] of Object.entries(files)) {
    const keys: string[] = [];
    for (const file of await source.list(filePattern(pattern))) {
      const { key } = await store.write(`${prefix}${file.name}`, source.read(file), "application/octet-stream");
      keys.push(key);
    }
    tables.push(known(store, pattern, table, keys));
  }
  return tables;
}

function known(store: ObjectStore, source: string, table: string, keys: readonly string[]): ObjectsOfTable {
  return {
    source,
    table,
    list: () => findObjects(store, keys),
    replaced: (message) =>
      new TransientError(foreignCode("PreconditionFailed"), `${message}. The next attempt writes it again`),
  };
}
