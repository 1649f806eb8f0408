import type { SpecOf } from "../../commands/command.ts";
import { DataError } from "../../errors.ts";
import type { CsvFormat, FileFormat } from "../../formats/file-format.ts";
import type { Discarded } from "../../loading/load-record.ts";
import { loadId } from "../../loading/load-record.ts";
import { rejectLimit } from "../../loading/reject-limit.ts";
import { contractOf, discards } from "../../loading/schema-contract.ts";
import { missingColumns } from "../../loading/targets.ts";
import { showTable, type TableName } from "../../sql/identifier.ts";
import { checkTarget } from "../publishing/load-transaction.ts";
import type { StagedTable } from "../publishing/staged-table.ts";
import { readTarget, type Target } from "../publishing/target.ts";
import type { Session } from "../session.ts";
import { canonicalTypes } from "../type-name.ts";
import type { DirectRows } from "./direct-copy.ts";
import { inputCheck } from "./input-check.ts";
import { landKeyless } from "./keyless-json.ts";
import { textColumn } from "./land-csv.ts";
import { landFiles, prepareLanding } from "./land-files.ts";
import { absentColumn, jsonColumn } from "./land-json.ts";
import { holdLandedContract } from "./landed-contract.ts";
import type { FilesToStage, Landed, LandedColumn, Landing, LandingPlace } from "./landed-files.ts";
import { dropLanding, landingTable } from "./landing.ts";
import { refuseTooManyRejects } from "./rejects.ts";
import { stageTypedCsv } from "./stage-typed-csv.ts";
import { type StagedRows, stageTyped, type TypedColumn } from "./typed-rows.ts";
import { typeOfClasses } from "./value-class.ts";

/**
 * Brings the rows of files into the staging table: first as they are into the landing table, by COPY; then, by SQL, from text to
 * the types that were declared or that all values agree on. Rows that cannot go along are rejected; too many of them end the load.
 */
export async function stageFiles(session: Session, spec: SpecOf<"load">, wanted: FilesToStage): Promise<StagedTable> {
  const { target, source } = wanted;
  const scope = { loadId: loadId(spec), target, uris: wanted.files.map(({ uri }) => uri) };
  const place = await landingPlace(session, spec, { scope, source, into: landingTable(target) });
  const landing = prepareLanding(place, wanted, rejectLimit(spec).max);
  const direct = await stageDirectly(landing);
  if (direct !== undefined) {
    refuseUnknownColumns(
      spec,
      target,
      wanted.format,
      direct.columns.map(({ name }) => name),
    );
    await checkTarget(session, spec.work.load, { source, target, columns: direct.columns });
    return { source, target, ...direct, bytes: wanted.bytes };
  }
  const landed = await landFiles(landing);
  const staged = await stageLanded(place, spec, wanted.format, landed);
  await dropLanding(session, place.into);
  return { ...staged, bytes: wanted.bytes };
}

/** What the declared types and those of the target, where it keeps them, say of rows that are going to land. */
export async function landingPlace(
  session: Session,
  spec: SpecOf<"load">,
  { scope, source, into }: Pick<LandingPlace, "scope" | "source" | "into">,
): Promise<LandingPlace> {
  const check = await inputCheck(session);
  const target = await readTarget(session, scope.target);
  const place = `load.columns.${scope.target.table}`;
  const declared = await canonicalTypes(session, declaredTypes(spec, scope.target), place);
  const types = new Map([...keptTypes(spec, target), ...declared]);
  const contract = contractOf(spec.work.load);
  const renaming = new Map(Object.entries(spec.work.load.rename?.[scope.target.table] ?? {}));
  const isMerge = spec.work.load.mode === "merge";
  const known = { types, declared: new Set(declared.keys()), renaming, target, contract, isMerge };
  return { session, check, scope, source, into, ...known };
}

/**
 * Brings landed rows into the staging table, from text to the types that are known or that all values agree on. Throws a DataError
 * when more rows are rejected than may be, here and when they landed.
 */
