import { Readable } from "node:stream";
import { checkNames, refuseTaken, SYSTEM_COLUMNS } from "../../formats/csv-header.ts";
import type { ParquetFormat } from "../../formats/file-format.ts";
import { SharedColumns } from "../../formats/shared-columns.ts";
import { textRows } from "../../formats/text-rows.ts";
import { widerType } from "../../parquet/column-type.ts";
import { openParquetReader, type ParquetFile } from "../../parquet/parquet-reader.ts";
import { quoteIdentifier, quoteTable, type TableName } from "../../sql/identifier.ts";
import { databaseFailure } from "../failure.ts";
import { createStagingStatement, stagingTable } from "../publishing/publication.ts";
import { addColumns, copyDirectly, type DirectRows } from "./direct-copy.ts";
import type { Landed, Landing } from "./landed-files.ts";
import { addTextColumns, copyIn, createLanding, FILE_COLUMN, LINE_COLUMN } from "./landing.ts";
import { isWidening } from "./lossless-cast.ts";

const LF = 0x0a;

/**
 * Copies Parquet files straight into a staging table of their types, and begins again when a later file has a wider one. Answers
 * undefined, and leaves nothing behind, when the server refuses a row: then the files have to be landed.
 */
export async function stageTypedParquet(landing: Landing, format: ParquetFormat): Promise<DirectRows | undefined> {
  const types = new ColumnTypes(landing, format);
  for (;;) {
    const copied = await copyDirectly(landing, () => copyFiles(landing, format, types));
    if (copied !== "undone") return copied === "refused" ? undefined : copied;
  }
}

/** Answers the number of rows, or undefined when a column that has been filled needs a wider type. */
async function copyFiles(landing: Landing, format: ParquetFormat, types: ColumnTypes): Promise<number | undefined> {
  const { session, wanted } = landing;
  const staged = new Map<string, string>();
  let rows = 0;
  for await (const { file } of filesOf(landing, format)) {
    const names = types.add(file);
    if (names.some((name) => staged.has(name) && staged.get(name) !== types.of(name))) return undefined;
    const added = names
      .filter((name) => !staged.has(name))
      .map((name) => ({ name, type: types.of(name), notNull: false }));
    if (staged.size === 0) await session.query(createStagingStatement(wanted.target, added));
    else await addColumns(session, wanted.target, added);
    for (const { name, type } of added) staged.set(name, type);
    const pieces = file.rows((name) => isText(types.of(renamed(landing, name))));
    rows += await copyRows(landing, stagingTable(wanted.target), names, pieces);
  }
  return rows;
}

/** Lands Parquet files as text with file and number of the row, so that a message can name what cannot be loaded. */
export async function landParquet(landing: Landing, format: ParquetFormat): Promise<Landed> {
  const { session, into, reject } = landing;
  await createLanding(session, landing);
  const types = new ColumnTypes(landing, format);
  const columns = new Set<string>();
  let rows = 0;
  for await (const { file, index } of filesOf(landing, format)) {
    const names = types.add(file);
    const added = names.filter((name) => !columns.has(name));
    await addTextColumns(session, into, added);
    for (const name of added) columns.add(name);
    const shape = { file: index, delimiter: "\t", split: splitLines };
    const pieces = async function* () {
      const placed = file.rows(
        (name) => isText(types.of(renamed(landing, name))),
        (row) => `${index}\t${row}\t`,
      );
      for await (const piece of placed) yield* textRows(piece, shape, reject);
    };
    rows += await copyRows(landing, into, [FILE_COLUMN, LINE_COLUMN, ...names], pieces()).catch((error: unknown) => {
      throw databaseFailure(error, `reading ${file.uri}`);
    });
  }
  return { rows, rejected: 0, columns: [...columns].map((name) => ({ name, type: types.of(name) })) };
}

async function* filesOf(
  { wanted, firstFile }: Landing,
  format: ParquetFormat,
): AsyncGenerator<{ readonly file: ParquetFile; readonly index: number }> {
  await using reader = await openParquetReader(wanted.workDirectory, format);
  for (const [index, source] of wanted.files.entries()) {
    await using file = await reader.fetch(source.uri, wanted.open(source));
    yield { file, index: firstFile + index };
  }
}

function copyRows(
  { session }: Landing,
  table: TableName,
  names: readonly string[],
  pieces: AsyncIterable<Buffer>,
): Promise<number> {
  const columns = names.map(quoteIdentifier).join(", ");
  const statement = `COPY ${quoteTable(table)} (${columns}) FROM STDIN (FORMAT text, FREEZE, ENCODING 'UTF8')`;
  return copyIn(session, statement, Readable.from(pieces, { objectMode: false, highWaterMark: 1024 * 1024 }));
}

function* splitLines(rows: Buffer): Generator<Buffer> {
  for (let start = 0; start < rows.length; ) {
    const end = rows.indexOf(LF, start) + 1;
    yield rows.subarray(start, end);
    start = end;
  }
}

/** The types of all columns of the files that have been seen. */
class ColumnTypes {
  readonly #landing: Landing;
  readonly #own = new Map<string, string>();
  readonly #shared: SharedColumns;

  constructor(landing: Landing, format: ParquetFormat) {
    this.#landing = landing;
    this.#shared = new SharedColumns(format, landing.isMerge);
  }

  /** Adds a file's columns and answers their names. */
  add({ uri, columns }: ParquetFile): readonly string[] {
    const own = columns.map((column) => ({ ...column, name: renamed(this.#landing, column.name) }));
    const names = own.map(({ name }) => name);
    this.#shared.add({ uri, names });
    for (const { name, travelling } of own) {
      this.#own.set(name, widerType(this.#own.get(name) ?? travelling.type, travelling.type));
    }
    return refuseTaken(uri, checkNames(uri, names), SYSTEM_COLUMNS);
  }

  /** A declared type wins. That of a target is taken where it loses nothing, and for text, which says nothing of what is in it. */
  of(name: string): string {
    const { types, declared } = this.#landing;
    const own = this.#own.get(name) ?? "text";
    const known = types.get(name);
    return known !== undefined && (declared.has(name) || own === "text" || isWidening({ from: own, to: known }))
      ? known
      : own;
  }
}

function renamed({ renaming }: Landing, name: string): string {
  return renaming.get(name) ?? name;
}

function isText(type: string): boolean {
  return /^(text|character|varchar|char)\b/.test(type);
}
