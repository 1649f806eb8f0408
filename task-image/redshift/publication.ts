import { quoteIdentifier, quoteTable, showTable } from "../postgres/identifier.ts";
import { requireKey, requireTargetKey } from "../postgres/keyed-rows.ts";
import type { LoadedTable } from "../postgres/load-record.ts";
import { expectRows } from "../postgres/load-transaction.ts";
import { isKeyed, type Publication, type Writing } from "../postgres/publication.ts";
import {
  deleteRangeStatement,
  outsideStatement,
  refuseOutside,
  requireRange,
  type StagedRange,
  stagedRange,
} from "../postgres/row-range.ts";
import type { Session } from "../postgres/session.ts";
import { type ExistingColumn, planReshaping, refuseFrozenTable } from "../warehouse/reshaping.ts";
import { readTarget } from "./catalog.ts";
import { redshiftFailure } from "./failure.ts";
import { foldName } from "./identifier.ts";
import { checkKeys, deleteKeysStatement, insertNewStatement, type KeyedRows, updateStatement } from "./keyed-rows.ts";
import { namesOf, type Staged } from "./staging.ts";

/**
 * How staged rows become the target's rows, inside one transaction. Redshift's TRUNCATE would commit it, and a new table under the
 * target's name would lack its grants and break bound views: a target is emptied by DELETE, and vacuum takes the old rows away later.
 *
 * | publication    | when                              | how                                                                   |
 * |----------------|-----------------------------------|-----------------------------------------------------------------------|
 * | created        | there is no target                | made with the rows' columns, and filled                               |
 * | refilled       | replace, and there is a target    | emptied, given the rows' columns, and filled                          |
 * | truncated      | truncate, and there is a target   | emptied and filled; no column is taken away                           |
 * | appended       | append, and there is a target     | filled                                                                |
 * | merged         | merge, and there is a target      | rows of known keys are updated, others inserted: the counts of both   |
 * |                |                                   | must be the staged rows, which MERGE would not tell                   |
 * | deleteInserted | deleteInsert, and there is one    | rows of the staged keys, or in the range, are deleted, then it is     |
 * |                |                                   | filled                                                                |
 */
export async function publishTable(session: Session, writing: Writing, staged: Staged): Promise<LoadedTable> {
  const { source, target, rows, bytes, rejected } = staged;
  const place = `publishing ${showTable(target)}`;
  try {
    const key = (writing.key ?? []).map(foldName);
    const keyed = { staging: staged.table, target, key, columns: namesOf(staged.columns) };
    if (isKeyed(writing)) {
      requireKey(target, key, staged.columns);
      await checkKeys(session, keyed, writing.mode === "merge");
    }
    const existing = await readTarget(session, target);
    if (existing !== undefined) requireTargetKey(target, key, existing);
    const range = stagedRange(writing.range, staged, foldName);
    if (range !== undefined) await checkRange(session, range, staged, existing);
    const published = existing === undefined ? "created" : await writeInto(session, writing, staged, existing, keyed);
    if (existing === undefined) await createTarget(session, writing, staged);
    if (published !== "merged") await fill(session, staged, place);
    const aside = rejected === 0 ? {} : { rejected };
    return { source, target: showTable(target), rows, bytes, ...aside, published };
  } catch (error) {
    throw redshiftFailure(error, place);
  }
}

async function createTarget(session: Session, writing: Writing, { target, columns }: Staged): Promise<void> {
  refuseFrozenTable(writing, target);
  const lines = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  await session.query(`CREATE TABLE ${quoteTable(target)} (${lines.join(", ")})`);
}

/** Everything that comes before the rows are inserted; in mode merge that too. */
async function writeInto(
  session: Session,
  writing: Writing,
  staged: Staged,
  existing: readonly ExistingColumn[],
  keyed: KeyedRows,
): Promise<Publication["kind"]> {
  const table = quoteTable(staged.target);
  const { add, drop } = planReshaping(writing, staged.target, existing, staged.columns);
  const empties = writing.mode === "replace" || writing.mode === "truncate";
  if (empties) await session.query(`DELETE FROM ${table}`);
  const isNew = ({ name }: { readonly name: string }) => !drop.includes(name);
  const addColumn = ({ name, type }: Staged["columns"][number]) =>
    session.query(`ALTER TABLE ${table} ADD COLUMN ${quoteIdentifier(name)} ${type}`);
  // New ones first: a table cannot lose its last column.
  for (const column of add.filter(isNew)) await addColumn(column);
  for (const name of drop) await session.query(`ALTER TABLE ${table} DROP COLUMN ${quoteIdentifier(name)}`);
  for (const column of add.filter((one) => !isNew(one))) await addColumn(column);
  if (writing.mode === "merge") return await merge(session, staged, keyed);
  if (writing.mode === "deleteInsert") {
    await session.query(deleteStatement(writing, staged, keyed));
    return "deleteInserted";
  }
  if (!empties) return "appended";
  return writing.mode === "replace" ? "refilled" : "truncated";
}

/** Checks what decides which rows are replaced, and that all staged ones are among them. */
async function checkRange(
  session: Session,
  { range, condition }: StagedRange,
  { target, table }: Staged,
  existing: readonly ExistingColumn[] | undefined,
): Promise<void> {
  if (existing !== undefined) requireRange(target, range, existing);
  const statement = outsideStatement(quoteIdentifier(table), quoteIdentifier(range.column), condition);
  const { rows } = await session.query<{ shown: string; times: string }>(statement);
  refuseOutside(range, target, rows);
}

function deleteStatement({ range }: Writing, staged: Staged, keyed: KeyedRows): string {
  const replaced = stagedRange(range, staged, foldName);
  return replaced === undefined ? deleteKeysStatement(keyed) : deleteRangeStatement(staged.target, replaced.condition);
}

async function merge(session: Session, { rows, target }: Staged, keyed: KeyedRows): Promise<"merged"> {
  const updated = await session.query(updateStatement(keyed));
  const inserted = await session.query(insertNewStatement(keyed));
  const written = (updated.rowCount ?? 0) + (inserted.rowCount ?? 0);
  const where = `merged into ${showTable(target)} (it holds a key more than once)`;
  expectRows(`publishing ${showTable(target)}`, rows, "staged", written, where);
  return "merged";
}

async function fill(session: Session, { target, columns, rows, table }: Staged, place: string): Promise<void> {
  const list = namesOf(columns).map(quoteIdentifier).join(", ");
  const { rowCount } = await session.query(
    `INSERT INTO ${quoteTable(target)} (${list}) SELECT ${list} FROM ${quoteIdentifier(table)}`,
  );
  expectRows(place, rows, "staged", rowCount ?? 0, `inserted into ${showTable(target)}`);
}
