import { manifestKey } from "#api/extract.ts";
import { readHttpSettings } from "../connections/http-settings.ts";
import { namedConnection } from "../connections/named-connection.ts";
import type { Destination, ManifestEntry } from "../files/destination.ts";
import { directoryDestination } from "../files/directory-destination.ts";
import { extractedFileName } from "../files/extracted-file.ts";
import { openHttpClient } from "../http/client.ts";
import { bucketDestination } from "../object-store/bucket-destination.ts";
import type { FileFormat } from "../object-store/extract-manifest.ts";
import { openObjectStore } from "../object-store/opening.ts";
import { copyOut } from "../postgres/copy.ts";
import { databaseFailure } from "../postgres/failure.ts";
import { openSession, type Session } from "../postgres/session.ts";
import type { ItemProgress, Measured } from "../report/item-progress.ts";
import { type HttpSource, isPaged, readHttp } from "../sources/http/http-records.ts";
import { copyOutStatement } from "../sources/postgres/postgres-rows.ts";
import { beginSnapshot, type SourceTable } from "../sources/postgres/postgres-table.ts";
import { parseTableName, showTable } from "../sql/identifier.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";

/** Copies data into files and writes the manifest last: files without a manifest are not an extract. */
export function extract(spec: SpecOf<"extract">, context: CommandContext): Promise<Outcome> {
  const { from } = spec.work.extract;
  if (from.http !== undefined) return extractHttp(spec, from.http, context);
  return extractTables(spec, from.tables ?? [], context);
}

/**
 * Copies tables into CSV files with a header, all of one snapshot. Names depend on the tables alone, so that a retry overwrites
 * what an attempt before it left.
 */
async function extractTables(
  spec: SpecOf<"extract">,
  names: readonly string[],
  context: CommandContext,
): Promise<Outcome> {
  const { from } = spec.work.extract;
  const items = context.progress.items(
    "table",
    names.map((name) => showTable(parseTableName(name, from.schema))),
  );
  await using destination = await openDestination(spec, "csv", context);
  await destination.begin();
  await using source = await openSession(spec, from.connection, context, { readOnly: true });
  const tables = await beginSnapshot(source, names, from.schema).catch((error: unknown) => {
    throw databaseFailure(error, `reading tables of connection ${from.connection}`);
  });
  const files: ManifestEntry[] = [];
  for (const [index, table] of tables.entries()) {
    items[index]?.running();
    const file = await extractTable(source, table, destination, items[index]);
    context.log.info("extracted", { ...file });
    items[index]?.staged(measuredOf(file));
    files.push(file);
  }
  await destination.end(files);
  return outcomeOf(files);
}

/** Writes the answer of an HTTP API into one object, page by page. */
async function extractHttp(spec: SpecOf<"extract">, source: HttpSource, context: CommandContext): Promise<Outcome> {
  const { connection } = spec.work.extract.from;
  const settings = await readHttpSettings(connection, namedConnection(spec, connection, "http"), context.redactor);
  await using client = await openHttpClient(settings, context);
  await using destination = await openDestination(spec, isPaged(source) ? "jsonl" : source.format, context);
  await destination.begin();
  const [item] = context.progress.items("file", [`${settings.baseUrl.host}/${source.path.replace(/^\/+/, "")}`]);
  item?.running();
  const { filled, ...written } = await destination.write("answer", (target) =>
    readHttp(client, source, target, {
      workDirectory: context.workDirectory,
      onPage: ({ rows }) => item?.running(rows === undefined ? {} : { rows }),
    }),
  );
  const file: ManifestEntry = { ...written, ...(filled.rows === undefined ? {} : { rows: filled.rows }) };
  context.log.info("extracted", { ...file, pages: filled.pages });
  item?.staged(measuredOf(file));
  await destination.end([file]);
  return outcomeOf([file]);
}

function measuredOf({ rows, bytes }: ManifestEntry): Measured {
  return { bytes, ...(rows === undefined ? {} : { rows }) };
}

function outcomeOf(files: readonly ManifestEntry[]): Outcome {
  const counted = files.flatMap(({ rows }) => (rows === undefined ? [] : [rows]));
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const what = files.length === 1 ? "1 file" : `${files.length} files`;
  if (counted.length < files.length) return { message: `${what}, ${bytes.toLocaleString("en-US")} bytes`, bytes };
  const rows = counted.reduce((sum, each) => sum + each, 0);
  return { message: `${what}, ${rows.toLocaleString("en-US")} rows`, rows, bytes };
}

async function openDestination(
  spec: SpecOf<"extract">,
  format: FileFormat,
  context: CommandContext,
): Promise<Destination> {
  const { to } = spec.work.extract;
  if (to.connection === undefined) return directoryDestination(context.workDirectory, to.directory ?? ".");
  const store = await openObjectStore(spec, to.connection, context);
  return bucketDestination(store, { ...to, format, manifest: manifestKey(to) }, spec);
}

async function extractTable(
  source: Session,
  table: SourceTable,
  destination: Destination,
  item: ItemProgress | undefined,
): Promise<ManifestEntry> {
  const statement = copyOutStatement(table, "FORMAT csv, HEADER true");
  try {
    let bytes = 0;
    const { filled, ...written } = await destination.write(extractedFileName(table), (target, onChunk) =>
      copyOut(source, statement, target, (chunk) => {
        onChunk(chunk);
        bytes += chunk.length;
        item?.running({ bytes });
      }),
    );
    const columns = table.columns.map(({ name, type }) => ({ name, type }));
    return {
      ...written,
      table: showTable(table),
      relation: { schema: table.schema, table: table.table },
      rows: filled,
      columns,
    };
  } catch (error) {
    throw databaseFailure(error, `extracting ${showTable(table)}`);
  }
}
