import { type LoadedTable, loadedTable } from "../loading/load-record.ts";
import { checkReplacing, deleteReplacedStatement, type Replacing } from "../loading/replaced-rows.ts";
import { type ExistingColumn, planReshaping, refuseFrozenTable } from "../loading/reshaping.ts";
import { expectRows } from "../loading/row-counts.ts";
import type { Published, Writing } from "../loading/writing.ts";
import type { Session } from "../postgres/session.ts";
import { quoteIdentifier, quoteTable, showTable } from "../sql/identifier.ts";
import { readTarget } from "./catalog.ts";
import { redshiftStatements } from "./dialect.ts";
import { redshiftFailure } from "./failure.ts";
import { deleteKeysStatement, insertNewStatement, type KeyedRows, updateStatement } from "./keyed-rows.ts";
import { namesOf, type Staged } from "./staging/staging.ts";

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
  const { target } = staged;
  const place = `publishing ${showTable(target)}`;
  try {
    const existing = await readTarget(session, target);
    const rows = { target, columns: staged.columns, staging: quoteIdentifier(staged.table) };
    const replacing = await checkReplacing(redshiftStatements(session), writing, rows, existing);
    const published =
      existing === undefined ? "created" : await writeInto(session, writing, staged, { existing, replacing });
    if (existing === undefined) await createTarget(session, writing, staged);
    if (published !== "merged") await fill(session, staged, place);
    return loadedTable(staged, published);
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
  { existing, replacing }: { readonly existing: readonly ExistingColumn[]; readonly replacing: Replacing },
): Promise<Published> {
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
  const { key } = replacing;
  const keyed = { staging: staged.table, target: staged.target, key, columns: namesOf(staged.columns) };
  if (writing.mode === "merge") return await merge(session, staged, keyed);
  if (writing.mode === "deleteInsert") {
    await session.query(deleteReplacedStatement(table, replacing, () => deleteKeysStatement(keyed)));
    return "deleteInserted";
  }
  if (!empties) return "appended";
  return writing.mode === "replace" ? "refilled" : "truncated";
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
