import { Readable } from "node:stream";
import { CELLS_DIALECT } from "../../formats/cell-rows.ts";
import type { CsvDialect } from "../../formats/csv-dialect.ts";
import { type FoundColumns, readColumns } from "../../formats/csv-header.ts";
import { CsvReader } from "../../formats/csv-rows.ts";
import type { CsvFormat } from "../../formats/file-format.ts";
import { SharedColumns } from "../../formats/shared-columns.ts";
import { quoteIdentifier, quoteLiteral, quoteTable, type TableName } from "../../sql/identifier.ts";
import { databaseFailure } from "../failure.ts";
import { refuseComputedColumns } from "../publishing/target-shape.ts";
import type { Session } from "../session.ts";
import type { Landed, Landing } from "./landed-files.ts";
import { addTextColumns, CELLS_COLUMN, copyIn, createLanding, FILE_COLUMN, LINE_COLUMN } from "./landing.ts";
import type { TypedColumn } from "./typed-rows.ts";
import { classesOfTexts } from "./value-class.ts";

/** Columns whose values are classed by one statement; each of them costs memory of the server's planner. */
const CLASSED_AT_ONCE = 100;
/** A row of a table has 8,160 bytes, and a text that is kept elsewhere has up to 24 of them: more columns land as one array. */
const COLUMNS_APART_MAX = 300;

/** Lands CSV files, each with its own COPY, because each may have its columns in an order of its own. */
export async function landCsv(landing: Landing, format: CsvFormat): Promise<Landed> {
  const { session, restart } = landing;
  await session.query("SAVEPOINT before_landing");
  const landed = await landApart(landing, format);
  if (landed !== undefined) {
    await session.query("RELEASE SAVEPOINT before_landing");
    return landed;
  }
  await session.query("ROLLBACK TO SAVEPOINT before_landing");
  restart();
  return landTogether(landing, format);
}

/** Lands each cell in a column of its own. Answers undefined for more columns than a row of the landing table is sure to hold. */
async function landApart(landing: Landing, format: CsvFormat): Promise<Landed | undefined> {
  const { session, into, check, types, outlives } = landing;
  await createLanding(session, landing);
  const columns = new Set<string>();
  let rows = 0;
  for await (const { uri, names, reader } of csvFiles(landing, format)) {
    const added = names.filter((name) => !columns.has(name));
    for (const name of added) columns.add(name);
    // Landing tables of several pods become one, and must have the same form.
    if (columns.size > COLUMNS_APART_MAX && outlives !== true) return undefined;
    await addTextColumns(session, into, added);
    const statement = copyCsvStatement(into, names, format.dialect, [FILE_COLUMN, LINE_COLUMN]);
    rows += await copyRows(session, uri, statement, reader.rows(names.length));
  }
  const unknown = [...columns].filter((name) => !types.has(name));
  const classes = await classesOf(session, into, unknown, check.valid);
  return { rows, rejected: 0, columns: [...columns].map((name) => ({ name, ...classes.get(name) })) };
}

/** Lands the cells of each row as one array. */
async function landTogether(landing: Landing, format: CsvFormat): Promise<Landed> {
  const { session, into, check } = landing;
  await createLanding(session, landing, `, ${CELLS_COLUMN} text[]`);
  const { delimiter, quote } = CELLS_DIALECT;
  const options = `FORMAT csv, FREEZE, DELIMITER ${quoteLiteral(delimiter)}, QUOTE ${quoteLiteral(quote)}, ENCODING 'UTF8'`;
  const statement = `COPY ${quoteTable(into)} (${FILE_COLUMN}, ${LINE_COLUMN}, ${CELLS_COLUMN}) FROM STDIN (${options})`;
  const columns: string[] = [];
  let rows = 0;
  for await (const { uri, names, reader } of csvFiles(landing, format)) {
    columns.push(...names.filter((name) => !columns.includes(name)));
    const places = names.map((name) => columns.indexOf(name));
    rows += await copyRows(session, uri, statement, reader.cellRows({ places, width: columns.length }));
  }
  const { rows: found } = await session.query<{ cell: string; classes: number }>(
    `SELECT v.cell, ${classesOfTexts("v.value", check.valid)} AS classes FROM ${quoteTable(into)} AS r
     CROSS JOIN LATERAL pg_catalog.unnest(r.${CELLS_COLUMN}) WITH ORDINALITY AS v(value, cell) GROUP BY v.cell`,
  );
  const classes = new Map(found.map((row) => [Number(row.cell), row.classes]));
  return {
    rows,
    rejected: 0,
    columns: columns.map((name, index) => ({ name, cell: index + 1, classes: classes.get(index + 1) ?? 0 })),
  };
}

