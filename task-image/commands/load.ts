import type { ConnectionKind } from "#api/task.ts";
import { ConfigurationError, TaskFailure } from "../errors.ts";
import { warehouseOf } from "../warehouses.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";

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
  const { cleanUpExtract } = await import("../sources/files/extract-cleanup.ts");
  return { ...outcome, message: `${outcome.message}; ${await cleanUpExtract(spec, context)}` };
}

/** The load of the kind of warehouse that it goes to; for a part of a fan-out, its part of it. */
async function loadOnce(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  const kind = spec.connections[spec.work.load.to.connection]?.kind;
  const warehouse = await warehouseOf(kind);
  const { part } = context;
  if (part === undefined) return await warehouse.load(spec, context);
  if (warehouse.loadPart === undefined) throw noParts(spec.work.load.to.connection, kind);
  return await warehouse.loadPart(spec, part, context);
}

/** The operator refuses this of connections that a Pipeline writes out; what a Connection resource is shows here. */
function noParts(connection: string, kind: ConnectionKind | undefined): ConfigurationError {
  return new ConfigurationError(
    "UnsupportedFanOut",
    `load.fanOut: expected load.to.connection of kind postgres, but ${connection} is of kind ${kind}, which reads the objects itself, several at a time. Leave fanOut out`,
  );
}
