import type { CommandContext, Outcome, Part, SpecOf } from "../../commands/command.ts";
import { ConfigurationError, TaskFailure } from "../../errors.ts";
import { repeated } from "../../loading/load-outcome.ts";
import { loadId } from "../../loading/load-record.ts";
import { PARTS_TABLE } from "../../loading/state-tables.ts";
import { commit } from "../commit.ts";
import { databaseFailure } from "../failure.ts";
import { keepAlive } from "../keep-alive.ts";
import { findDone, openDestination } from "../publishing/load-destination.ts";
import { lockLoad } from "../publishing/target-lock.ts";
import type { Session } from "../session.ts";
import type { FilesLoadSource } from "../staging/load-files.ts";
import { dealOut } from "./dealt-files.ts";
import { landPart, type OwnShare } from "./land-part.ts";
import { dropParts, findParts, type LoadPart, planParts, refuseDropped } from "./load-parts.ts";
import { publishParts } from "./publish-parts.ts";

/** Longest wait for a pod that still works on what is going to be dropped. */
const DROP_TIMEOUT_MS = 10_000;

/**
 * Loads one part of a load that several pods do together (`operator/decisions/0008-*.md`). The first pod deals the files out; each
 * lands its own and commits that; whoever then sees that all have landed publishes the load. It resolves when its part has landed
 * and, if no other is missing, the load is committed. What is done already is not done again.
 */
export async function loadPart(spec: SpecOf<"load">, part: Part, context: CommandContext): Promise<Outcome> {
  await using destination = await openDestination(spec, context);
  const before = await findDone(destination, spec);
  if (before !== undefined) return ofWholeLoad(repeated(before));
  try {
    const parts = await planLoad(destination, spec, part, context);
    const own = await keepAlive(destination, () => landPart(destination, spec, { parts, index: part.index }, context));
    return await finish(destination, spec, own, { part, context });
  } catch (error) {
    const isFinal = error instanceof TaskFailure && error.kind !== "transient";
    if (isFinal && !context.signal.aborted) {
      // The locks of the transaction that has failed would be in the way.
      await destination.query("ROLLBACK").catch(() => undefined);
      await dropLanded(spec, context).catch((reason: unknown) => {
        const said = reason instanceof Error ? reason.message : String(reason);
        context.log.warn("what has landed is left to the next load of its target", { error: said });
      });
    }
    throw error;
  }
}

/** What has landed is of no use to anybody when the load cannot succeed any more. */
async function dropLanded(spec: SpecOf<"load">, context: CommandContext): Promise<void> {
  await using session = await openDestination(spec, context);
  await session.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  await session.query(`SET LOCAL lock_timeout = '${DROP_TIMEOUT_MS}ms'`);
  await dropParts(session, spec.work.load.to.schema, loadId(spec));
  await session.query("COMMIT");
}

/** Publishes when nobody else has anything to land any more. */
async function finish(
  destination: Session,
  spec: SpecOf<"load">,
  own: OwnShare,
  { part, context }: { readonly part: Part; readonly context: CommandContext },
): Promise<Outcome> {
  // Every part commits before it asks: the last one to commit sees that all have landed. A load that is committed has no parts.
  const parts = await findParts(destination, spec.work.load.to.schema, loadId(spec));
  if (parts.length > 0) refuseDropped(parts, part.of);
  const missing = parts.filter(({ state }) => state !== "landed").length;
  if (missing > 0) {
    const message = `part ${part.index} has landed ${own.rows.toLocaleString("en-US")} rows; ${missing} of ${part.of} parts are still missing`;
    return { ...own, message };
  }
  return { ...ofWholeLoad(await publishParts(destination, spec, part.of, context)), ...own };
}

/** The whole load's outcome, as a part tells of it. */
function ofWholeLoad({ message, rows = 0, bytes = 0 }: Outcome): Outcome {
  return { message, published: { rows, bytes } };
}

/** What each part has to do. The first pod that comes here looks for the files, and its word stands for all. */
async function planLoad(
  session: Session,
  spec: SpecOf<"load">,
  { of }: Part,
  context: CommandContext,
): Promise<readonly LoadPart[]> {
  const { schema } = spec.work.load.to;
  const id = loadId(spec);
  const known = await findParts(session, schema, id);
  if (known.length > 0) return known;
  try {
    await session.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    await lockLoad(session, id);
    if ((await findParts(session, schema, id)).length === 0) {
      const tables = await keepAlive(session, async () => (await filesSource(spec, context)).list(session));
      await planParts(session, schema, id, dealOut(tables, of));
      context.log.info("files dealt out", { parts: of, files: tables.flatMap(({ files }) => files).length });
    }
    await commit(session);
    return await findParts(session, schema, id);
  } catch (error) {
    throw databaseFailure(error, `dealing out the files of the load in ${schema}.${PARTS_TABLE}`);
  }
}

async function filesSource(spec: SpecOf<"load">, context: CommandContext): Promise<FilesLoadSource> {
  const { files, node } = spec.work.load.from;
  if (files !== undefined) return (await import("../staging/load-files.ts")).filesToLoad(spec, files, context);
  if (node !== undefined) return await (await import("../staging/load-extract.ts")).extractToLoad(spec, node, context);
  throw new ConfigurationError(
    "NothingToDeal",
    "load.fanOut deals out files: expected load.from.files or load.from.node, found neither. Set one of them, or leave fanOut out",
  );
}
