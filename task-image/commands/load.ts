import type { ConnectionKind } from "#api/task.ts";
import { TaskFailure } from "../errors.ts";
import { keepAlive } from "../postgres/keep-alive.ts";
import { commit } from "../postgres/load-transaction.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";
import { beginLoad, findDone, logCommitted, openDestination, publishAll } from "./load-destination.ts";
import { repeated, summary } from "./load-outcome.ts";
import type { LoadSource } from "./load-source.ts";

/** What a load meets whose files have been cleaned up. */
const GONE: ReadonlySet<string> = new Set(["ManifestMissing", "ExtractReplaced", "NoSuchBucket"]);

/** Loads tables, or its part of them; then, where it is asked for, removes the files that they came from. */
export async function load(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  const { cleanup = "none" } = spec.work.load.from;
  if (cleanup === "none") return await loadOnce(spec, context);
  const outcome = await loadOnce(spec, context).catch((error: unknown) => {
    // Another pod of this load may have committed and cleaned up since we have looked for its record: then it is there now.
    if (!(error instanceof TaskFailure && GONE.has(error.code))) throw error;
    return loadOnce(spec, context);
  });
  // Parts that are still to land need the files.
  if (context.part !== undefined && outcome.published === undefined) return outcome;
  const { cleanUpExtract } = await import("./extract-cleanup.ts");
  return { ...outcome, message: `${outcome.message}; ${await cleanUpExtract(spec, context)}` };
}

/** Warehouses that read the objects of a bucket themselves. */
const OBJECT_WAREHOUSES: ReadonlySet<ConnectionKind> = new Set(["redshift", "snowflake"]);

/** The road that fits the kind of the warehouse; for a part of a fan-out, its part of it. */
async function loadOnce(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  const kind = spec.connections[spec.work.load.to.connection]?.kind;
  const { part } = context;
  if (part !== undefined) return await (await import("./load-part.ts")).loadPart(spec, part, context);
  if (kind === undefined || !OBJECT_WAREHOUSES.has(kind)) return await loadIntoPostgres(spec, context);
  return await (await import("./load-objects.ts")).loadObjects(spec, context);
}

/**
 * Loads tables into Postgres, whatever they come from: all in one transaction of the destination together with the record of
 * the load. A load that has been committed before is not repeated; its record is the outcome.
 */
async function loadIntoPostgres(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  await using destination = await openDestination(spec, context);
  const before = await findDone(destination, spec);
  if (before !== undefined) return repeated(before);
  const source = await sourceOf(spec, context);
  const rival = await beginLoad(destination, spec, source.targets, context);
  if (rival !== undefined) return repeated(rival);
  const staged = await keepAlive(destination, () => source.stage(destination));
  const record = await publishAll(destination, spec, staged);
  await commit(destination);
  logCommitted(spec, record, context);
  return summary(record);
}

/** The road that the rows take, by what `from` names. Each one is imported when it is wanted. */
async function sourceOf(spec: SpecOf<"load">, context: CommandContext): Promise<LoadSource> {
  const { query, files, node, http, tables = [] } = spec.work.load.from;
  if (files !== undefined) return (await import("./load-files.ts")).filesToLoad(spec, files, context);
  if (node !== undefined) return await (await import("./load-extract.ts")).extractToLoad(spec, node, context);
  if (http !== undefined) return (await import("./load-http.ts")).httpToLoad(spec, http, context);
  if (query !== undefined) return (await import("./load-query.ts")).queryToLoad(spec, query, context);
  return await (await import("./load-tables.ts")).tablesToLoad(spec, tables, context);
}
