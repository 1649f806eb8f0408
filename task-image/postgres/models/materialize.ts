import { ConfigurationError, TransientError } from "../../errors.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { planPublication, stagingTable } from "../publishing/publication.ts";
import { lockTable, readTarget, type Target } from "../publishing/target.ts";
import { lockTargets } from "../publishing/target-lock.ts";
import type { Session } from "../session.ts";
import { dropDependents, dropRelation, readGrants, restoreDependents } from "./dependent-views.ts";
import { ModelStatementError, runModelStatement } from "./model-statement.ts";

/** A model as a warehouse builds it. `sql` is one SELECT. */
export interface Materialized {
  readonly relation: TableName;
  readonly materialized: "view" | "table";
  readonly sql: string;
}

export interface MaterializeOptions {
  /** Relations of all models of the project: views among them can be made again, others must never be lost. */
  readonly own: readonly TableName[];
  /** Called before it waits for another writer of the relation. */
  readonly onWait: (table: string) => void;
}

/**
 * Builds one model in a transaction of its own: afterwards the relation is the model's, or nothing has changed.
 *
 * | model | relation before | how                                                                                        |
 * |-------|-----------------|--------------------------------------------------------------------------------------------|
 * | view  | none            | created                                                                                    |
 * | view  | view            | replaced in place; where the columns do not allow it, dropped and created                  |
 * | view  | table           | dropped and created                                                                        |
 * | table | none            | built beside, takes the name                                                               |
 * | table | table           | built beside, then swapped, or refilled where a new table would lack what hangs on it      |
 * | table | view            | built beside, the view is dropped, takes the name                                          |
 *
 * Before a drop, the project's own views on the relation are dropped and afterwards made again; other views are never lost.
 * Answers the number of rows of a table.
 *
 * @throws {ModelStatementError} when the server refuses the model's SQL.
 * @throws {ConfigurationError} when something of others is in the way.
 */
export async function materialize(
  session: Session,
  model: Materialized,
  options: MaterializeOptions,
): Promise<number | undefined> {
  await session.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  try {
    await lockTargets(session, [model.relation], options.onWait);
    const before = await readTarget(session, model.relation);
    if (before !== undefined) refuseOtherKinds(before);
    const rows =
      model.materialized === "view"
        ? await buildView(session, model, before, options.own)
        : await buildTable(session, model, before, options.own);
    const { command } = await session.query("COMMIT");
    if (command !== "COMMIT") throw new TransientError("RolledBack", "the server rolled back instead of committing");
    return rows;
  } catch (error) {
    // A session that is gone has rolled back already, and the first error is the one to tell.
    await session.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  m: "a materialized view",
  f: "a foreign table",
  S: "a sequence",
  p: "a partitioned table",
  i: "an index",
  c: "a composite type",
};

function refuseOtherKinds({ kind, relation }: Target): void {
  if (kind === "r" || kind === "v") return;
  throw new ConfigurationError(
    "NotAModel",
    `${showTable(relation)} is ${KINDS[kind] ?? `a relation of kind ${kind}`}, expected a table, a view or nothing. Drop or rename it, or configure another alias or schema`,
  );
}

async function buildView(
  session: Session,
  { relation, sql }: Materialized,
  before: Target | undefined,
  own: readonly TableName[],
): Promise<undefined> {
  const name = quoteTable(relation);
  if (before?.kind === "v" && (await replaceView(session, name, sql))) return undefined;
  const create = async () => void (await runModelStatement(session, `CREATE VIEW ${name} AS`, sql));
  if (before === undefined) await create();
  else await makeAnew(session, before, own, create);
  return undefined;
}

/** CREATE OR REPLACE VIEW keeps dependents and grants, and refuses (42P16) when columns go, move or change their type. */
async function replaceView(session: Session, name: string, sql: string): Promise<boolean> {
  await session.query("SAVEPOINT replace");
  try {
    await runModelStatement(session, `CREATE OR REPLACE VIEW ${name} AS`, sql);
    return true;
  } catch (error) {
    if (!(error instanceof ModelStatementError && error.cause.code === "42P16")) throw error;
    await session.query("ROLLBACK TO SAVEPOINT replace");
    return false;
  }
}

/** Drops a relation, makes the new one, and gives back the rights and the project's views that the old one had. */
async function makeAnew(
  session: Session,
  before: Target,
  own: readonly TableName[],
  make: () => Promise<void>,
): Promise<void> {
  const { relation, kind } = before;
  const grants = await readGrants(session, relation);
  const dependents = await dropDependents(session, relation, own);
  await dropRelation(session, kind === "v" ? "VIEW" : "TABLE", relation);
  await make();
  for (const grant of grants) await session.query(grant);
  await restoreDependents(session, dependents);
}

async function buildTable(
  session: Session,
  { relation, sql }: Materialized,
  before: Target | undefined,
  own: readonly TableName[],
): Promise<number> {
  const staging = stagingTable(relation);
  const rows = await runModelStatement(session, `CREATE TABLE ${quoteTable(staging)} AS`, sql);
  const rename = `ALTER TABLE ${quoteTable(staging)} RENAME TO ${quoteIdentifier(relation.table)}`;
  if (before === undefined) await session.query(rename);
  else if (before.kind === "v") await makeAnew(session, before, own, async () => void (await session.query(rename)));
  else await replaceTable(session, before, own);
  return rows;
}

/** The staged rows become the table's, with the least change that keeps what hangs on it. */
async function replaceTable(session: Session, before: Target, own: readonly TableName[]): Promise<void> {
  const { relation } = before;
  await lockTable(session, relation);
  const columns = (await readTarget(session, stagingTable(relation)))?.columns ?? [];
  const staged = columns.map(({ name, type }) => ({ name, type, notNull: false }));
  const sameShape = JSON.stringify(shape(columns)) === JSON.stringify(shape(before.columns));
  const dependents = sameShape ? [] : await dropDependents(session, relation, own);
  const publication = planPublication(
    { mode: "replace" },
    { target: relation, columns: staged },
    await readTarget(session, relation),
  );
  for (const statement of publication.statements) await session.query(statement);
  if (publication.insert !== undefined) {
    await session.query(publication.insert);
    await session.query(`DROP TABLE ${quoteTable(stagingTable(relation))}`);
  }
  await restoreDependents(session, dependents);
}

function shape(columns: Target["columns"]): string[] {
  return columns.map(({ name, type }) => `${name} ${type}`);
}
