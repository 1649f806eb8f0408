import { DataError, reworded } from "../../errors.ts";
import { expectRows } from "../../loading/row-counts.ts";
import type { StagedColumn } from "../../loading/staged-column.ts";
import { missingColumns } from "../../loading/targets.ts";
import type { ObjectsToStage, StagedObjects } from "../../objects/object-warehouse.ts";
import { quoteIdentifier, quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import { readColumns, readTarget } from "../catalog.ts";
import { snowflakeFailure } from "../failure.ts";
import { foldName, quoteList, quoteText } from "../identifier.ts";
import { ABSENT_COLUMN, absentMark } from "../keyed-rows.ts";
import { writtenRows } from "../session.ts";
import { type Cast, castText, isNumeric, isOpenNumber } from "./column-type.ts";
import { type Classed, classifyColumns, documentColumn, type LandedColumn } from "./inference.ts";
import {
  DOCUMENT,
  findUnreadable,
  isRowFailure,
  type Landed,
  land,
  landWithPlaces,
  refuseUnreadable,
  type Workspace,
} from "./landing.ts";
import { typeOfPostgres } from "./postgres-types.ts";
import { createRejects, moveRejects, refuseTooManyRejects } from "./rejects.ts";
import { badValue, IS_NO_OBJECT, type TypedColumn } from "./typed-column.ts";
import { decimalType, typeOfClasses } from "./value-class.ts";

/** Rows of one target in temporary tables. */
export interface Staged extends StagedObjects {
  readonly table: TableName;
  /** Columns that a row may not bring: then a merge keeps the target's value. */
  readonly sparse?: readonly string[];
  /** The rejected rows, where there are some. */
  readonly rejects?: TableName;
}

/**
 * Brings objects into a temporary table with types: first as they are, by COPY; then, by SQL, to the types that were declared or that all
 * values agree on. Only when a row is in the way they are copied once more, with the places of the rows, to say which one, and to
 * leave it out where that is allowed.
 */
export async function stageObjects(workspace: Workspace, wanted: ObjectsToStage): Promise<Staged> {
  const place = `loading ${wanted.source} into ${showTable(wanted.target)}`;
  try {
    return await stage(workspace, wanted);
  } catch (error) {
    throw snowflakeFailure(error, place);
  }
}

async function stage(workspace: Workspace, wanted: ObjectsToStage): Promise<Staged> {
  if (wanted.groups.length === 0) {
    throw new DataError(
      "NoHeader",
      `${wanted.source}: expected ${wanted.format.kind === "csv" ? "a header that names the columns" : "JSON objects"}, found empty files only`,
    );
  }
  const landed = await land(workspace, wanted).catch((error: unknown) => {
    if (isRowFailure(error)) return undefined;
    throw error;
  });
  if (landed !== undefined) {
    const columns = await typeColumns(workspace, wanted, landed);
    const table = await createStaging(workspace, wanted, columns);
    const typed = await withCatalogTypes(workspace, table, columns);
    if (!(await hasBadRows(workspace, landed, typed)))
      return await fill(workspace, wanted, { landed, table, columns: typed });
  }
  return await stageGoodRows(workspace, wanted, landed === undefined);
}

/** The second look: rows with their places, the bad ones moved to the rejects. */
async function stageGoodRows(workspace: Workspace, wanted: ObjectsToStage, isUnreadable: boolean): Promise<Staged> {
  const { session } = workspace;
  const rejects = await createRejects(workspace, wanted.target);
  const readable = isUnreadable ? await findUnreadable(workspace, wanted, rejects) : undefined;
  const landed = await landWithPlaces(workspace, wanted);
  await moveRejects(workspace, wanted.target, landed.table, { rejects });
  if (readable !== undefined) await refuseUnreadable(session, wanted, landed, readable);
  const columns = await typeColumns(workspace, wanted, landed);
  const table = await createStaging(workspace, wanted, columns);
  const typed = await withCatalogTypes(workspace, table, columns);
  await moveRejects(workspace, wanted.target, landed.table, { rejects, columns: typed });
  const rejected = await refuseTooManyRejects(session, wanted, rejects, landed.parsed);
  const [left] = await session.query(`SELECT COUNT(*) AS "N" FROM ${quoteTable(landed.table)}`);
  const good = { ...landed, rows: Number(left?.N) };
  if (good.rows + rejected !== landed.parsed) {
    throw new DataError(
      "RowCountMismatch",
      `loading ${showTable(wanted.target)}: ${landed.parsed} rows were read, ${good.rows} were kept and ${rejected} rejected. Nothing has been published`,
    );
  }
  return { ...(await fill(workspace, wanted, { landed: good, table, columns: typed })), rejected, rejects };
}

/** Declared types win; where a target keeps its types, they come next, then those of an extracted table, then what all values agree on. */
async function typeColumns(
  { session }: Workspace,
  wanted: ObjectsToStage,
  landed: Landed,
): Promise<readonly TypedColumn[]> {
  const { target, declared, extracted = [], keepsTypes } = wanted;
  const existing = keepsTypes ? ((await readTarget(session, target))?.columns ?? []) : [];
  const folded = new Map([...declared].map(([name, type]) => [foldName(name), type]));
  const types = new Map<string, string | undefined>([
    ...extracted.map(({ name, type }) => [foldName(name), typeOfPostgres(type)] as const),
    ...existing.map(({ name, type }) => [name, type] as const),
    ...[...folded].map(([name, type]) => [name, isOpenNumber(type) ? undefined : type] as const),
  ]);
  const known = new Set([...types].flatMap(([name, type]) => (type === undefined ? [] : [name])));
  const classed = await classifyColumns(session, wanted, landed, known);
  const columns = withDeclared(wanted, classed);
  return columns.map((column) => {
    const type = types.get(column.name) ?? inferredType(column.name, classed, folded);
    return { ...column, type, cast: castOf(column, type) };
  });
}

/** A key that no document has is a column all the same when it is declared; a column that the files lack cannot be. */
function withDeclared({ declared, format, target }: ObjectsToStage, { columns }: Classed): readonly LandedColumn[] {
  const names = new Set(columns.map(({ name }) => name));
  const missing = [...declared.keys()].filter((name) => !names.has(foldName(name)));
  if (missing.length === 0) return columns;
  if (format.kind !== "csv") return [...columns, ...missing.map(documentColumn)];
  throw missingColumns(target, `load.columns declares ${missing.join(", ")}`, [...names]);
}

function inferredType(name: string, { classes }: Classed, declared: ReadonlyMap<string, string>): string {
  const found = classes.get(name) ?? { classes: 0, wholeDigits: 0, scale: 0 };
  if (!declared.has(name)) return typeOfClasses(found);
  // An open number that holds all of its values; where some do not fit, it is the one that holds the others.
  const digits = isNumeric(found.classes) || found.scale + found.wholeDigits > 0 ? found : { wholeDigits: 0, scale: 0 };
  return decimalType(digits) ?? decimalType({ wholeDigits: 0, scale: 0 }) ?? "NUMBER";
}

function castOf({ text, variant }: LandedColumn, type: string): Cast {
  return variant !== undefined && type === "VARIANT" ? { value: variant } : castText(text, type);
}

/** The staging table. A type that Snowflake does not know is a mistake in the manifest. */
async function createStaging(
  workspace: Workspace,
  { target, declared, isMerge }: ObjectsToStage,
  columns: readonly TypedColumn[],
): Promise<TableName> {
  if (columns.length === 0) {
    throw new DataError(
      "NoKeys",
      `loading ${showTable(target)}: expected JSON objects whose keys name the columns, found none. Write objects with keys, or declare load.columns`,
    );
  }
  const table = workspace.name(target.schema, "STAGED");
  const lines = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  if (isMerge) lines.push(`${quoteIdentifier(ABSENT_COLUMN)} VARCHAR`);
  const list = lines.join(", ");
  try {
    await workspace.session.query(`CREATE TEMPORARY TABLE ${quoteTable(table)} (${list})`);
    return table;
  } catch (error) {
    const failure = snowflakeFailure(error, `making a table for ${showTable(target)}`);
    if (failure.kind !== "configuration" || declared.size === 0) throw failure;
    throw reworded(
      failure,
      `${failure.message}. load.columns declares ${[...declared.values()].join(", ")}: expected types of Snowflake`,
      { cause: error },
    );
  }
}

/** The same columns with the types that the catalog wrote down, which decide what fits. */
async function withCatalogTypes(
  { session }: Workspace,
  table: TableName,
  columns: readonly TypedColumn[],
): Promise<readonly TypedColumn[]> {
  const types = new Map((await readColumns(session, table)).map(({ name, type }) => [name, type]));
  return columns.map((column) => {
    const type = types.get(column.name) ?? column.type;
    return { ...column, type, cast: castOf(column, type) };
  });
}

async function hasBadRows(
  { session }: Workspace,
  { table, columns: landed }: Landed,
  columns: readonly TypedColumn[],
): Promise<boolean> {
  const bad = columns.flatMap(({ text, cast }) => (cast.isValid === undefined ? [] : [badValue(text, cast.isValid)]));
  if (landed[0] === DOCUMENT) bad.push(IS_NO_OBJECT);
  if (bad.length === 0) return false;
  const [row] = await session.query(`SELECT COUNT(*) AS "N" FROM ${quoteTable(table)} AS r WHERE ${bad.join(" OR ")}`);
  return Number(row?.N) > 0;
}

interface Filling {
  readonly landed: Landed;
  readonly table: TableName;
  readonly columns: readonly TypedColumn[];
}

async function fill(
  { session }: Workspace,
  { source, target, groups, isMerge }: ObjectsToStage,
  { landed, table, columns }: Filling,
): Promise<Staged> {
  const sparse = columns.filter(({ variant }) => isMerge && variant !== undefined);
  const names = [...columns.map(({ name }) => name), ...(isMerge ? [ABSENT_COLUMN] : [])];
  const values = [...columns.map(({ cast }) => cast.value), ...(isMerge ? [absentMarks(sparse)] : [])];
  const [row] = await session.query(
    `INSERT INTO ${quoteTable(table)} (${quoteList(names)}) SELECT ${values.join(", ")} FROM ${quoteTable(landed.table)} AS r`,
  );
  const rows = writtenRows(row);
  expectRows(`loading ${showTable(target)}`, landed.rows, "copied", rows, "staged");
  const objects = groups.flatMap((group) => group.objects);
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  const staged: readonly StagedColumn[] = columns.map(({ name, type }) => ({ name, type, notNull: false }));
  const lacking = sparse.length === 0 ? {} : { sparse: sparse.map(({ name }) => name) };
  return { source, target, objects, columns: staged, rows, bytes, rejected: 0, table, ...lacking };
}

/** SQL of the marks of the columns whose key a document lacks; one that is null is there. */
function absentMarks(sparse: readonly TypedColumn[]): string {
  const marks = sparse.map(
    ({ variant }, index) => `CASE WHEN ${variant} IS NULL THEN ${quoteText(absentMark(index))} ELSE '' END`,
  );
  return marks.length === 0 ? "''" : marks.join(" || ");
}
