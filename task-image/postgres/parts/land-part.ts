import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { DataError, type TaskFailure } from "../../errors.ts";
import { loadId } from "../../loading/load-record.ts";
import { rejectLimit } from "../../loading/reject-limit.ts";
import type { FileSource } from "../../sources/files/file-source.ts";
import { openFiles } from "../../sources/files/open-files.ts";
import { showTable } from "../../sql/identifier.ts";
import { commit } from "../commit.ts";
import { databaseFailure } from "../failure.ts";
import { landFiles, prepareLanding } from "../landing/land-files.ts";
import type { LandingPlace } from "../landing/landed-files.ts";
import { createRejects, refuseTooManyRejects } from "../landing/rejects.ts";
import { landingPlace } from "../landing/stage-files.ts";
import type { Session } from "../session.ts";
import { filesToStage, placeOf } from "../staging/load-files.ts";
import {
  findParts,
  type LandedPart,
  type LandedShare,
  type LoadPart,
  markLanded,
  refuseDropped,
  type SharedTable,
  shareRejects,
  shareTable,
  takePart,
} from "./load-parts.ts";

/** What a part has landed. */
export interface OwnShare {
  readonly rows: number;
  readonly bytes: number;
}

interface PartOfLoad {
  readonly parts: readonly LoadPart[];
  readonly index: number;
}

/** The codes of files that are not any more what they were when they were dealt out. */
const CHANGED = ["PreconditionFailed", "NoSuchKey", "FileChanged"];

/**
 * Lands the files of one part in tables of its own and commits them together with the word that they have landed. A part that has
 * landed is left as it is; another pod of the same part is waited for.
 */
export async function landPart(
  session: Session,
  spec: SpecOf<"load">,
  { parts, index }: PartOfLoad,
  context: CommandContext,
): Promise<OwnShare> {
  const { schema } = spec.work.load.to;
  const id = loadId(spec);
  const known = parts[index]?.landed;
  if (known !== undefined) return sumOf(known);
  await session.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  const state = await takePart(session, schema, id, index);
  if (state !== "planned") {
    await session.query("ROLLBACK");
    if (state === "dropped") refuseDropped([{ state }], 1);
    return await landedMeanwhile(session, schema, id, index);
  }
  const rejects = shareRejects(schema, id, index);
  await createRejects(session, rejects);
  await using files = await openFiles(spec, context);
  const tables: LandedShare[] = [];
  const share = parts[index]?.share ?? [];
  const items = context.progress.items(
    "table",
    share.map(({ target }) => showTable(target)),
  );
  for (const [done, shared] of share.entries()) {
    const onBytes = (bytes: number) => items[done]?.running({ bytes });
    onBytes(0);
    const scope = { loadId: id, target: shared.target, uris: urisOf(parts, shared.order), rejects };
    const place = await sharePlace(session, spec, shared, { scope, into: shareTable(id, index, shared.target) });
    const landed = await landShare(files, spec, { shared, place, onBytes, workDirectory: context.workDirectory });
    items[done]?.staged({ rows: landed.rows, bytes: landed.bytes });
    tables.push(landed);
  }
  const landed = { tables, rejects: rejects.table };
  await markLanded(session, schema, { loadId: id, part: index, landed });
  await commit(session);
  context.log.info("part landed", { part: index, ...sumOf(landed) });
  return sumOf(landed);
}

/** What another pod of this part says; nothing when the whole load has been committed, and its parts forgotten. */
async function landedMeanwhile(session: Session, schema: string, id: string, index: number): Promise<OwnShare> {
  const landed = (await findParts(session, schema, id))[index]?.landed;
  return landed === undefined ? { rows: 0, bytes: 0 } : sumOf(landed);
}

/**
 * Values of CSV and JSON are looked at even where the target has types for them, because it may have others, or be gone, when the
 * load is published.
 */
async function sharePlace(
  session: Session,
  spec: SpecOf<"load">,
  { source, format }: SharedTable,
  { scope, into }: Pick<LandingPlace, "scope" | "into">,
): Promise<LandingPlace> {
  const place = { ...(await landingPlace(session, spec, { scope, source, into })), outlives: true };
  if (format.kind === "parquet") return place;
  return { ...place, types: new Map([...place.types].filter(([name]) => place.declared.has(name))) };
}

interface Landing {
  readonly shared: SharedTable;
  readonly place: LandingPlace;
  readonly onBytes: (bytes: number) => void;
  readonly workDirectory: string;
}

async function landShare(files: FileSource, spec: SpecOf<"load">, landing: Landing): Promise<LandedShare> {
  const { shared, place } = landing;
  // What share of all rows is rejected shows when all parts have landed.
  const { max } = rejectLimit(spec);
  const wanted = filesToStage(files, shared, landing);
  try {
    const { rows, rejected, columns } = await landFiles(prepareLanding(place, wanted, max, shared.firstFile));
    await refuseTooManyRejects(place.session, place.scope, { rejected, read: rows + rejected }, { max });
    return { table: place.into.table, rows, rejected, columns, bytes: wanted.bytes };
  } catch (error) {
    throw withoutOldFiles(databaseFailure(error, placeOf(shared)));
  }
}

/** A file that has changed is no passing fault here: which files are loaded was fixed for all parts. */
function withoutOldFiles(failure: TaskFailure): TaskFailure {
  if (!CHANGED.includes(failure.code)) return failure;
  return new DataError(
    "FilesChanged",
    `${failure.message}. The parts of a fan-out load what was listed when it began, so nothing has been published. Run the pipeline again`,
    { cause: failure },
  );
}

/** The URIs of all files of a table, in the order that they are numbered in. */
export function urisOf(parts: readonly LoadPart[], order: number): readonly string[] {
  return parts.flatMap(({ share }) =>
    share.filter((shared) => shared.order === order).flatMap(({ files }) => files.map(({ uri }) => uri)),
  );
}

function sumOf({ tables }: LandedPart): OwnShare {
  const sum = (of: "rows" | "bytes") => tables.reduce((total, share) => total + share[of], 0);
  return { rows: sum("rows"), bytes: sum("bytes") };
}
