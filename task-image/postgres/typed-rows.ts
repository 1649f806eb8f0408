import { isServerError } from "./failure.ts";
import type { TableName } from "./identifier.ts";
import { quoteIdentifier, quoteTable } from "./identifier.ts";
import type { InputCheck } from "./input-check.ts";
import { landedRows } from "./landing.ts";
import { type Discarded, type Misfit, moveRows, recordValues } from "./misfits.ts";
import { createStagingStatement, stagingTable } from "./publication.ts";
import type { RejectScope } from "./rejects.ts";
import type { SchemaChange } from "./schema-contract.ts";
import type { Session } from "./session.ts";
import type { StagedColumn } from "./staged-column.ts";
import { requiredValue } from "./staged-contract.ts";
import { isNone, isUnfit, losesPart, mayLose } from "./text-fit.ts";
import { widestType } from "./type-widening.ts";

/** A column on its way from the landing table to its type. */
export interface TypedColumn extends StagedColumn {
  /** SQL of type text over the landing table `r`. */
  readonly text: string;
  /** SQL of the column's own type over `r`, where it needs no cast. */
  readonly value?: string;
  /** The type is that of the target, which nobody has declared. */
  readonly isTargets?: boolean;
  /** The target's column takes no NULL. */
  readonly isRequired?: boolean;
}

/** Landed rows, their columns and what happens to texts that are none of their target's types. */
export interface Typing {
  readonly landing: TableName;
  readonly columns: readonly TypedColumn[];
  readonly check: InputCheck;
  readonly scope: RejectScope;
  readonly change: SchemaChange;
}

export interface StagedRows {
  readonly rows: number;
  readonly rejected: number;
  readonly discarded: Discarded;
  readonly columns: readonly StagedColumn[];
}

const CHARACTERS = /^(text|character varying|character)(\(\d+\))?$/;
const BITS = /^bit( varying)?(\(\d+\))?$/;
const NONE: Discarded = { rows: 0, values: 0 };

/**
 * Makes the staging table and fills it with the landed rows, their texts cast to types. Rows with a value that its type refuses go to
 * the table of rejects; a type of the target is widened, or its values and rows discarded, as `change` says. Answers all counts, and
 * the columns with their types as the server writes them.
 */
export async function stageTyped(session: Session, typing: Typing): Promise<StagedRows> {
  const { target } = typing.scope;
  const rows = await tryInsert(session, typing);
  if (rows !== undefined) {
    return { rows, rejected: 0, discarded: NONE, columns: await stagedColumns(session, target) };
  }
  const { columns, ...counts } = await settle(session, typing);
  return {
    ...counts,
    rows: await insertTyped(session, { ...typing, columns }),
    columns: await stagedColumns(session, target),
  };
}

/** Most files have no bad value: only when there is one are all of them looked for, which undefined asks for. */
async function tryInsert(session: Session, typing: Typing): Promise<number | undefined> {
  await session.query("SAVEPOINT before_cast");
  try {
    const rows = await insertTyped(session, typing);
    if (!(await losesAnything(session, typing))) {
      await session.query("RELEASE SAVEPOINT before_cast");
      return rows;
    }
  } catch (error) {
    if (!isServerError(error) || !error.code.startsWith("22")) throw error;
  }
  await session.query("ROLLBACK TO SAVEPOINT before_cast");
  return undefined;
}

async function insertTyped(session: Session, { landing, columns, scope: { target } }: Typing): Promise<number> {
  await session.query(createStagingStatement(target, columns));
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  const values = columns.map(castOf).join(", ");
  const { rowCount } = await session.query(
    `INSERT INTO ${quoteTable(stagingTable(target))} (${names}) SELECT ${values} FROM ${quoteTable(landing)} AS r`,
  );
  return rowCount ?? 0;
}

/** An explicit cast to varchar(3) or bit(3) would cut what is too long; an assignment refuses it. */
function castOf({ text, type, value }: TypedColumn): string {
  if (value !== undefined) return value;
  if (BITS.test(type)) return `(${text})::bit varying`;
  return CHARACTERS.test(type) ? text : `(${text})::${type}`;
}

