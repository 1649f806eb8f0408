import type { Discarded } from "../../loading/load-record.ts";
import type { SchemaChange, Widening } from "../../loading/schema-contract.ts";
import type { StagedColumn } from "../../loading/staged-column.ts";
import type { TableName } from "../../sql/identifier.ts";
import { quoteIdentifier, quoteTable } from "../../sql/identifier.ts";
import { isServerError } from "../failure.ts";
import { createStagingStatement, stagingTable } from "../publishing/publication.ts";
import { requiredValue } from "../publishing/staged-contract.ts";
import { ABSENT_COLUMN } from "../publishing/staged-table.ts";
import { widerTypes } from "../publishing/type-widening.ts";
import type { Session } from "../session.ts";
import type { InputCheck } from "./input-check.ts";
import { landedRows } from "./landing.ts";
import { type Misfit, moveRows, recordValues } from "./misfits.ts";
import type { RejectScope } from "./rejects.ts";
import { isNotOfType, isUnfit, losesPart, mayLose } from "./text-fit.ts";

/** A column on its way from the landing table to its type. */
export interface TypedColumn extends StagedColumn {
  /** SQL of type text over the landing table `r`. */
  readonly text: string;
  /** SQL of the column's own type over `r`, where it needs no cast. */
  readonly value?: string;
  /** The type is the target's; it was not declared. */
  readonly isTargets?: boolean;
  /** The target's column takes no NULL. */
  readonly isRequired?: boolean;
}

/** Landed rows, their columns and what happens to texts that do not fit their target's types. */
export interface Typing {
  readonly landing: TableName;
  readonly columns: readonly TypedColumn[];
  readonly check: InputCheck;
  readonly scope: RejectScope;
  readonly change: SchemaChange;
  readonly widening: Widening;
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
  const when = isTargets === true ? isUnfit(check, text, type) : isNotOfType(check, text, type);
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

/** Columns of the target get the narrowest type that they may have and that holds a value which they do not hold as they are. */
async function widen(session: Session, { landing, columns, check, widening }: Typing): Promise<readonly TypedColumn[]> {
  const candidates = columns.flatMap((column) => {
    const isOpen = column.isTargets === true && column.value === undefined;
    return isOpen ? widerTypes(column.type, widening).map((wider) => ({ ...column, wider })) : [];
  });
  if (candidates.length === 0) return columns;
  // A type that is not the last one has to hold all values of the column.
  const needs = candidates.map(({ name, text, type, wider }, index) => {
    const isLast = candidates[index + 1]?.name !== name;
    const holds = `NOT coalesce(${isUnfit(check, text, wider)}, false)`;
    const isNeeded = `pg_catalog.bool_or(${isUnfit(check, text, type)} AND ${holds})`;
    return isLast ? isNeeded : `(${isNeeded} AND pg_catalog.bool_and(${holds}))`;
  });
  const { rows } = await session.query<{ needs: (boolean | null)[] }>(
    `SELECT ARRAY[${needs.join(", ")}] AS needs FROM ${quoteTable(landing)} AS r`,
  );
  return columns.map((column) => {
    const wider = candidates.find(({ name }, index) => name === column.name && rows[0]?.needs[index] === true)?.wider;
    return wider === undefined ? column : { ...column, type: wider };
  });
}

/** Types as format_type writes them, which is how they are compared with those of a target. */
export async function stagedColumns(session: Session, target: TableName): Promise<readonly StagedColumn[]> {
  const { rows } = await session.query<{ name: string; type: string }>(
    `SELECT a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> $2 ORDER BY a.attnum`,
    [quoteTable(stagingTable(target)), ABSENT_COLUMN],
  );
  return rows.map((row) => ({ ...row, notNull: false }));
}
