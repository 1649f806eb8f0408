import { DataError } from "../errors.ts";
import type { FileFormat } from "../formats/file-format.ts";
import type { RejectedRow } from "../formats/rejected-row.ts";
import { showTable, type TableName } from "../postgres/identifier.ts";
import { type InputCheck, inputCheck } from "../postgres/input-check.ts";
import { dropLanding, landingTable } from "../postgres/landing.ts";
import { loadId } from "../postgres/load-record.ts";
import { checkTarget, type StagedTable } from "../postgres/load-transaction.ts";
import { type RejectScope, recordRejects, refuseTooManyRejects } from "../postgres/rejects.ts";
import type { Session } from "../postgres/session.ts";
import { readTarget } from "../postgres/target.ts";
import { type StagedRows, stageTyped, type TypedColumn } from "../postgres/typed-rows.ts";
import type { SourceFile } from "../sources/file-source.ts";
import type { SpecOf } from "./command.ts";
import { landKeyless } from "./keyless-json.ts";
import { landCsv } from "./land-csv.ts";
import { landJson } from "./land-json.ts";
import { stageTypedCsv } from "./stage-typed-csv.ts";

/** The files of one table, in one format. */
export interface FilesToStage {
  /** The pattern that they were found by, for messages. */
  readonly source: string;
  readonly target: TableName;
  readonly files: readonly SourceFile[];
  readonly format: FileFormat;
  /** Bytes of text that have been read so far. */
  readonly bytes: number;
  /** The text of a file as UTF-8. */
  open(file: SourceFile): AsyncIterable<Buffer>;
  /** Counts bytes from 0 again. */
  restart(): void;
}

/** What a format needs to land its rows. */
export interface Landing {
  readonly session: Session;
  readonly wanted: FilesToStage;
  readonly check: InputCheck;
  readonly scope: RejectScope;
  /** Types that are known before a row is: declared ones, or those of a target that rows are added to. */
  readonly types: ReadonlyMap<string, string>;
  /** Columns whose types the manifest declares. */
  readonly declared: ReadonlySet<string>;
  /** Takes a row that could not be landed. Throws when there are far too many of them. */
  reject(row: RejectedRow): void;
  /** Forgets rejected rows and counted bytes, because the files are going to be read again. */
  restart(): void;
}

/** What landed: how many rows are there, and the columns as the staging table shall have them. */
export interface Landed {
  readonly rows: number;
  /** Rows that had landed and were moved to the table of rejects. */
  readonly rejected: number;
  readonly columns: readonly TypedColumn[];
}

/** Rejected rows above the limit that are still collected, so that most messages can say how many there are. */
const SAMPLE_OF_TOO_MANY = 100;

/**
 * Brings the rows of files into the staging table: first as they are into the landing table, by COPY; then, by SQL, from text to
 * the types that were declared or that all values agree on. Rows that cannot go along are rejected; too many of them end the load.
 */
export async function stageFiles(session: Session, spec: SpecOf<"load">, wanted: FilesToStage): Promise<StagedTable> {
  const { target, source } = wanted;
  const max = spec.work.load.rejects?.max ?? 0;
  const scope = { loadId: loadId(spec), target, uris: wanted.files.map(({ uri }) => uri) };
  const rejects: RejectedRow[] = [];
  const reject = (row: RejectedRow) => {
    rejects.push(row);
    if (rejects.length > max + SAMPLE_OF_TOO_MANY) throw tooManyRejects(scope, rejects, max);
  };
  const check = await inputCheck(session);
  const restart = () => {
    rejects.length = 0;
    wanted.restart();
  };
  const types = await knownTypes(session, spec, target);
  const declared = new Set(Object.keys(spec.work.load.columns?.[target.table] ?? {}));
  const landing = { session, wanted, check, scope, reject, restart, types, declared };
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
  const found = await land(landing);
  await recordRejects(session, scope, rejects);
  const early = rejects.length + found.rejected;
  const landed = found.columns.length > 0 ? found : await landKeyless(landing, early, max);
  const known = landed.columns.map(({ name }) => name);
  refuseUnknownDeclared(spec, target, known);
  await checkTarget(session, spec.work.load, { source, target, columns: landed.columns });
  const staged = await stageTyped(session, landingTable(target), landed.columns, check, scope);
  await dropLanding(session, target);
  const rejected = early + staged.rejected;
  await refuseTooManyRejects(session, scope, rejected, max);
  expectAllRows(target, landed.rows, staged);
  const aside = rejected === 0 ? {} : { rejected };
  return { source, target, columns: staged.columns, rows: staged.rows, bytes: wanted.bytes, ...aside };
}

/** CSV goes straight into its types where they are known, as long as nothing is wrong with it. */
function stageDirectly(landing: Landing): Promise<Omit<StagedRows, "rejected"> | undefined> {
  const { format } = landing.wanted;
  return format.kind === "csv" ? stageTypedCsv(landing, format.dialect) : Promise.resolve(undefined);
}

function land(landing: Landing): Promise<Landed> {
  const { format } = landing.wanted;
  return format.kind === "csv" ? landCsv(landing, format.dialect) : landJson(landing, format.kind);
}

function tooManyRejects({ target, uris }: RejectScope, rejects: readonly RejectedRow[], max: number): DataError {
  const named = rejects.slice(0, 3).map(({ file, line, value, reason }) => {
    return `${uris[file]}, line ${line}: ${JSON.stringify(value.slice(0, 60))}: ${reason}`;
  });
  return new DataError(
    "TooManyRejects",
    `loading ${showTable(target)}: more than ${max} rows (load.rejects.max) are rejected; nothing has been published. ${named.join("; ")}. Correct the files, or load.from.format`,
  );
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
