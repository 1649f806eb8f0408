import type { ReportItem } from "#api/report.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { readPostgresSettings } from "../connections/postgres-settings.ts";
import { RelationCache } from "../dbt/adapter/relation-cache.ts";
import type { Said } from "../dbt/bridge/messages.ts";
import { bridgeSession } from "../dbt/bridge/postgres-session.ts";
import type { MacroText } from "../dbt/macros/known-files.ts";
import { givenVars } from "../dbt/project/given-vars.ts";
import type { NodeResult } from "../dbt/run/node-result.ts";
import { readAside, startReader } from "../dbt/run/read-aside.ts";
import { runGraph } from "../dbt/run/run-graph.ts";
import type { RunInput } from "../dbt/run/run-input.ts";
import { PreparationError, type RunThread, showMacros, startRunner, startRunThread } from "../dbt/run/run-thread.ts";
import { SELECTORS_FILE } from "../dbt/selection/selectors-path.ts";
import { ConfigurationError, TransientError } from "../errors.ts";
import { databaseFailure } from "../postgres/failure.ts";
import { readMacroPackages } from "../projects/macro-packages.ts";
import type { ItemProgress } from "../report/item-progress.ts";
import type { StartedThread } from "../threads/thread.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";
import { writeArtifacts } from "./dbt-artifacts.ts";
import { openAttempts } from "./dbt-attempts.ts";
import { conclude, firstOf } from "./dbt-conclusion.ts";
import { readEarlier } from "./dbt-earlier.ts";
import { readDbtFiles } from "./dbt-files.ts";
import { projectHealth } from "./dbt-health.ts";
import { sampleOf } from "./dbt-sample.ts";
import { type DbtSessions, openSessions } from "./dbt-sessions.ts";

const THREADS = 4;
/**
 * Runs a dbt project by dbt's own macros: what the command takes of it, in the order of the graph, on as many sessions as there are
 * threads. Every node that was selected has an item and a result. Rejects with the worst that became of one.
 */
export async function transform(spec: SpecOf<"transform">, context: CommandContext): Promise<Outcome> {
  // Two threads load their programs while connections are opened and files are read; more would have to share the processors.
  await using threads = startThreads();
  const dbtMacros = readMacroPackages(context.macroDirectory, ["postgres"]);
  showMacros(threads.runner, dbtMacros);
  await using sessions = openSessions(spec, context, spec.work.transform.threads ?? THREADS);
  const { input, seeds, macros, tree } = await readRun(spec, context, { reader: threads.reader, dbtMacros });
  const items = nameItems(input, context);
  const results = await runAttempt(spec, context, { input, seeds, items, tree, sessions, runner: threads.runner });
  await writeArtifacts(spec, context, { input, macros, results });
  if (results.length === 0) {
    context.log.warn("nothing of the project is selected", { select: spec.work.transform.select ?? [] });
    return { message: `no node: ${spec.work.transform.command} takes nothing of what is selected` };
  }
  const health = await projectHealth(input, results, { session: sessions.forResults(), log: context.log });
  return conclude(results, input.does, health);
}

interface Attempt {
  readonly input: RunInput;
  readonly seeds: ReadonlyMap<string, string>;
  readonly items: ReadonlyMap<string, ItemProgress>;
  readonly tree: ReadonlyMap<string, string>;
  readonly sessions: DbtSessions;
  readonly runner: StartedThread;
}

/** Runs what earlier attempts have not ended well, and answers the results of all. */
async function runAttempt(
  spec: SpecOf<"transform">,
  context: CommandContext,
  attempt: Attempt,
): Promise<readonly NodeResult[]> {
  const { input, seeds, items, tree, sessions, runner } = attempt;
  await using attempts = await openAttempts(spec, context, { input, tree, sessions });
  return await runNodes(spec, context, {
    input,
    seeds,
    sessions,
    runner,
    ended: attempts.ended,
    onStart: (id) => items.get(id)?.running(),
    onEnd: (result) => {
      attempts.note(result);
      note(result, sampleOf(result, input.manifest.nodes.get(result.id)), items.get(result.id), context);
    },
  });
}

/** Threads that are started before anything is known of the project. */
interface Threads extends AsyncDisposable {
  readonly reader: StartedThread;
  readonly runner: StartedThread;
}

function startThreads(): Threads {
  const [reader, runner] = [startReader(), startRunner()];
  const ends = () => Promise.all([reader[Symbol.asyncDispose](), runner[Symbol.asyncDispose]()]);
  return { reader, runner, [Symbol.asyncDispose]: async () => void (await ends()) };
}

