import { DataError } from "../errors.ts";
import { widerType } from "../parquet/column-type.ts";
import { databaseFailure } from "../postgres/failure.ts";
import { showTable } from "../postgres/identifier.ts";
import { dropLanding, joinLandings, landingTable } from "../postgres/landing.ts";
import {
  findParts,
  forgetParts,
  type LandedShare,
  type LoadPart,
  refuseDropped,
  type SharedTable,
} from "../postgres/load-parts.ts";
import { loadId } from "../postgres/load-record.ts";
import { commit } from "../postgres/load-transaction.ts";
import { recordFiles, withoutLoaded } from "../postgres/loaded-files.ts";
import { moveRejects } from "../postgres/rejects.ts";
import type { Session } from "../postgres/session.ts";
import type { StagedTable } from "../postgres/staged-table.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";
import { sortKeys } from "./land-json.ts";
import { urisOf } from "./land-part.ts";
import type { Landed, LandedColumn } from "./landed-files.ts";
import { beginLoad, logCommitted, publishAll } from "./load-destination.ts";
import { placeOf } from "./load-files.ts";
import { repeated, summary } from "./load-outcome.ts";
import { landingPlace, stageLanded } from "./stage-files.ts";

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
  const { schema } = spec.work.load.to;
  const id = loadId(spec);
  const planned = joinTables(await findParts(session, schema, id));
  const rival = await beginLoad(
    session,
    spec,
    planned.map(({ target }) => target),
    context,
  );
  if (rival !== undefined) return repeated(rival);
  const parts = await findParts(session, schema, id);
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
  const record = await publishAll(session, spec, staged);
  await forgetParts(session, schema, id);
  await commit(session);
  logCommitted(spec, record, context);
  return summary(record);
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

/** Two loads that look for new files at the same time find the same ones; the first to publish has them. */
async function refuseLoadedMeanwhile(session: Session, { target, files }: JoinedTable): Promise<void> {
  const left = new Set(await withoutLoaded(session, target, files));
  const taken = files.filter((file) => !left.has(file));
  if (taken.length === 0) return;
  throw new DataError(
    "LoadedMeanwhile",
    `loading into ${showTable(target)}: another load has meanwhile loaded ${taken.length} of the ${files.length} files that were new when this one began, ${taken[0]?.uri} among them. Nothing has been published. Run the pipeline again: then what is still new is loaded`,
  );
}

/** The columns of all shares as they come, each with the classes of its values in all of them, or the type that holds them all. */
function joinColumns(shares: readonly LandedShare[]): readonly LandedColumn[] {
  const columns = new Map<string, LandedColumn>();
  for (const { name, type, classes } of shares.flatMap((share) => share.columns)) {
    const known = columns.get(name);
    columns.set(name, {
      name,
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
