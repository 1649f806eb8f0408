import type { CommandContext, Outcome, SpecOf } from "../../commands/command.ts";
import { DataError } from "../../errors.ts";
import type { FileFormat } from "../../formats/file-format.ts";
import { SharedColumns } from "../../formats/shared-columns.ts";
import { loadId } from "../../loading/load-record.ts";
import { publish } from "../../loading/steps.ts";
import { widerType } from "../../parquet/column-type.ts";
import { showTable } from "../../sql/identifier.ts";
import { databaseFailure } from "../failure.ts";
import { sortKeys } from "../landing/land-json.ts";
import type { Landed, LandedColumn, LandingPlace } from "../landing/landed-files.ts";
import { dropLanding, joinLandings, landingTable } from "../landing/landing.ts";
import { moveRejects } from "../landing/rejects.ts";
import { landingPlace, stageLanded } from "../landing/stage-files.ts";
import { PostgresLoad } from "../load.ts";
import { recordFiles, withoutLoaded } from "../publishing/loaded-files.ts";
import type { StagedTable } from "../publishing/staged-table.ts";
import type { Session } from "../session.ts";
import { placeOf } from "../staging/load-files.ts";
import { urisOf } from "./land-part.ts";
import {
  findParts,
  forgetParts,
  type LandedShare,
  type LoadPart,
  refuseDropped,
  type SharedTable,
} from "./load-parts.ts";

/** A table, and what every part has landed for it. */
interface JoinedTable extends SharedTable {
  readonly shares: readonly LandedShare[];
  readonly uris: readonly string[];
}

/**
 * Publishes what all parts have landed as one load: types over all values, rejected rows of all parts against one limit, one
 * transaction, in which the parts are forgotten. Answers the record of a load that another pod has published.
 */
export async function publishParts(
  session: Session,
  spec: SpecOf<"load">,
  of: number,
  context: CommandContext,
): Promise<Outcome> {
  const planned = joinTables(await findParts(session, spec.work.load.to.schema, loadId(spec)));
  const targets = planned.map(({ target }) => target);
  const open = async () => ({ targets, stage: () => stageParts(session, spec, of) });
  return await publish(new PostgresLoad(session, spec, context, open), spec, context);
}

/** Makes staging tables of what all parts have landed, and forgets the parts. */
async function stageParts(session: Session, spec: SpecOf<"load">, of: number): Promise<readonly StagedTable[]> {
  const { schema } = spec.work.load.to;
  const parts = await findParts(session, schema, loadId(spec));
  refuseDropped(parts, of);
  for (const { landed } of parts) {
    if (landed !== undefined) await moveRejects(session, { schema, table: landed.rejects });
  }
  const staged: StagedTable[] = [];
  for (const table of joinTables(parts)) {
    staged.push(
      await stageJoined(session, spec, table).catch((error: unknown) => {
        throw databaseFailure(error, placeOf(table));
      }),
    );
  }
  await forgetParts(session, schema, loadId(spec));
  return staged;
}

/** The tables of the load in its order, each with the shares of all parts. */
function joinTables(parts: readonly LoadPart[]): readonly JoinedTable[] {
  const tables = new Map<number, JoinedTable>();
  for (const { share, landed } of parts) {
    for (const [index, shared] of share.entries()) {
      const known = tables.get(shared.order);
      const own = landed?.tables[index];
      tables.set(shared.order, {
        ...shared,
        files: [...(known?.files ?? []), ...shared.files],
        shares: [...(known?.shares ?? []), ...(own === undefined ? [] : [own])],
        uris: known?.uris ?? urisOf(parts, shared.order),
      });
    }
  }
  return [...tables.values()].toSorted((a, b) => a.order - b.order);
}

async function stageJoined(session: Session, spec: SpecOf<"load">, table: JoinedTable): Promise<StagedTable> {
  const { source, target, files, format, shares, uris } = table;
  if (spec.work.load.onlyNew === true) await refuseLoadedMeanwhile(session, table);
  const scope = { loadId: loadId(spec), target, uris };
  const place = await landingPlace(session, spec, { scope, source, into: landingTable(target) });
  holdSharedColumns(place, format, table);
  const isDocuments = format.kind === "json" || format.kind === "jsonl";
  const columns = joinColumns(shares);
  const tables = shares.map((share) => ({
    table: { schema: target.schema, table: share.table },
    lacks: isDocuments ? [] : missingFrom(share, columns),
  }));
  await joinLandings(session, place.into, isDocuments ? "documents" : columns.map(({ name }) => name), tables);
  const landed: Landed = {
    rows: sum(shares, "rows"),
    rejected: sum(shares, "rejected"),
    columns: isDocuments ? sortKeys(columns) : columns,
  };
  const staged = await stageLanded(place, spec, format, landed);
  await dropLanding(session, place.into, ...tables.map(({ table: share }) => share));
  await recordFiles(session, target, files, loadId(spec));
  return { ...staged, bytes: sum(shares, "bytes") };
}

/** What the files of one part have in common those of all parts must have. */
function holdSharedColumns({ isMerge }: LandingPlace, format: FileFormat, { shares, uris }: JoinedTable): void {
  if (format.kind === "json" || format.kind === "jsonl") return;
  const shared = new SharedColumns(format, isMerge);
  for (const { columns } of shares) {
    if (columns.length > 0)
      shared.add({ uri: `a part of ${uris[0] ?? "the files"} and others`, names: columns.map(({ name }) => name) });
  }
}

/** Two loads that look for new files at the same time find the same ones; the first to publish has them. */
async function refuseLoadedMeanwhile(session: Session, { target, files }: JoinedTable): Promise<void> {
  const left = new Set(await withoutLoaded(session, target, files));
  const taken = files.filter((file) => !left.has(file));
  if (taken.length === 0) return;
  throw new DataError(
    "FilesTaken",
    `loading into ${showTable(target)}: another load has meanwhile loaded ${taken.length} of the ${files.length} files that were new when this one began, ${taken[0]?.uri} among them. Nothing has been published. Run the pipeline again: then what is still new is loaded`,
  );
}

/** The columns of all shares as they come, each with the classes of its values in all of them, or the type that holds them all. */
function joinColumns(shares: readonly LandedShare[]): readonly LandedColumn[] {
  const columns = new Map<string, LandedColumn>();
  for (const { name, key, type, classes } of shares.flatMap((share) => share.columns)) {
    const known = columns.get(name);
    columns.set(name, {
      name,
      ...(key === undefined ? {} : { key }),
      ...(type === undefined ? {} : { type: widerType(known?.type ?? type, type) }),
      ...(classes === undefined ? {} : { classes: (known?.classes ?? 0) | classes }),
    });
  }
  return [...columns.values()];
}

function missingFrom(share: LandedShare, columns: readonly LandedColumn[]): readonly string[] {
  const own = new Set(share.columns.map(({ name }) => name));
  return columns.map(({ name }) => name).filter((name) => !own.has(name));
}

function sum(shares: readonly LandedShare[], of: "rows" | "rejected" | "bytes"): number {
  return shares.reduce((total, share) => total + share[of], 0);
}
