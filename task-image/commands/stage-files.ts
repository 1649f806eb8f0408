import { DataError } from "../errors.ts";
import type { FileFormat } from "../formats/file-format.ts";
import { showTable, type TableName } from "../postgres/identifier.ts";
import { inputCheck } from "../postgres/input-check.ts";
import { dropLanding, landingTable } from "../postgres/landing.ts";
import { loadId } from "../postgres/load-record.ts";
import { checkTarget, type StagedTable } from "../postgres/load-transaction.ts";
import { refuseTooManyRejects } from "../postgres/rejects.ts";
import type { Session } from "../postgres/session.ts";
import { readTarget } from "../postgres/target.ts";
import { type StagedRows, stageTyped, type TypedColumn } from "../postgres/typed-rows.ts";
import { typeOfClasses } from "../postgres/value-class.ts";
import type { SpecOf } from "./command.ts";
import { landKeyless } from "./keyless-json.ts";
import { textColumn } from "./land-csv.ts";
import { landFiles, prepareLanding } from "./land-files.ts";
import { jsonColumn } from "./land-json.ts";
import type { FilesToStage, Landed, LandedColumn, Landing, LandingPlace } from "./landed-files.ts";
import { rejectLimit } from "./reject-limit.ts";
import { stageTypedCsv } from "./stage-typed-csv.ts";

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
    refuseUnknownDeclared(
      spec,
      target,
      direct.columns.map(({ name }) => name),
    );
    await checkTarget(session, spec.work.load, { source, target, columns: direct.columns });
    return { source, target, ...direct, bytes: wanted.bytes };
  }
  const landed = await landFiles(landing);
  const staged = await stageLanded(place, spec, wanted.format.kind, landed);
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
  const types = await knownTypes(session, spec, scope.target);
  const declared = new Set(Object.keys(spec.work.load.columns?.[scope.target.table] ?? {}));
  return { session, check, scope, source, into, types, declared };
}

/**
 * Brings landed rows into the staging table, from text to the types that are known or that all values agree on. Throws a DataError
 * when more rows are rejected than may be, here and when they landed.
 */
export async function stageLanded(
  place: LandingPlace,
  spec: SpecOf<"load">,
  kind: FileFormat["kind"],
  landed: Landed,
): Promise<Omit<StagedTable, "bytes">> {
  const { session, scope, source, into, types } = place;
  const { target } = scope;
  const limit = rejectLimit(spec);
  const found =
    landed.columns.length > 0
      ? { rows: landed.rows, columns: landed.columns.map((column) => typedColumn(kind, column, types)) }
      : await landKeyless(place, landed, limit);
  refuseUnknownDeclared(
    spec,
    target,
    found.columns.map(({ name }) => name),
  );
  await checkTarget(session, spec.work.load, { source, target, columns: found.columns });
  const staged = await stageTyped(session, into, found.columns, place.check, scope);
  const rejected = landed.rejected + staged.rejected;
  await refuseTooManyRejects(session, scope, { rejected, read: landed.rejected + found.rows }, limit);
  expectAllRows(target, found.rows, staged);
  return { source, target, columns: staged.columns, rows: staged.rows, ...(rejected === 0 ? {} : { rejected }) };
}

function typedColumn(
  kind: FileFormat["kind"],
  { name, type: own, classes = 0 }: LandedColumn,
  types: ReadonlyMap<string, string>,
): TypedColumn {
  const type = own ?? types.get(name) ?? typeOfClasses(classes);
  return kind === "csv" || kind === "parquet" ? textColumn(name, type) : jsonColumn(name, type);
}

/** Parquet, and CSV whose types are known, goes straight into them, as long as nothing is wrong with it. */
async function stageDirectly(landing: Landing): Promise<Omit<StagedRows, "rejected"> | undefined> {
  const { format } = landing.wanted;
  if (format.kind === "csv") return stageTypedCsv(landing, format);
  if (format.kind === "parquet") return (await import("./stage-parquet.ts")).stageTypedParquet(landing, format);
  return undefined;
}

/** Declared types win; where a table keeps its types, they come next. */
async function knownTypes(
  session: Session,
  spec: SpecOf<"load">,
  target: TableName,
): Promise<ReadonlyMap<string, string>> {
  const { mode, columns, schemaChange } = spec.work.load;
  const reshapes = mode === "replace" && schemaChange !== "freeze";
  const existing = reshapes ? undefined : await readTarget(session, target);
  return new Map([
    ...(existing?.columns ?? []).map(({ name, type }) => [name, type] as const),
    ...Object.entries(columns?.[target.table] ?? {}),
  ]);
}

function refuseUnknownDeclared(spec: SpecOf<"load">, target: TableName, known: readonly string[]): void {
  const unknown = Object.keys(spec.work.load.columns?.[target.table] ?? {}).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new DataError(
    "MissingColumns",
    `loading ${showTable(target)}: load.columns.${target.table} declares ${unknown.join(", ")}, which the files do not have; they have: ${known.join(", ")}`,
  );
}

function expectAllRows(
  target: TableName,
  landed: number,
  { rows, rejected }: { readonly rows: number; readonly rejected: number },
): void {
  if (landed === rows + rejected) return;
  throw new DataError(
    "RowCountMismatch",
    `loading ${showTable(target)}: ${landed} rows were read from the files, ${rows} were staged and ${rejected} rejected. Nothing has been published`,
  );
}
