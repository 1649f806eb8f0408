import { randomUUID } from "node:crypto";
import { ConfigurationError, DataError } from "../../errors.ts";
import { refuseTaken, SYSTEM_COLUMNS } from "../../formats/csv-header.ts";
import { passedLimit, type RejectLimit } from "../../loading/reject-limit.ts";
import { expectRows } from "../../loading/row-counts.ts";
import type { StagedColumn } from "../../loading/staged-column.ts";
import { missingColumns } from "../../loading/targets.ts";
import type { ObjectGroup } from "../../objects/object-groups.ts";
import type { ObjectsToStage, StagedObjects } from "../../objects/object-warehouse.ts";
import type { Session } from "../../postgres/session.ts";
import { quoteIdentifier, showTable, type TableName } from "../../sql/identifier.ts";
import { oidOfTemporary, readTarget, readTemporary } from "../catalog.ts";
import { isLoadFailure, redshiftFailure } from "../failure.ts";
import { foldName, objectName } from "../identifier.ts";
import { type CopiedObjects, type CopyBucket, copyObjects } from "./copy-objects.ts";
import type { CopyFormat } from "./copy-statement.ts";
import { jsonColumns } from "./json-columns.ts";
import { type KeptDecimal, landingDecimal, refuseRounded } from "./kept-decimal.ts";
import { type LoadError, readLoadErrors, tooManyErrors, unnamedRejects } from "./load-errors.ts";
import { redshiftType } from "./postgres-types.ts";
import { castOf, classesOf, digitsOf, scaleOf, TEXT, typeOf } from "./value-class.ts";

/** Columns whose values are classed by one statement. */
const CLASSED_AT_ONCE = 50;

/** A staging table of the session, and the rows that did not get into it. */
export interface Staged extends StagedObjects {
  readonly table: string;
  readonly errors: readonly LoadError[];
}

interface LandingColumn {
  readonly name: string;
  /** Missing where all values have to be looked at first. */
  readonly type?: string;
  /** The target's type, where values land with more digits than it has. */
  readonly kept?: string;
}

/**
 * Copies objects into a temporary table, which ends with the session and which nobody else sees. Columns whose types are known have
 * them there: then COPY itself tells bad values, with file and line. The others are texts until all of their values have been looked
 * at, and go by casts that cannot fail into a second temporary table.
 */
export async function stageObjects(session: Session, bucket: CopyBucket, wanted: ObjectsToStage): Promise<Staged> {
  const { source, target } = wanted;
  const place = `loading ${source} into ${showTable(target)}`;
  const objects = wanted.groups.flatMap((group) => group.objects);
  try {
    const existing = await readTarget(session, target);
    const shape = await shapeOf(bucket, wanted, existing);
    const { columns, format, columnsOf } = shape;
    const landing = await createTemporary(session, "landing", columns);
    const oid = await oidOfTemporary(session, landing);
    const copy = { name: objectName(target), table: landing, format, rejectsMax: wanted.rejects.max };
    const copied = await copyInto(session, place, { oid, objects, rejects: wanted.rejects }, () =>
      copyObjects(session, bucket, copy, wanted.groups, columnsOf),
    );
    await refuseRounded(session, place, landing, keptDecimals(columns));
    const table = await typedTable(session, target, landing, columns, copied.rows);
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
    const rejected = copied.errors.length;
    const types = await readTemporary(session, table);
    return {
      source,
      target,
      objects,
      columns: types,
      rows: copied.rows,
      bytes,
      rejected,
      table,
      errors: copied.errors,
    };
  } catch (error) {
    throw redshiftFailure(error, place);
  } finally {
    // What stays when this fails, or is not reached, is no data for any load, and the next attempt takes it away.
    await bucket.remove().catch(() => undefined);
  }
}

