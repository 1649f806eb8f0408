import type { Destination, ManifestEntry } from "../files/destination.ts";
import { directoryDestination } from "../files/directory-destination.ts";
import { extractedFileName } from "../files/extracted-file.ts";
import { bucketDestination } from "../object-store/bucket-destination.ts";
import { openObjectStore } from "../object-store/opening.ts";
import { copyOutStatement } from "../sources/postgres-rows.ts";
import { beginSnapshot, type SourceTable } from "../sources/postgres-table.ts";
import { copyOut } from "../warehouse/copy.ts";
import { databaseFailure } from "../warehouse/failure.ts";
import { showTable } from "../warehouse/identifier.ts";
import { openSession, type Session } from "../warehouse/session.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";

/**
 * Copies tables into CSV files with a header, all of one snapshot, and writes the manifest last: files without a manifest are
 * not an extract. Names depend on the tables alone, so that a retry overwrites what an attempt before it left.
 */
export async function extract(spec: SpecOf<"extract">, context: CommandContext): Promise<Outcome> {
  const { from } = spec.work.extract;
  await using destination = await openDestination(spec, context);
  await destination.begin();
  await using source = await openSession(spec, from.connection, context, { readOnly: true });
  const tables = await beginSnapshot(source, from.tables, from.schema).catch((error: unknown) => {
    throw databaseFailure(error, `reading tables of connection ${from.connection}`);
  });
  const files: ManifestEntry[] = [];
  for (const table of tables) {
    context.progress.report({ item: showTable(table), done: files.length, total: tables.length });
    const file = await extractTable(source, table, destination);
    context.log.info("extracted", { ...file });
    files.push(file);
  }
  await destination.end(files);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const what = files.length === 1 ? "1 file" : `${files.length} files`;
  return { message: `${what}, ${rows.toLocaleString("en-US")} rows`, rows, bytes };
}

async function openDestination(spec: SpecOf<"extract">, context: CommandContext): Promise<Destination> {
  const { to } = spec.work.extract;
  if (to.connection === undefined) return directoryDestination(context.workDirectory, to.directory ?? ".");
  const store = await openObjectStore(spec, to.connection, context);
  return bucketDestination(store, { ...to, format: "csv" }, spec);
}

async function extractTable(source: Session, table: SourceTable, destination: Destination): Promise<ManifestEntry> {
  const statement = copyOutStatement(table, "FORMAT csv, HEADER true");
  try {
    const { filled, ...written } = await destination.write(extractedFileName(table), (target, onChunk) =>
      copyOut(source, statement, target, onChunk),
    );
    const columns = table.columns.map(({ name, type }) => ({ name, type }));
    return { ...written, table: showTable(table), rows: filled, columns };
  } catch (error) {
    throw databaseFailure(error, `extracting ${showTable(table)}`);
  }
}