export async function stageLanded(
  place: LandingPlace,
  spec: SpecOf<"load">,
  format: FileFormat,
  landed: Landed,
): Promise<Omit<StagedTable, "bytes">> {
  const { session, scope, source, into, check, contract } = place;
  const { target } = scope;
  const limit = rejectLimit(spec);
  if (format.kind === "csv") expectHeader(place, format, landed);
  const found =
    landed.columns.length > 0
      ? { rows: landed.rows, columns: landed.columns.map((column) => typedColumn(format.kind, column, place)) }
      : await landKeyless(place, landed, limit);
  refuseUnknownColumns(
    spec,
    target,
    format,
    found.columns.map(({ name }) => name),
  );
  await checkTarget(session, spec.work.load, { source, target, columns: found.columns });
  const absent = isDocuments(format) ? await absentColumn(place, landed.columns) : undefined;
  const typing = { landing: into, columns: found.columns, check, scope };
  const held = await holdLandedContract(session, contract, typing, place.target);
  const staged = await stageTyped(session, {
    ...typing,
    columns: absent === undefined ? held.columns : [...held.columns, absent.column],
    change: contract.types,
    widening: contract.widening,
  });
  const rejected = landed.rejected + staged.rejected;
  await refuseTooManyRejects(session, scope, { rejected, read: landed.rejected + found.rows }, limit);
  const discarded = {
    rows: held.discarded.rows + staged.discarded.rows,
    values: held.discarded.values + staged.discarded.values,
  };
  expectAllRows(target, found.rows, staged, discarded);
  const aside = {
    ...(rejected === 0 ? {} : { rejected }),
    ...(discarded.rows + discarded.values === 0 ? {} : { discarded }),
    ...(absent === undefined ? {} : { sparse: absent.sparse }),
  };
  return { source, target, columns: staged.columns, rows: staged.rows, ...aside };
}

function isDocuments({ kind }: FileFormat): boolean {
  return kind === "json" || kind === "jsonl";
}

function expectHeader({ source, scope }: LandingPlace, { names }: CsvFormat, { columns }: Landed): void {
  if (columns.length > 0) return;
  const expected = names === "header" ? "a header that names the columns" : "a first row that tells the columns";
  const found = scope.uris.length === 1 ? "an empty file" : "empty files only";
  throw new DataError("NoHeader", `${source}: expected ${expected}, found ${found}`);
}

function typedColumn(
  kind: FileFormat["kind"],
  { name, key, cell, type: own, classes = 0 }: LandedColumn,
  { types, declared, target }: LandingPlace,
): TypedColumn {
  const known = types.get(name);
  const type = own ?? known ?? typeOfClasses(classes);
  const column = kind === "csv" || kind === "parquet" ? textColumn(name, type, cell) : jsonColumn(name, type, key);
  if (type !== known || declared.has(name)) return column;
  const isRequired = target?.columns.some((existing) => existing.name === name && existing.notNull) === true;
  return { ...column, isTargets: true, isRequired };
}

/**
 * Parquet, and CSV whose types are known, goes straight into them, as long as nothing is wrong with it and there is a place for all of
 * it: what is left out lands first, because then its file and line are known.
 */
async function stageDirectly(landing: Landing): Promise<DirectRows | undefined> {
  const { target, contract } = landing;
  if (discards(target === undefined ? contract.tables : contract.columns)) return undefined;
  const { format } = landing.wanted;
  if (format.kind === "csv") return stageTypedCsv(landing, format);
  if (format.kind === "parquet") return (await import("./stage-parquet.ts")).stageTypedParquet(landing, format);
  return undefined;
}

/** The types of a table that keeps them; declared ones win over these. */
function keptTypes({ work: { load } }: SpecOf<"load">, target: Target | undefined): ReadonlyMap<string, string> {
  const reshapes = load.mode === "replace" && contractOf(load).types === "evolve";
  return new Map(reshapes ? [] : target?.columns.map(({ name, type }) => [name, type]));
}

/** The types that the manifest declares for a table, as it writes them. */
function declaredTypes({ work: { load } }: SpecOf<"load">, { table }: TableName): ReadonlyMap<string, string> {
  return new Map(Object.entries(load.columns?.[table] ?? {}));
}

/** A key of JSON may be missing from all documents. */
function refuseUnknownColumns(
  spec: SpecOf<"load">,
  target: TableName,
  format: FileFormat,
  known: readonly string[],
): void {
  const { columns, rename } = spec.work.load;
  const unknown = Object.keys(columns?.[target.table] ?? {}).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw missingColumns(target, `load.columns.${target.table} declares ${unknown.join(", ")}`, known);
  }
  const renamed = Object.entries(rename?.[target.table] ?? {}).filter(([, name]) => !known.includes(name));
  if (renamed.length === 0 || isDocuments(format)) return;
  const names = renamed.map(([name]) => name).join(", ");
  throw missingColumns(target, `load.rename.${target.table} renames ${names}`, known);
}

function expectAllRows(
  target: TableName,
  landed: number,
  { rows, rejected }: Pick<StagedRows, "rows" | "rejected">,
  discarded: Discarded,
): void {
  if (landed === rows + rejected + discarded.rows) return;
  throw new DataError(
    "RowCountMismatch",
    `loading ${showTable(target)}: ${landed} rows were read from the files, ${rows} were staged, ${rejected} rejected and ${discarded.rows} discarded. Nothing has been published`,
  );
}
