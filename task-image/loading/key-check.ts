import { DataError } from "../errors.ts";
import { quoteIdentifier, showTable, type TableName } from "../sql/identifier.ts";
import { type FaultyKey, showKey } from "./keys.ts";
import { ownName, type WarehouseSession } from "./warehouse-session.ts";

/** Keys that a message names. */
const SHOWN_MAX = 5;

/** Staged rows whose keys are looked at. */
export interface KeysToCheck {
  /** Where they are, as SQL writes it. */
  readonly staging: string;
  readonly target: TableName;
  readonly key: readonly string[];
  /** Whether a key may stand in one row alone. */
  readonly isUnique: boolean;
  /** How somebody narrows the rows, for the message. */
  readonly narrowing: "select" | "load";
}

/**
 * Refuses keys that cannot be matched: NULL equals nothing, and of two rows with one key it is not known which one a merge should
 * keep. No warehouse is trusted to enforce a key. Throws a DataError that names the first of them.
 */
export async function checkKeys(session: WarehouseSession, keys: KeysToCheck): Promise<void> {
  const rows = await session.select(faultyKeysStatement(session, keys));
  if (rows.length === 0) return;
  const { target, key, isUnique, narrowing } = keys;
  const found = rows.map((row): FaultyKey => {
    return { shown: String(row.shown), times: String(row.times), hasNull: row.has_null === "yes" };
  });
  const expected = isUnique ? "each key once and without NULL" : "keys without NULL";
  throw new DataError(
    "UnusableKey",
    `load.key (${key.join(", ")}) of the rows for ${showTable(target)}: expected ${expected}, found ${found.map(showKey).join(", ")}. Nothing has been published. Add the columns that tell the rows apart, or ${narrowing} one row a key`,
  );
}

function faultyKeysStatement({ dialect }: WarehouseSession, { staging, key, isUnique }: KeysToCheck): string {
  const columns = key.map(quoteIdentifier);
  const list = columns.join(", ");
  const isNull = columns.map((column) => `${column} IS NULL`).join(" OR ");
  const shown = columns.map(dialect.show).join(" || ', ' || ");
  const selected = [
    `${shown} AS ${ownName(dialect, "shown")}`,
    `COUNT(*) AS ${ownName(dialect, "times")}`,
    `CASE WHEN ${isNull} THEN 'yes' ELSE 'no' END AS ${ownName(dialect, "has_null")}`,
  ];
  const faulty = isUnique ? `GROUP BY ${list} HAVING COUNT(*) > 1 OR ${isNull}` : `WHERE ${isNull} GROUP BY ${list}`;
  return `SELECT ${selected.join(", ")} FROM ${staging} ${faulty} ORDER BY ${list} LIMIT ${SHOWN_MAX}`;
}
