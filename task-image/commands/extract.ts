import { resolve, sep } from "node:path";
import { ConfigurationError } from "../errors.ts";
import {
  type ExtractedFile,
  extractedFileName,
  removeManifest,
  writeExtractedFile,
  writeManifest,
} from "../files/extracted-file.ts";
import { beginSnapshot, copyOutStatement, type SourceTable } from "../sources/postgres-table.ts";
import { copyOut } from "../warehouse/copy.ts";
import { databaseFailure } from "../warehouse/failure.ts";
import { showTable } from "../warehouse/identifier.ts";
import { openSession, type Session } from "../warehouse/session.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";

/**
 * Copies tables into CSV files with a header, all of one snapshot, and writes manifest.json last: files without a manifest are
 * not an extract. Names depend on the tables alone, so that a retry overwrites what an attempt before it left.
 */
export async function extract(spec: SpecOf<"extract">, context: CommandContext): Promise<Outcome> {
  const { from, to } = spec.work.extract;
  const directory = outputDirectory(context.workDirectory, to.directory);
  await removeManifest(directory);
  await using source = await openSession(spec, from.connection, context, { readOnly: true });
  const tables = await beginSnapshot(source, from.tables, from.schema).catch((error: unknown) => {
    throw databaseFailure(error, `reading tables of connection ${from.connection}`);
  });
  const files: ExtractedFile[] = [];
  for (const table of tables) {
    context.progress.report({ item: showTable(table), done: files.length, total: tables.length });
    const file = await extractTable(source, table, directory);
    context.log.info("extracted", { ...file });
    files.push(file);
  }
  await writeManifest(directory, files);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const what = files.length === 1 ? "1 file" : `${files.length} files`;
  return { message: `${what}, ${rows.toLocaleString("en-US")} rows`, rows, bytes };
}

async function extractTable(source: Session, table: SourceTable, directory: string): Promise<ExtractedFile> {
  const file = extractedFileName(table);
  const statement = copyOutStatement(table, "FORMAT csv, HEADER true");
  try {
    const written = await writeExtractedFile(directory, file, (target, onChunk) =>
      copyOut(source, statement, target, onChunk),
    );
    const columns = table.columns.map(({ name, type }) => ({ name, type }));
    return { table: showTable(table), file, ...written, columns };
  } catch (error) {
    throw databaseFailure(error, `extracting ${showTable(table)}`);
  }
}

/** The directory below the work volume. Throws a ConfigurationError for one outside of it. */
function outputDirectory(workDirectory: string, directory: string): string {
  const root = resolve(workDirectory);
  const path = resolve(root, directory);
  if (path === root || path.startsWith(root + sep)) return path;
  throw new ConfigurationError(
    "OutsideWorkVolume",
    `extract.to.directory ${directory} lies outside of the work volume ${root}, the only place where a task can write. Name a directory inside it`,
  );
}
