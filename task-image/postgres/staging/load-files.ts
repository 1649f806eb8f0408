import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { ConfigurationError } from "../../errors.ts";
import { decodedBytes } from "../../formats/decoded-bytes.ts";
import { encodingOf, type FileFormat, fileFormat } from "../../formats/file-format.ts";
import { loadId } from "../../loading/load-record.ts";
import { refuseTakenTargets } from "../../loading/targets.ts";
import { filePattern } from "../../sources/files/file-pattern.ts";
import type { FileSource, SourceFile } from "../../sources/files/file-source.ts";
import { NO_NEW_FILES, refuseNoFiles } from "../../sources/files/no-files.ts";
import { openFiles } from "../../sources/files/open-files.ts";
import { showTable, type TableName } from "../../sql/identifier.ts";
import { databaseFailure } from "../failure.ts";
import type { FilesToStage } from "../landing/landed-files.ts";
import { stageFiles } from "../landing/stage-files.ts";
import { recordFiles, withoutLoaded } from "../publishing/loaded-files.ts";
import type { StagedTable } from "../publishing/staged-table.ts";
import type { Session } from "../session.ts";
import type { LoadSource } from "./load-source.ts";

/** Files of a bucket or a volume, those of one pattern into one table. */
export function filesToLoad(
  spec: SpecOf<"load">,
  patterns: Readonly<Record<string, string>>,
  context: CommandContext,
): FilesLoadSource {
  const { schema } = spec.work.load.to;
  const tables = Object.entries(patterns).map(([table, source]) => ({ source, target: { schema, table } }));
  return listedFiles(spec, "load.from.files", tables, context);
}

/** Files as a source, which can be dealt out too. */
export interface FilesLoadSource extends LoadSource {
  /** What is to be loaded into each table; a table without new files, where only those are wanted, is left out. */
  list(destination: Session): Promise<readonly TableFiles[]>;
}

/** A table and its files: those that are known, or all that a pattern finds when they are staged. */
export interface FilesOfTable {
  /** The pattern, or the name of the file. */
  readonly source: string;
  readonly target: TableName;
  readonly files?: readonly SourceFile[];
}

/** A table, its files and how they are written. */
export interface TableFiles extends Required<FilesOfTable> {
  readonly format: FileFormat;
}

/** How files are read. */
interface Reading {
  /** Takes the bytes of text that have been read so far. */
  readonly onBytes: (bytes: number) => void;
  readonly workDirectory: string;
}

/** Files into tables. `field` is where the manifest names them. */
export function listedFiles(
  spec: SpecOf<"load">,
  field: string,
  tables: readonly FilesOfTable[],
  context: CommandContext,
): FilesLoadSource {
  refuseTakenTargets(field, tables);
  const { workDirectory } = context;
  const items = context.progress.items(
    "table",
    tables.map(({ target }) => showTable(target)),
  );
  const stage = async (destination: Session) => {
    await using files = await openFiles(spec, context);
    const staged: StagedTable[] = [];
    for (const [index, table] of tables.entries()) {
      const item = items[index];
      const onBytes = (bytes: number) => item?.running({ bytes });
      onBytes(0);
      const found = await listTable(destination, files, spec, table);
      if (found === undefined) {
        item?.ended("Skipped", { message: NO_NEW_FILES });
        continue;
      }
      const one = await stageTable(destination, files, spec, { ...found, onBytes, workDirectory });
      item?.staged({ rows: one.rows, bytes: one.bytes });
      staged.push(one);
    }
    return staged;
  };
  const list = async (destination: Session) => {
    await using files = await openFiles(spec, context);
    const found: TableFiles[] = [];
    for (const table of tables) {
      const one = await listTable(destination, files, spec, table);
      if (one !== undefined) found.push(one);
    }
    return found;
  };
  return { targets: tables.map(({ target }) => target), stage, list };
}

/** The files of one table; undefined when only new files are wanted and there are none. */
async function listTable(
  destination: Session,
  source: FileSource,
  spec: SpecOf<"load">,
  table: FilesOfTable,
): Promise<TableFiles | undefined> {
  const { source: pattern, target } = table;
  const place = placeOf(table);
  const found = table.files ?? (await source.list(filePattern(pattern)));
  refuseNoFiles(found, place, spec.work.load.from.connection);
  try {
    const files = spec.work.load.onlyNew === true ? await withoutLoaded(destination, target, found) : found;
    if (files.length === 0) return undefined;
    const names = files.map(({ name }) => name);
    const format = fileFormat(names, spec.work.load.from.format);
    refuseJsonPaths(format);
    return { source: pattern, target, files, format };
  } catch (error) {
    throw databaseFailure(error, place);
  }
}

function refuseJsonPaths(format: FileFormat): void {
  if (!("jsonPaths" in format) || format.jsonPaths === undefined) return;
  throw new ConfigurationError(
    "UnsupportedFormat",
    `load.from.format.${format.kind}.jsonPaths ${format.jsonPaths}: Redshift alone reads JSONPaths objects. Leave it out: every key becomes a column`,
  );
}

async function stageTable(
  destination: Session,
  source: FileSource,
  spec: SpecOf<"load">,
  table: TableFiles & Reading,
): Promise<StagedTable> {
  try {
    const staged = await stageFiles(destination, spec, filesToStage(source, table, table));
    await recordFiles(destination, table.target, table.files, loadId(spec));
    return staged;
  } catch (error) {
    throw databaseFailure(error, placeOf(table));
  }
}

/** What is being done, for messages. */
export function placeOf({ source, target }: FilesOfTable): string {
  return `loading ${source} into ${showTable(target)}`;
}

/** The files as bytes of text, each opened when it is wanted, and counted as they come. */
export function filesToStage(
  from: FileSource,
  { source, target, files, format }: TableFiles,
  { onBytes, workDirectory }: Reading,
): FilesToStage {
  const open = async function* (file: SourceFile) {
    const body = from.read(file);
    try {
      for await (const chunk of decodedBytes(body, file.uri, encodingOf(format))) {
        counted.bytes += chunk.length;
        onBytes(counted.bytes);
        yield chunk;
      }
    } finally {
      body.destroy();
    }
  };
  const restart = () => {
    counted.bytes = 0;
  };
  const counted = { source, target, files, format, workDirectory, bytes: 0, open, restart };
  return counted;
}
