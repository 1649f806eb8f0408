import { DataError } from "../errors.ts";
import { type LoadedTable, loadedTable } from "../loading/load-record.ts";
import { checkReplacing, deleteReplacedStatement, type Replacing } from "../loading/replaced-rows.ts";
import { planReshaping, type Reshaping, refuseFrozenTable } from "../loading/reshaping.ts";
import { expectRows } from "../loading/row-counts.ts";
import { type Published, takesRowsAway, type Writing } from "../loading/writing.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../sql/identifier.ts";
import { readTarget, type Target } from "./catalog.ts";
import { snowflakeStatements } from "./dialect.ts";
import { snowflakeFailure } from "./failure.ts";
import { quoteList, quoteText } from "./identifier.ts";
import { deleteKeysStatement, mergeStatement } from "./keyed-rows.ts";
import { type SnowflakeSession, writtenRows } from "./session.ts";
import type { Workspace } from "./staging/landing.ts";
import type { Staged } from "./staging/staging.ts";

/**
 * How staged rows become the target's rows. DDL commits the transaction that it stands in, so that what has to be made is made before;
 * a table that gets other columns is built beside the target and takes its place by SWAP, which is one step.
 *
 * | publication    | when                                             | before the transaction         | in it                                  |
 * |----------------|--------------------------------------------------|--------------------------------|----------------------------------------|
 * | created        | there is no target                               | the target is made, empty      | filled                                 |
 * | refilled       | replace, and no column of the target goes        | new columns are added          | emptied by DELETE, and filled          |
 * | swapped        | replace, and columns go or get another type      | a table beside it, with its    | another session swaps both, while this |
 * |                |                                                  | grants and comment, is filled  | one holds the lock of the target       |
 * | truncated      | truncate, and there is a target                  | new columns are added          | emptied by DELETE, and filled          |
 * | appended       | append, and there is a target                    | new columns are added          | filled                                 |
 * | merged         | merge, and there is a target                     | new columns are added          | MERGE                                  |
 * | deleteInserted | deleteInsert, and there is a target              | new columns are added          | rows of staged keys, or in the range,  |
 * |                |                                                  |                                | are deleted, then filled               |
 */
export interface Prepared {
  readonly staged: Staged;
  readonly replacing: Replacing;
  readonly published: Published;
  /** The table that is swapped with the target. */
  readonly beside?: TableName;
}

/** Checks keys and columns, and makes what the transaction cannot make. Nothing of the target's rows changes. */
export async function prepareTable(workspace: Workspace, writing: Writing, staged: Staged): Promise<Prepared> {
  const { session } = workspace;
  const { target, columns } = staged;
  try {
    const existing = await readTarget(session, target);
    const rows = { target, columns, staging: quoteTable(staged.table) };
    const replacing = await checkReplacing(snowflakeStatements(session), writing, rows, existing?.columns);
    if (existing === undefined) {
      refuseFrozenTable(writing, target);
      await session.query(`CREATE TABLE IF NOT EXISTS ${quoteTable(target)} (${columnList(staged)})`);
      return { staged, replacing, published: "created" };
    }
    const reshaping = planReshaping(writing, target, existing.columns, columns);
    if (reshaping.drop.length > 0) {
      const beside = await buildBeside(workspace, staged, existing, reshaping);
      return { staged, replacing, published: "swapped", beside };
    }
    for (const { name, type } of reshaping.add) {
      await session.query(
        `ALTER TABLE ${quoteTable(target)} ADD COLUMN IF NOT EXISTS ${quoteIdentifier(name)} ${type}`,
      );
    }
    return { staged, replacing, published: PUBLISHED[writing.mode] };
  } catch (error) {
    throw snowflakeFailure(error, `publishing ${showTable(target)}`);
  }
}

const PUBLISHED: Readonly<Record<Writing["mode"], Published>> = {
  replace: "refilled",
  truncate: "truncated",
  append: "appended",
  merge: "merged",
  deleteInsert: "deleteInserted",
};