/** The columns of the landing table with what is known of their types, and which of them the cells of a group go to. */
async function shapeOf(
  bucket: CopyBucket,
  wanted: ObjectsToStage,
  existing: Awaited<ReturnType<typeof readTarget>>,
): Promise<{
  readonly columns: readonly LandingColumn[];
  readonly format: CopyFormat;
  readonly columnsOf: (group: ObjectGroup) => readonly string[];
}> {
  const { format } = wanted;
  const types = knownTypes(wanted, existing);
  const kept = wanted.keepsTypes ? keptTypes(wanted, existing) : new Map<string, string>();
  const typed = (name: string): LandingColumn => {
    const type = types.get(name);
    const wider = landingDecimal(kept.get(name) ?? "");
    if (type !== undefined && wider !== undefined) return { name, type: wider, kept: type };
    return type === undefined ? { name } : { name, type };
  };
  if (format.kind === "parquet") throw unsupportedParquet(wanted);
  if (format.kind !== "csv") {
    if (wanted.isMerge) throw unsupportedMerge(wanted);
    const { names, paths } = await jsonColumns(bucket, wanted, existing);
    const columns = names.map((name) => ({ type: TEXT, ...typed(name) }));
    return { columns, format: { kind: "json", ...(paths === undefined ? {} : { paths }) }, columnsOf: () => names };
  }
  const columnsOf = ({ columns = [], objects }: ObjectGroup) => foldHeader(objects[0]?.uri ?? "", columns);
  const names = [...new Set(wanted.groups.flatMap(columnsOf))];
  refuseUnknown(wanted, names);
  return {
    columns: names.map(typed),
    format: { kind: "csv", dialect: format.dialect, skipped: format.skip.first + (format.names === "header" ? 1 : 0) },
    columnsOf,
  };
}

function unsupportedParquet({ source, target }: ObjectsToStage): ConfigurationError {
  return new ConfigurationError(
    "UnsupportedFormat",
    `loading ${source} into ${showTable(target)}: expected CSV or JSON, found Parquet, which is not loaded into Redshift yet. Write CSV, or load it into Postgres`,
  );
}

function unsupportedMerge({ source, target }: ObjectsToStage): ConfigurationError {
  return new ConfigurationError(
    "UnsupportedFormat",
    `loading ${source} into ${showTable(target)}: Redshift reads a key that a JSON object lacks like one that is null, so that a merge (load.mode) would empty columns which nobody meant. Use deleteInsert with the same key, which brings rows as a whole, write CSV, or load into Postgres`,
  );
}

/** Types that nobody but the target has said. */
function keptTypes(
  { declared }: ObjectsToStage,
  existing: Awaited<ReturnType<typeof readTarget>> = [],
): ReadonlyMap<string, string> {
  const said = new Set([...declared.keys()].map(foldName));
  return new Map(existing.filter(({ name }) => !said.has(name)).map(({ name, type }) => [name, type]));
}

function keptDecimals(columns: readonly LandingColumn[]): readonly KeptDecimal[] {
  return columns.flatMap(({ name, kept }) => (kept === undefined ? [] : [{ name, kept }]));
}

/** Declared types win; where a table keeps its types, they come next; then those of the table that was extracted. */
function knownTypes(
  { declared, keepsTypes, extracted = [], format }: ObjectsToStage,
  existing: Awaited<ReturnType<typeof readTarget>> = [],
): ReadonlyMap<string, string> {
  const isJson = format.kind !== "csv";
  return new Map([
    ...extracted.map(({ name, type }) => [foldName(name), redshiftType(type, TEXT)] as const),
    ...(keepsTypes || (isJson && declared.size === 0) ? existing : []).map(({ name, type }) => [name, type] as const),
    ...[...declared].map(([name, type]) => [foldName(name), type] as const),
  ]);
}

function foldHeader(uri: string, header: readonly string[]): readonly string[] {
  const names = refuseTaken(uri, header.map(foldName), SYSTEM_COLUMNS);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice < 0) return names;
  throw new DataError(
    "BadHeader",
    `${uri}, line 1, column ${twice + 1}: expected a name of its own, found "${header[twice]}", which for Redshift is the name of column ${names.indexOf(names[twice] ?? "") + 1} too: it does not tell capital letters apart. Rename the column in the file`,
  );
}

function refuseUnknown({ target, declared, source }: ObjectsToStage, names: readonly string[]): void {
  if (names.length === 0) {
    throw new DataError("NoHeader", `${source}: expected a header that names the columns, found empty files only`);
  }
  const unknown = [...declared.keys()].filter((name) => !names.includes(foldName(name)));
  if (unknown.length === 0) return;
  throw missingColumns(target, `load.columns declares ${unknown.join(", ")}`, names);
}