interface ReadWith {
  readonly reader: StartedThread;
  readonly dbtMacros: readonly MacroText[];
}

async function readRun(spec: SpecOf<"transform">, context: CommandContext, { reader, dbtMacros }: ReadWith) {
  const { connection, command, select = [], exclude = [], selector, ...said } = spec.work.transform;
  const options = namedConnection(spec, connection, "postgres");
  const { database } = await readPostgresSettings(connection, options, context.redactor);
  const tree = await readDbtFiles(spec, context);
  context.log.info("reading the project", { files: tree.size });
  const request = {
    tree,
    dbtMacros,
    ...{ database, schema: said.schema, targetName: said.target ?? connection },
    threads: said.threads ?? THREADS,
    vars: givenVars(said.vars ?? {}),
    environment: new Map<string, string>(),
    flags: {
      FULL_REFRESH: said.fullRefresh ?? false,
      STORE_FAILURES: said.storeFailures ?? false,
      WHICH: command,
      EMPTY: false,
    },
    isEmpty: false,
    invocationId: spec.run.uid,
    startedAt: BigInt(context.wallClock()) * 1000n,
  };
  const withMacros = said.artifacts !== undefined;
  const earlier = await readEarlier(spec, request.tree.get(SELECTORS_FILE), context);
  const wanted = { request, command, select, exclude, selector, withMacros, earlier };
  const read = await readAside(reader, wanted, context.signal);
  if ("problems" in read) {
    for (const problem of read.problems) context.log.error("the project cannot run", { problem });
    throw new ConfigurationError("InvalidProject", firstOf(read.problems));
  }
  for (const warning of read.warnings) context.log.warn("the project has a weak spot", { warning });
  context.log.info("project read", { command, selected: read.input.selected.length, schema: said.schema });
  return { ...read, tree: request.tree };
}

const ITEM_KIND = { seed: "seed", snapshot: "snapshot", test: "test", unit_test: "test", source: "check" } as const;

/** A unique id begins with the type. */
function kindOf(id: string): ReportItem["kind"] {
  const [type = ""] = id.split(".");
  return type in ITEM_KIND ? ITEM_KIND[type as keyof typeof ITEM_KIND] : "model";
}

/** The item of each node that was selected, by its unique id; it has dbt's own name without the project's. An exposure does no work. */
function nameItems(input: RunInput, { progress }: CommandContext): ReadonlyMap<string, ItemProgress> {
  const nameOf = (id: string) => id.split(".").slice(2).join(".");
  const working = input.selected.filter((id) => !input.manifest.exposures.has(id));
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

interface Work {
  readonly input: RunInput;
  readonly seeds: ReadonlyMap<string, string>;
  readonly sessions: DbtSessions;
  /** The thread that is to run the first node. */
  readonly runner: StartedThread;
  readonly ended: ReadonlyMap<string, NodeResult>;
  readonly onStart: (id: string) => void;
  readonly onEnd: (result: NodeResult) => void;
}

async function runNodes(
  spec: SpecOf<"transform">,
  context: CommandContext,
  work: Work,
): Promise<readonly NodeResult[]> {
  const { connection, command, threads = THREADS, failFast = false } = spec.work.transform;
  const { input, seeds, sessions, runner, ended, onStart, onEnd } = work;
  await using stack = new AsyncDisposableStack();
  const cache = new RelationCache();
  const onSaid = (said: Said) => say(said, context);
  const opened = await sessions.forThreads(Math.max(1, Math.min(threads, input.selected.length)));
  const started: readonly RunThread[] = opened.map((session, index) => {
    const given = index === 0 ? { runner } : {};
    return stack.use(startRunThread({ ...given, input, session: bridgeSession(session), cache, onSaid }));
  });
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new TransientError("Stopped", "the task was told to stop"));
  context.signal.addEventListener("abort", stop, { once: true });
  try {
    const readSeed = ({ unique_id: id }: { readonly unique_id: string }) => Promise.resolve(seeds.get(id));
    const run = { input, threads: started, testsStop: command === "build", failFast, readSeed, ended, onStart, onEnd };
    return await Promise.race([runGraph(run), stopped]);
  } catch (error) {
    if (error instanceof PreparationError)
      throw new ConfigurationError("SchemaRefused", error.message, { cause: error });
    throw databaseFailure(error, `${command} of the project on connection ${connection}`);
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

function note(
  result: NodeResult,
  sample: string | undefined,
  item: ItemProgress | undefined,
  { log }: CommandContext,
): void {
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
