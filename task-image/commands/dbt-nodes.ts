import type { ReportItem } from "#api/report.ts";
import { RelationCache } from "../dbt/adapter/relation-cache.ts";
import type { Said } from "../dbt/bridge/messages.ts";
import { Turns } from "../dbt/bridge/turns.ts";
import type { Catalog } from "../dbt/run/catalog.ts";
import { hasFailed, type NodeResult } from "../dbt/run/node-result.ts";
import { runGraph } from "../dbt/run/run-graph.ts";
import type { RunInput } from "../dbt/run/run-input.ts";
import { PreparationError, type RunThread, startRunThread } from "../dbt/run/run-thread.ts";
import type { Share } from "../dbt/run/share.ts";
import { ConfigurationError, TransientError } from "../errors.ts";
import type { ItemProgress } from "../report/item-progress.ts";
import type { StartedThread } from "../threads/thread.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import { sampleOf } from "./dbt-sample.ts";
import type { DbtSessions } from "./dbt-sessions.ts";

const ITEM_KIND = { seed: "seed", snapshot: "snapshot", test: "test", unit_test: "test", source: "check" } as const;

/** A unique id begins with the type. */
function kindOf(id: string): ReportItem["kind"] {
  const [type = ""] = id.split(".");
  return type in ITEM_KIND ? ITEM_KIND[type as keyof typeof ITEM_KIND] : "model";
}

/** The item of each node that is selected, by its unique id; it has dbt's own name without the project's. An exposure does no work. */
export function nameItems(
  { manifest, selected }: Pick<RunInput, "manifest" | "selected">,
  { progress }: CommandContext,
): ReadonlyMap<string, ItemProgress> {
  const nameOf = (id: string) => id.split(".").slice(2).join(".");
  const working = selected.filter((id) => !manifest.exposures.has(id));
  const byKind = Map.groupBy(working, kindOf);
  return new Map(
    [...byKind].flatMap(([kind, ids]) => {
      const names = [...new Set(ids.map(nameOf))];
      const items = progress.items(kind, names);
      const places = new Map(names.map((name, index) => [name, index] as const));
      return ids.flatMap((id) => {
        const item = items[places.get(nameOf(id)) ?? -1];
        return item === undefined ? [] : [[id, item] as const];
      });
    }),
  );
}
/** What runs nodes, and who hears of them. */
export interface Work {
  readonly input: RunInput;
  readonly seeds: ReadonlyMap<string, string>;
  readonly sessions: DbtSessions;
  /** The thread that is to run the first node. */
  readonly runner: StartedThread;
  /** What earlier attempts have ended well. */
  readonly ended: ReadonlyMap<string, NodeResult>;
  /** What of the project is run here, where several Jobs do it together. */
  readonly share?: Share;
  /** Nodes that run at once, each in a thread of its own. */
  readonly threads: number;
  /** Nodes and sources whose catalog is wanted, behind the last node, unless one has failed. */
  readonly catalog?: { readonly ids: readonly string[]; readonly keep: (catalog: Catalog) => void } | undefined;
  readonly onStart: (id: string) => void;
  readonly onEnd: (result: NodeResult) => void;
}

/** Runs nodes in the order of the graph. Rejects where schemas cannot be made, a session is lost, or the task is told to stop. */
export async function runNodes(
  spec: SpecOf<"transform">,
  context: CommandContext,
  work: Work,
): Promise<readonly NodeResult[]> {
  const { connection, command, failFast = false } = spec.work.transform;
  const { input, seeds, sessions, runner, ended, share, threads, catalog, onStart, onEnd } = work;
  const count = share?.ids.size ?? input.selected.length;
  await using stack = new AsyncDisposableStack();
  const [cache, turns] = [new RelationCache(), new Turns()];
  const onSaid = (said: Said) => say(said, context);
  const opened = await sessions.forThreads(Math.max(1, Math.min(threads, count)));
  const started: readonly RunThread[] = opened.map((session, index) => {
    const given = index === 0 ? { runner } : {};
    return stack.use(startRunThread({ ...given, input, session, cache, turns, onSaid }));
  });
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new TransientError("Stopped", "the task was told to stop"));
  context.signal.addEventListener("abort", stop, { once: true });
  try {
    const readSeed = ({ unique_id: id }: { readonly unique_id: string }) => Promise.resolve(seeds.get(id));
    const running = { input, threads: started, testsStop: command === "build", failFast };
    const run = { ...running, readSeed, ended, share, onStart, onEnd };
    const results = await Promise.race([runGraph(run), stopped]);
    const [first] = started;
    if (catalog !== undefined && first !== undefined && !results.some(hasFailed))
      catalog.keep(await Promise.race([first.catalog(catalog.ids), stopped]));
    return results;
  } catch (error) {
    if (error instanceof PreparationError)
      throw new ConfigurationError("SchemaRefused", error.message, { cause: error });
    throw (await sessions.warehouse).failure(error, `${command} of the project on connection ${connection}`);
  } finally {
    context.signal.removeEventListener("abort", stop);
  }
}

function say({ node, message, isInfo }: Said, { log }: CommandContext): void {
  log[isInfo ? "info" : "debug"]("a template says", { item: node, text: message });
}

const ITEM_STATE = {
  success: "Succeeded",
  pass: "Succeeded",
  warn: "Warned",
  fail: "Failed",
  error: "Failed",
  "runtime error": "Failed",
  "partial success": "Failed",
  skipped: "Skipped",
  "no-op": "Succeeded",
} as const;

/** Tells the log and the item of a node how it has ended. */
export function noteEnd(
  result: NodeResult,
  item: ItemProgress | undefined,
  { manifest, log }: Pick<RunInput, "manifest"> & Pick<CommandContext, "log">,
): void {
  const sample = sampleOf(result, manifest.nodes.get(result.id));
  const { id, status, message, rows, failures, seconds } = result;
  const level = ITEM_STATE[status] === "Failed" ? "error" : "info";
  log[level]("node ended", {
    item: id,
    status,
    seconds: Math.round(seconds * 1000) / 1000,
    rows,
    failures,
    text: message,
    ...(sample === undefined ? {} : { sample }),
    ...(result.isReused === true ? { by: "an earlier attempt" } : {}),
  });
  item?.ended(ITEM_STATE[status], {
    ...(rows === null ? {} : { rows }),
    ...(failures === null ? {} : { failures }),
    ...(status === "success" || status === "pass"
      ? {}
      : { message: sample === undefined ? message : `${message}, see: ${sample}` }),
  });
}
