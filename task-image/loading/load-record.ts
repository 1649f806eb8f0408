import type { TaskSpec } from "#api/task.ts";
import { showTable, type TableName } from "../sql/identifier.ts";
import type { Published } from "./writing.ts";

/** What one table of a load came to. */
export interface LoadedTable {
  readonly source: string;
  readonly target: string;
  readonly rows: number;
  readonly bytes: number;
  /** Rows that could not be loaded and went to the table of rejects; missing when there are none. */
  readonly rejected?: number;
  /** Rows whose key came again later, which were left out; missing when there are none. */
  readonly duplicates?: number;
  /** Rows that a cursor leaves for a later load; missing when there are none. */
  readonly waiting?: WaitingRows | undefined;
  /** What the schema contract left out; missing when it is nothing. */
  readonly discarded?: Discarded;
  readonly published: Published;
}

export interface LoadRecord {
  readonly attempt: number;
  readonly rows: number;
  readonly bytes: number;
  readonly tables: readonly LoadedTable[];
}

/**
 * Identity of a load: the same for every attempt and every pod of one node of one run, and never the same for two runs.
 * A load of this identity that has been committed is never done again.
 */
export function loadId(spec: TaskSpec, partition = ""): string {
  return [spec.run.uid, spec.node, ...(partition === "" ? [] : [partition])].join("/");
}

/** What a table has come to whose staged rows have been published. What is nothing is left out. */
export function loadedTable(
  staged: Omit<LoadedTable, "target" | "published"> & { readonly target: TableName },
  published: Published,
): LoadedTable {
  const { source, target, rows, bytes, rejected = 0, duplicates, waiting, discarded } = staged;
  const aside = {
    ...(rejected === 0 ? {} : { rejected }),
    ...(duplicates === undefined ? {} : { duplicates }),
    ...(waiting === undefined || waiting.rows === 0 ? {} : { waiting }),
    ...(discarded === undefined ? {} : { discarded }),
  };
  return { source, target: showTable(target), rows, bytes, ...aside, published };
}

/** The record of a load by this attempt: its tables and their sums. */
export function recordOf(spec: TaskSpec, tables: readonly LoadedTable[]): LoadRecord {
  const rows = sum(tables.map((table) => table.rows));
  const bytes = sum(tables.map((table) => table.bytes));
  return { attempt: spec.attempt, rows, bytes, tables };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Rows that a cursor leaves for a later load. */
export interface WaitingRows {
  readonly rows: number;
  /** Those of them whose time is more than a day in the future. */
  readonly ahead: number;
}

/** What a schema contract left out of a table: rows as a whole, and values of rows that were loaded without them. */
export interface Discarded {
  readonly rows: number;
  readonly values: number;
}
