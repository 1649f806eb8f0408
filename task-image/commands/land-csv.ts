import { Readable } from "node:stream";
import type { CsvDialect } from "../formats/csv-dialect.ts";
import { readColumns } from "../formats/csv-header.ts";
import { CsvReader } from "../formats/csv-rows.ts";
import type { CsvFormat } from "../formats/file-format.ts";
import { databaseFailure } from "../postgres/failure.ts";
import { quoteIdentifier, quoteLiteral, quoteTable, type TableName } from "../postgres/identifier.ts";
import { addTextColumns, copyIn, createLanding, FILE_COLUMN, LINE_COLUMN } from "../postgres/landing.ts";
import type { Session } from "../postgres/session.ts";
import type { TypedColumn } from "../postgres/typed-rows.ts";
import { classesOfTexts } from "../postgres/value-class.ts";
import type { Landed, Landing } from "./landed-files.ts";

/** Columns whose values are classed by one statement; each of them costs memory of the server's planner. */
const CLASSED_AT_ONCE = 100;

/** Lands CSV files, each with its own COPY, because each may have its columns in an order of its own. */
export async function landCsv(landing: Landing, format: CsvFormat): Promise<Landed> {
  const { session, wanted, firstFile, into, check, types, reject } = landing;
  await createLanding(session, landing);
  const columns = new Set<string>();
  let rows = 0;
  for (const [index, file] of wanted.files.entries()) {
    const reader = new CsvReader(
      { uri: file.uri, index: firstFile + index, bytes: wanted.open(file) },
      format.dialect,
      reject,
    );
    const names = await readColumns(file.uri, reader, format.names);
    if (names === undefined) continue;
    const added = names.filter((name) => !columns.has(name));
    await addTextColumns(session, into, added);
    for (const name of added) columns.add(name);
    const pieces = Readable.from(reader.rows(names.length), { objectMode: false, highWaterMark: 1024 * 1024 });
    rows += await copyIn(
      session,
      copyCsvStatement(into, [FILE_COLUMN, LINE_COLUMN, ...names], format.dialect),
      pieces,
    ).catch((error: unknown) => {
      throw databaseFailure(error, `reading ${file.uri}`);
    });
  }
  const unknown = [...columns].filter((name) => !types.has(name));
  const classes = await classesOf(session, into, unknown, check.valid);
  return { rows, rejected: 0, columns: [...columns].map((name) => ({ name, ...classes.get(name) })) };
}

/** A column that has landed as text, on its way to its type. */
export function textColumn(name: string, type: string): TypedColumn {
  return { name, type, notNull: false, text: `r.${quoteIdentifier(name)}` };
}

/** The COPY of a CSV file in its dialect, its columns in the order of its header. */
export function copyCsvStatement(table: TableName, names: readonly string[], dialect: CsvDialect): string {
  const columns = names.map(quoteIdentifier).join(", ");
  const { delimiter, quote, escape: escaping } = dialect;
  const options = [
    "FORMAT csv",
    "FREEZE",
    `DELIMITER ${quoteLiteral(delimiter)}`,
    `QUOTE ${quoteLiteral(quote)}`,
    `ESCAPE ${quoteLiteral(escaping)}`,
    `NULL ${quoteLiteral(dialect.null)}`,
    "ENCODING 'UTF8'",
  ];
  return `COPY ${quoteTable(table)} (${columns}) FROM STDIN (${options.join(", ")})`;
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