/** A table like the target with the rows' columns, their rows, and everything else that is the target's. */
async function buildBeside(
  workspace: Workspace,
  staged: Staged,
  existing: Target,
  { add, drop }: Reshaping,
): Promise<TableName> {
  const { session } = workspace;
  const beside = workspace.name(staged.target.schema, "SWAPPED");
  const table = quoteTable(beside);
  const kind = existing.isTransient ? "TRANSIENT " : "";
  await session.query(`CREATE ${kind}TABLE ${table} LIKE ${quoteTable(staged.target)} COPY GRANTS`);
  // Old columns give their names away and go last: a table cannot be without any.
  const rename = (name: string, index: number) =>
    session.query(
      `ALTER TABLE ${table} RENAME COLUMN ${quoteIdentifier(name)} TO ${quoteIdentifier(`${GOING}${index}`)}`,
    );
  for (const [index, name] of drop.entries()) await rename(name, index);
  for (const { name, type } of add)
    await session.query(`ALTER TABLE ${table} ADD COLUMN ${quoteIdentifier(name)} ${type}`);
  for (const index of drop.keys())
    await session.query(`ALTER TABLE ${table} DROP COLUMN ${quoteIdentifier(`${GOING}${index}`)}`);
  if (existing.comment !== "") await session.query(`COMMENT ON TABLE ${table} IS ${quoteText(existing.comment)}`);
  await fill(session, staged, beside);
  return beside;
}

/** What columns are called that are about to go. */
const GOING = "_KELT_GOING_";

/** Writes the rows into the target, inside the transaction. A table that is swapped has them already. */
export async function writeTable(
  session: SnowflakeSession,
  writing: Writing,
  { staged, replacing, published, beside }: Prepared,
): Promise<LoadedTable> {
  const { target, rows, table, columns } = staged;
  const place = `publishing ${showTable(target)}`;
  try {
    if (beside === undefined) {
      // A target that this load has made may have another one's rows by now.
      if (takesRowsAway(writing)) await session.query(`DELETE FROM ${quoteTable(target)}`);
      const keyed = { staging: table, target, key: replacing.key, columns: columns.map(({ name }) => name) };
      if (writing.mode === "deleteInsert")
        await session.query(deleteReplacedStatement(quoteTable(target), replacing, () => deleteKeysStatement(keyed)));
      if (writing.mode === "merge") {
        const { sparse } = staged;
        const [answer] = await session.query(mergeStatement({ ...keyed, ...(sparse === undefined ? {} : { sparse }) }));
        expectRows(place, rows, "staged", writtenRows(answer), `merged into ${showTable(target)}`);
      } else await fill(session, staged, target);
    }
    return loadedTable(staged, published);
  } catch (error) {
    throw snowflakeFailure(error, place);
  }
}

/** Puts the table beside the target in its place. It has to be done by a session without a transaction. */
export async function swapTable(session: SnowflakeSession, { staged, beside }: Prepared): Promise<void> {
  if (beside === undefined) return;
  try {
    await session.query(`ALTER TABLE ${quoteTable(staged.target)} SWAP WITH ${quoteTable(beside)}`);
  } catch (error) {
    throw snowflakeFailure(error, `publishing ${showTable(staged.target)}`);
  }
}

async function fill(session: SnowflakeSession, { table, rows, columns }: Staged, into: TableName): Promise<void> {
  const list = quoteList(columns.map(({ name }) => name));
  const [answer] = await session.query(
    `INSERT INTO ${quoteTable(into)} (${list}) SELECT ${list} FROM ${quoteTable(table)}`,
  );
  expectRows(`publishing ${showTable(into)}`, rows, "staged", writtenRows(answer), `inserted into ${showTable(into)}`);
}

function columnList({ columns, target }: Staged): string {
  if (columns.length === 0) throw new DataError("NoColumns", `${showTable(target)}: there is no column to make`);
  return columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(", ");
}