interface OpenedCsv extends FoundColumns {
  readonly uri: string;
  readonly reader: CsvReader;
}

/** The files that have a row, each opened behind what names its columns. Throws a DataError for columns that are not the first file's. */
export async function* csvFiles(landing: Landing, format: CsvFormat): AsyncGenerator<OpenedCsv> {
  const { wanted, firstFile, reject, renaming, isMerge, target } = landing;
  const shared = new SharedColumns(format, isMerge);
  for (const [index, file] of wanted.files.entries()) {
    const { uri } = file;
    const read = { uri, index: firstFile + index, bytes: wanted.open(file), skip: format.skip };
    const reader = new CsvReader(read, format.dialect, reject);
    const found = await readColumns(uri, reader, format.names, renaming);
    if (found === undefined) continue;
    if (target !== undefined) refuseComputedColumns(target, found.names);
    shared.add({ uri, ...found });
    yield { uri, reader, ...found };
  }
}

function copyRows(session: Session, uri: string, statement: string, rows: AsyncIterable<Buffer>): Promise<number> {
  const pieces = Readable.from(rows, { objectMode: false, highWaterMark: 1024 * 1024 });
  return copyIn(session, statement, pieces).catch((error: unknown) => {
    throw databaseFailure(error, `reading ${uri}`);
  });
}

/** A column that has landed as text, on its way to its type; `cell` is its place in the array of all cells, from 1. */
export function textColumn(name: string, type: string, cell?: number): TypedColumn {
  const text = cell === undefined ? `r.${quoteIdentifier(name)}` : `r.${CELLS_COLUMN}[${cell}]`;
  return { name, type, notNull: false, text };
}

/** The COPY of a CSV file in its dialect, its columns in the order of its header, after columns of kelt's own. */
export function copyCsvStatement(
  table: TableName,
  names: readonly string[],
  dialect: CsvDialect,
  own: readonly string[] = [],
): string {
  const columns = names.map(quoteIdentifier);
  const { delimiter, quote, escape: escaping } = dialect;
  const options = [
    "FORMAT csv",
    "FREEZE",
    `DELIMITER ${quoteLiteral(delimiter)}`,
    `QUOTE ${quoteLiteral(quote)}`,
    `ESCAPE ${quoteLiteral(escaping)}`,
    `NULL ${quoteLiteral(dialect.null)}`,
    "ENCODING 'UTF8'",
    ...(dialect.quotedNull ? [`FORCE_NULL (${columns.join(", ")})`] : []),
  ];
  return `COPY ${quoteTable(table)} (${[...own, ...columns].join(", ")}) FROM STDIN (${options.join(", ")})`;
}

/** The classes of all values of the columns. */
async function classesOf(
  session: Session,
  landing: TableName,
  columns: readonly string[],
  valid: (value: string, type: string) => string,
): Promise<ReadonlyMap<string, { readonly classes: number }>> {
  const found = new Map<string, { readonly classes: number }>();
  for (let at = 0; at < columns.length; at += CLASSED_AT_ONCE) {
    const names = columns.slice(at, at + CLASSED_AT_ONCE);
    const classes = names.map((name) => classesOfTexts(`r.${quoteIdentifier(name)}`, valid));
    const { rows } = await session.query<{ classes: (number | null)[] }>(
      `SELECT ARRAY[${classes.join(", ")}] AS classes FROM ${quoteTable(landing)} AS r`,
    );
    for (const [index, name] of names.entries()) found.set(name, { classes: rows[0]?.classes[index] ?? 0 });
  }
  return found;
}
