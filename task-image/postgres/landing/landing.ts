import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { quoteIdentifier, quoteTable, type TableName } from "../../sql/identifier.ts";
import { isServerError } from "../failure.ts";
import type { Session } from "../session.ts";
import type { RowsToSift } from "./misfits.ts";

/** Bytes that wait between the files and the destination. */
const BUFFER_BYTES = 256 * 1024;

/** Columns of every landing table: the number of the file, and the line in it. */
export const FILE_COLUMN = "_kelt_file";
export const LINE_COLUMN = "_kelt_line";
/** An array of all cells of a row that has too many for columns of their own. */
export const CELLS_COLUMN = "_kelt_cells";

/** Where rows of files are before they have types. The name is the same in every attempt; the target's lock keeps two apart. */
export function landingTable({ schema, table }: TableName): TableName {
  const digest = createHash("sha256").update(table).digest("hex").slice(0, 16);
  return { schema, table: `_kelt_landing_${digest}` };
}

/**
 * Makes a landing table. One that never outlives the transaction is kept out of the server's log; one that does has to survive the
 * server too.
 */
export async function createLanding(
  session: Session,
  { into, outlives = false }: { readonly into: TableName; readonly outlives?: boolean },
  column = "",
): Promise<void> {
  const kind = outlives ? "TABLE" : "UNLOGGED TABLE";
  await session.query(
    `CREATE ${kind} ${quoteTable(into)} (${FILE_COLUMN} int NOT NULL, ${LINE_COLUMN} bigint NOT NULL${column})`,
  );
}

/** Landed rows as they are looked through. */
export function landedRows(table: TableName): RowsToSift {
  const record = `pg_catalog.to_jsonb(r) - '${FILE_COLUMN}' - '${LINE_COLUMN}'`;
  return { table, file: `r.${FILE_COLUMN}`, line: `r.${LINE_COLUMN}`, record };
}

/**
 * Makes a landing table of tables that have landed one by one: what is done to it is done to all of them. `columns` are those of
 * all tables, and each of them says which it lacks; documents have one alone.
 */
export async function joinLandings(
  session: Session,
  into: TableName,
  columns: readonly string[] | "documents",
  landed: readonly { readonly table: TableName; readonly lacks: readonly string[] }[],
): Promise<void> {
  await createLanding(session, { into }, columns === "documents" ? ", doc jsonb" : "");
  if (columns !== "documents") await addTextColumns(session, into, columns);
  for (const { table, lacks } of landed) {
    await addTextColumns(session, table, lacks);
    await session.query(`ALTER TABLE ${quoteTable(table)} INHERIT ${quoteTable(into)}`);
  }
}

export async function addTextColumns(session: Session, landing: TableName, columns: readonly string[]): Promise<void> {
  if (columns.length === 0) return;
  const added = columns.map((column) => `ADD COLUMN ${quoteIdentifier(column)} text`).join(", ");
  await session.query(`ALTER TABLE ${quoteTable(landing)} ${added}`);
}

export async function dropLanding(session: Session, ...tables: readonly TableName[]): Promise<void> {
  await session.query(`DROP TABLE ${tables.map(quoteTable).join(", ")}`);
}

/**
 * Sends rows to a `COPY … FROM STDIN` and answers the server's count of them. When the server refuses a row, the session goes on
 * after the error; when the stream fails, the session is closed, because a COPY that stands still cannot be ended otherwise.
 */
export async function copyIn(session: Session, statement: string, rows: Readable): Promise<number> {
  const { from: copyFrom } = (await import("pg-copy-streams")).default;
  const target = session.client.query(copyFrom(statement, { highWaterMark: BUFFER_BYTES }));
  try {
    await pipeline(rows, target);
    return target.rowCount;
  } catch (error) {
    if (!isServerError(error)) session.destroy();
    throw error;
  }
}
