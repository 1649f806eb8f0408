import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { expectRows } from "../../loading/row-counts.ts";
import { pageRanges } from "../../sources/postgres/page-ranges.ts";
import { copyFormat, copyOutStatement } from "../../sources/postgres/postgres-rows.ts";
import type { SelectedRows } from "../../sources/postgres/selected-rows.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { copy } from "../copy.ts";
import { databaseFailure } from "../failure.ts";
import { createTableStatement, stagingTable } from "../publishing/publication.ts";
import type { StagedTable } from "../publishing/staged-table.ts";
import { openSession, type Session } from "../session.ts";
import { partTable } from "./part-table.ts";

/** Rows that are read in parts, all of one snapshot. */
export interface RangedRows extends SelectedRows {
  /** Conditions on `ctid`; together they hold for every row once. */
  readonly ranges: readonly string[];
}

/** Where a load stands: the source in its snapshot, the destination in its transaction. */
interface Ends {
  readonly source: Session;
  readonly destination: Session;
}

interface Reading {
  readonly snapshot: string;
  readonly into: TableName;
  readonly waiting: string[];
  readonly onBytes: (bytes: number) => void;
}

/** The parts that a table is read in; none for what is no ordinary table or too small. */
export async function rangesOf(source: Session, { table }: SelectedRows, readers: number): Promise<readonly string[]> {
  if (table === undefined || readers < 2) return [];
  const { rows } = await source.query<{ pages: string }>(
    `SELECT pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint AS pages
     FROM pg_catalog.pg_class c WHERE c.oid = $1::regclass AND c.relkind = 'r'`,
    [quoteTable(table)],
  );
  return pageRanges(Number(rows[0]?.pages ?? 0), readers);
}

/**
 * Copies a table by several pairs of sessions at once. They fill one table that is committed beforehand and that no other load knows;
 * it becomes the staging table in the transaction of the load, which publishes it as any other.
 */
export async function stageInRanges(
  { source, destination }: Ends,
  spec: SpecOf<"load">,
  selected: RangedRows,
  { context, onBytes }: { readonly context: CommandContext; readonly onBytes: (bytes: number) => void },
): Promise<StagedTable> {
  const { name, rows, target, ranges } = selected;
  const place = `loading ${name} into ${showTable(target)}`;
  try {
    const into = await partTable(destination, target);
    await runAlone(spec, context, createTableStatement(into, target, rows.columns));
    try {
      const snapshot = await exportSnapshot(source);
      const reading = { snapshot, into, waiting: [...ranges], onBytes };
      const { copied, bytes } = await readTogether(spec, selected, reading, context);
      const staging = quoteIdentifier(stagingTable(target).table);
      await destination.query(`ALTER TABLE ${quoteTable(into)} RENAME TO ${staging}`);
      return { source: name, target, columns: rows.columns, rows: copied, bytes };
    } catch (error) {
      // What cannot be dropped now is dropped by the next load of this target.
      if (!context.signal.aborted)
        await runAlone(spec, context, `DROP TABLE ${quoteTable(into)}`).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw databaseFailure(error, place);
  }
}

async function runAlone(spec: SpecOf<"load">, context: CommandContext, statement: string): Promise<void> {
  await using session = await openSession(spec, spec.work.load.to.connection, context);
  await session.query(statement);
}

async function exportSnapshot(source: Session): Promise<string> {
  const { rows } = await source.query<{ id: string }>("SELECT pg_catalog.pg_export_snapshot() AS id");
  return rows[0]?.id ?? "";
}

/** Every reader takes the next part until none is left. When one of them fails, all stop at once. */
async function readTogether(
  spec: SpecOf<"load">,
  selected: RangedRows,
  reading: Reading,
  context: CommandContext,
): Promise<{ readonly copied: number; readonly bytes: number }> {
  const readers = Math.min(spec.work.load.from.parallel ?? 1, selected.ranges.length);
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const total = { copied: 0, bytes: 0 };
  const failures: unknown[] = [];
  const read = async () => {
    try {
      await readRanges(spec, selected, reading, { context: { ...context, signal }, total });
    } catch (error) {
      failures.push(error);
      stop.abort();
    }
  };
  await Promise.all(Array.from({ length: readers }, read));
  // The first one tells why; the others were stopped because of it, and only know that their sessions are gone.
  if (failures.length > 0) throw failures[0];
  return total;
}

async function readRanges(
  spec: SpecOf<"load">,
  { name, rows }: RangedRows,
  { snapshot, into, waiting, onBytes }: Reading,
  { context, total }: { readonly context: CommandContext; readonly total: { copied: number; bytes: number } },
): Promise<void> {
  const { from, to } = spec.work.load;
  await using source = await openSession(spec, from.connection, context, { readOnly: true });
  await using destination = await openSession(spec, to.connection, context);
  await source.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  await source.query(`SET TRANSACTION SNAPSHOT '${snapshot}'`);
  const format = copyFormat(rows);
  const copyIn = `COPY ${quoteTable(into)} FROM STDIN (FORMAT ${format})`;
  for (let range = waiting.shift(); range !== undefined; range = waiting.shift()) {
    const condition = rows.condition === undefined ? range : `(${rows.condition}) AND ${range}`;
    const out = copyOutStatement({ ...rows, condition }, `FORMAT ${format}`);
    let before = 0;
    const count = (bytes: number) => {
      total.bytes += bytes - before;
      before = bytes;
      onBytes(total.bytes);
    };
    const { rowsRead, rowsWritten } = await copy({ from: source, out, to: destination, in: copyIn }, count);
    expectRows(`loading ${name}`, rowsRead, "read from the source", rowsWritten, "written to the staging table");
    total.copied += rowsWritten;
  }
}
