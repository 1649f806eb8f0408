import { quoteIdentifier, quoteTable, type TableName } from "../sql/identifier.ts";

/** How the SQL of a warehouse is written where warehouses differ. */
export interface Dialect {
  /** A name as the catalog holds it. */
  fold(name: string): string;
  /** The value of a statement at a place, from 1: `$1` or `?`. */
  value(place: number): string;
  /** SQL of a text as a whole number. */
  integer(text: string): string;
  /** SQL of a text as a moment. */
  moment(text: string): string;
  /** SQL of the server's clock. */
  readonly now: string;
  /** SQL of a value as text, and of the word NULL where there is no value. */
  show(value: string): string;
  /** What follows `INSERT INTO … (columns)`; a row is a list of SQL. */
  rows(rows: readonly (readonly string[])[]): string;
  /** The longest text of a column, in bytes; missing where no column of kelt's own comes near it. */
  readonly textBytesMax?: number;
  /** What kelt's own tables call a target. */
  targetKey(target: TableName): string;
}

/** A value of a statement. */
export type SqlValue = string | number | null;

/** A row by the names of its columns, in small letters. A number is a number or its digits. */
export type Row = Readonly<Record<string, unknown>>;

/** A session as the steps of a load use it. Errors are the server's own. */
export interface WarehouseSession {
  readonly dialect: Dialect;
  /** The rows that a query answers. */
  select(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Runs a statement that writes, and answers how many rows it has written. */
  write(sql: string, values?: readonly SqlValue[]): Promise<number>;
}

/** A session that is closed when it is disposed of; what was not committed is rolled back. */
export type OpenedSession = WarehouseSession & AsyncDisposable;

/** A name of kelt's own, a column's or a result's, as SQL writes it. */
export function ownName({ fold }: Dialect, name: string): string {
  return quoteIdentifier(fold(name));
}

/** One of kelt's own tables as SQL writes it; the schema is as the catalog holds it. */
export function ownTable({ fold }: Dialect, schema: string, table: string): string {
  return quoteTable({ schema, table: fold(table) });
}

/** Rows of one statement: drivers and servers count the values that they are given. */
const BATCH = 500;

export function* batches<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += BATCH) yield rows.slice(at, at + BATCH);
}

/** A value of a row that is inserted. */
export type Cell = SqlValue | { readonly moment: string };

/** Inserts rows into a table of kelt's own; the last of its columns gets the server's time. */
export async function insertRows(
  session: WarehouseSession,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  const { dialect } = session;
  const list = columns.map((column) => ownName(dialect, column)).join(", ");
  for (const batch of batches(rows)) {
    const values: SqlValue[] = [];
    const write = (cell: Cell) => {
      const isMoment = typeof cell === "object" && cell !== null;
      values.push(isMoment ? cell.moment : cell);
      const value = dialect.value(values.length);
      if (isMoment) return dialect.moment(value);
      return typeof cell === "number" ? dialect.integer(value) : value;
    };
    const written = batch.map((row) => [...row.map(write), dialect.now]);
    await session.write(`INSERT INTO ${table} (${list}) ${dialect.rows(written)}`, values);
  }
}