async function losesAnything(session: Session, { landing, columns, check }: Typing): Promise<boolean> {
  const losses = columns
    .filter(({ type, isTargets, value }) => isTargets === true && value === undefined && mayLose(type))
    .map(({ text, type }) => losesPart(check, text, type));
  if (losses.length === 0) return false;
  const { rowCount } = await session.query(
    `SELECT FROM ${quoteTable(landing)} AS r WHERE ${losses.join(" OR ")} LIMIT 1`,
  );
  return rowCount !== 0;
}

/** Finds a place for every bad value, so that all rows that are left can be cast. */
async function settle(
  session: Session,
  typing: Typing,
): Promise<Pick<StagedRows, "rejected" | "discarded"> & Pick<Typing, "columns">> {
  const { landing, scope, check, change } = typing;
  const columns = change === "evolve" ? await widen(session, typing) : typing.columns;
  const sifting = { from: landedRows(landing), scope, check };
  const isDiscarding = change === "discardRow" || change === "discardValue";
  const mayBeBad = columns.filter(({ type, value }) => value === undefined && type !== "text");
  const bad = mayBeBad.filter(({ isTargets }) => !(isDiscarding && isTargets === true));
  const rejected = await moveRows(
    session,
    sifting,
    bad.map((column) => misfitOf(check, column)),
    "reject",
  );
  const unfit = mayBeBad.filter((column) => !bad.includes(column));
  const misfits = unfit.map((column) => misfitOf(check, column));
  if (change === "discardRow") {
    const rows = await moveRows(session, sifting, misfits, "discardRow");
    return { rejected, discarded: { rows, values: 0 }, columns };
  }
  for (const column of unfit) if (column.isRequired === true) await refuseUnfit(session, typing, column);
  const values = await recordValues(session, sifting, misfits);
  const emptied = columns.map((column) => (unfit.includes(column) ? withoutUnfit(check, column) : column));
  return { rejected, discarded: { rows: 0, values }, columns: emptied };
}

function misfitOf(check: InputCheck, { name, type, text, isTargets }: TypedColumn): Misfit {
  const when = isTargets === true ? isUnfit(check, text, type) : isNone(check, text, type);
  return { column: name, type, value: text, when };
}

function withoutUnfit(check: InputCheck, column: TypedColumn): TypedColumn {
  const value = `CASE WHEN NOT (${isUnfit(check, column.text, column.type)}) THEN ${castOf(column)} END`;
  return { ...column, value };
}

async function refuseUnfit(session: Session, { landing, check, scope }: Typing, column: TypedColumn): Promise<void> {
  const { rowCount } = await session.query(
    `SELECT FROM ${quoteTable(landing)} AS r WHERE ${isUnfit(check, column.text, column.type)} LIMIT 1`,
  );
  if (rowCount !== 0) throw requiredValue(scope.target, column);
}

/** Columns of the target get the widest type of their family where that holds a value that they do not hold as they are. */
async function widen(session: Session, { landing, columns, check }: Typing): Promise<readonly TypedColumn[]> {
  const candidates = columns.flatMap((column) => {
    const wider = column.isTargets === true && column.value === undefined ? widestType(column.type) : undefined;
    return wider === undefined ? [] : [{ ...column, wider }];
  });
  if (candidates.length === 0) return columns;
  const needs = candidates.map(({ text, type, wider }) => {
    return `pg_catalog.bool_or(${isUnfit(check, text, type)} AND NOT ${isNone(check, text, wider)})`;
  });
  const { rows } = await session.query<{ needs: (boolean | null)[] }>(
    `SELECT ARRAY[${needs.join(", ")}] AS needs FROM ${quoteTable(landing)} AS r`,
  );
  return columns.map((column) => {
    const index = candidates.findIndex(({ name }) => name === column.name);
    const wider = candidates[index]?.wider;
    return rows[0]?.needs[index] === true && wider !== undefined ? { ...column, type: wider } : column;
  });
}

/** Types as format_type writes them, which is how they are compared with those of a target. */
export async function stagedColumns(session: Session, target: TableName): Promise<readonly StagedColumn[]> {
  const { rows } = await session.query<{ name: string; type: string }>(
    `SELECT a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [quoteTable(stagingTable(target))],
  );
  return rows.map((row) => ({ ...row, notNull: false }));
}