/** Makes a temporary table and answers its name, which no other session's has. */
async function createTemporary(session: Session, role: string, columns: readonly LandingColumn[]): Promise<string> {
  const table = `_kelt_${role}_${randomUUID().replaceAll("-", "")}`;
  const lines = columns.map(({ name, type = TEXT }) => `${quoteIdentifier(name)} ${type}`);
  await session.query(`CREATE TEMP TABLE ${quoteIdentifier(table)} (${lines.join(", ")})`);
  return table;
}

interface Watched {
  readonly oid: string;
  readonly objects: StagedObjects["objects"];
  readonly rejects: RejectLimit;
}

/** Copies, and reads from Redshift's log which rows did not go along. */
async function copyInto(
  session: Session,
  place: string,
  { oid, objects, rejects }: Watched,
  copy: () => Promise<CopiedObjects>,
): Promise<CopiedObjects & { readonly errors: readonly LoadError[] }> {
  let copied: CopiedObjects;
  try {
    copied = await copy();
  } catch (error) {
    if (!isLoadFailure(error)) throw error;
    await session.query("ROLLBACK");
    const errors = await readLoadErrors(session, oid, objects);
    if (errors.length === 0) throw unnamedRejects(place, (error as Error).message, 0);
    // COPY ends at the first row above the limit of rows.
    const count = { rejected: rejects.max + 1, read: rejects.max + 1 };
    throw tooManyErrors(place, errors, passedLimit(rejects, count) ?? "");
  }
  // Without a limit above 0 a COPY that did not fail has left out nothing.
  const errors = rejects.max === 0 ? [] : await readLoadErrors(session, oid, objects);
  if (errors.length < copied.leftOut) throw unnamedRejects(place, copied.notice, errors.length);
  const passed = passedLimit(rejects, { rejected: errors.length, read: copied.rows + errors.length });
  if (passed !== undefined) throw tooManyErrors(place, errors, passed);
  return { ...copied, errors };
}

/** The staging table: the landing table itself where all types were known, otherwise one with the types that all values agree on, or that are kept. */
async function typedTable(
  session: Session,
  target: TableName,
  landing: string,
  columns: readonly LandingColumn[],
  landed: number,
): Promise<string> {
  const unknown = columns.filter(({ type }) => type === undefined).map(({ name }) => name);
  const inferred = await inferTypes(session, landing, unknown);
  const kept = new Map(keptDecimals(columns).map((column) => [column.name, column.kept]));
  if (kept.size === 0 && [...inferred.values()].every((type) => type === TEXT)) return landing;
  const types = columns.map(({ name, type }): LandingColumn => {
    return { name, type: kept.get(name) ?? type ?? inferred.get(name) ?? TEXT };
  });
  const typed = await createTemporary(session, "typed", types);
  const names = types.map(({ name }) => quoteIdentifier(name));
  const values = types.map(({ name }, index) =>
    castOf(names[index] ?? "", kept.get(name) ?? inferred.get(name) ?? TEXT),
  );
  const { rowCount } = await session.query(
    `INSERT INTO ${quoteIdentifier(typed)} (${names.join(", ")}) SELECT ${values.join(", ")} FROM ${quoteIdentifier(landing)}`,
  );
  expectRows(`loading ${showTable(target)}`, landed, "copied", rowCount ?? 0, "given their types");
  await session.query(`DROP TABLE ${quoteIdentifier(landing)}`);
  return typed;
}

async function inferTypes(
  session: Session,
  landing: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const types = new Map<string, string>();
  for (let at = 0; at < names.length; at += CLASSED_AT_ONCE) {
    const batch = names.slice(at, at + CLASSED_AT_ONCE);
    const items = batch.flatMap((name, index) => {
      const value = quoteIdentifier(name);
      return [`${classesOf(value)} AS c${index}`, `${digitsOf(value)} AS d${index}`, `${scaleOf(value)} AS s${index}`];
    });
    const { rows } = await session.query<Record<string, string | number | null>>(
      `SELECT ${items.join(", ")} FROM ${quoteIdentifier(landing)}`,
    );
    for (const [index, name] of batch.entries()) {
      const number = (key: string) => Number(rows[0]?.[`${key}${index}`] ?? 0);
      types.set(name, typeOf({ classes: number("c"), digits: number("d"), scale: number("s") }));
    }
  }
  return types;
}

/** Columns of a staged table by name. */
export function namesOf(columns: readonly StagedColumn[]): readonly string[] {
  return columns.map(({ name }) => name);
}
