import type { WorkOf } from "../../../task-image/commands/command.ts";
import { RelationCache } from "../../../task-image/dbt/adapter/relation-cache.ts";
import type { BridgeSession } from "../../../task-image/dbt/bridge/answering.ts";
import type { Said } from "../../../task-image/dbt/bridge/messages.ts";
import { bridgeSession, configureForDbt } from "../../../task-image/dbt/bridge/postgres-session.ts";
import type { MacroText } from "../../../task-image/dbt/macros/known-files.ts";
import type { Data, DataMap } from "../../../task-image/dbt/project/data.ts";
import { queryCommentOf } from "../../../task-image/dbt/project/query-comment.ts";
import type { NodeResult } from "../../../task-image/dbt/run/node-result.ts";
import { type GraphRun, runGraph } from "../../../task-image/dbt/run/run-graph.ts";
import type { RunInput } from "../../../task-image/dbt/run/run-input.ts";
import { startRunThread } from "../../../task-image/dbt/run/run-thread.ts";
import { openSession } from "../../../task-image/postgres/session.ts";
import { readMacroPackages } from "../../../task-image/projects/macro-packages.ts";
import type { TestDatabase } from "../servers/postgres.ts";
import { aContext, aTask } from "../tasks/task.ts";
import { manifestOf, type NodeSpec, type SourceSpec } from "./dbt-nodes.ts";
import { macroPackages } from "./macro-packages.ts";

export interface ProjectSpec {
  readonly nodes: readonly NodeSpec[];
  readonly sources?: readonly SourceSpec[];
  /** Macros of the project itself, as a file has them. */
  readonly macros?: string;
  /** Texts of seeds by name. */
  readonly seeds?: Readonly<Record<string, string>>;
  readonly vars?: DataMap;
  /** `query-comment`; none without it. */
  readonly queryComment?: Data;
}

export interface RunSpec {
  readonly threads?: number;
  readonly fullRefresh?: boolean;
  readonly flags?: DataMap;
  readonly testsStop?: boolean;
  readonly failFast?: boolean;
  /** Names of nodes; all of them without it. */
  readonly select?: readonly string[];
}

export interface DbtRun {
  readonly results: ReadonlyMap<string, NodeResult>;
  /** What was sent, in order, by the node it was sent for; white space is one space. */
  readonly statements: readonly string[];
  readonly said: readonly Said[];
}

let builtin: Promise<readonly MacroText[]> | undefined;

/** The macros of dbt and its adapter for Postgres, as the task image has them. */
export function builtinMacros(): Promise<readonly MacroText[]> {
  builtin ??= readBuiltins();
  return builtin;
}

async function readBuiltins(): Promise<readonly MacroText[]> {
  return readMacroPackages((await macroPackages()).macros, ["postgres"]);
}

/** Runs a project's nodes on a database, in threads as the task does. */
export async function runProject(database: TestDatabase, project: ProjectSpec, run: RunSpec = {}): Promise<DbtRun> {
  const manifest = manifestOf(database.name, project.nodes, project.sources);
  const names = run.select;
  const selected = [...manifest.nodes.values()].filter(({ name }) => names === undefined || names.includes(name));
  const own = [{ packageName: "shop", path: "macros/own.sql", text: project.macros ?? "" }];
  const input: RunInput = {
    manifest,
    macroFiles: [...(await builtinMacros()), ...own],
    searchOrders: new Map(),
    warehouse: "postgres",
    database: database.name,
    quoting: { database: true, schema: true, identifier: true },
    facts: { project_name: "shop" },
    target: {
      name: "dev",
      schema: "dbt",
      database: database.name,
      dbname: database.name,
      type: "postgres",
      threads: BigInt(run.threads ?? 1),
    },
    queryComment: queryCommentOf(project.queryComment ?? ""),
    flags: {
      FULL_REFRESH: run.fullRefresh ?? false,
      STORE_FAILURES: false,
      WHICH: "build",
      EMPTY: false,
      ...run.flags,
    },
    environment: new Map(),
    variables: new Map([["shop", project.vars ?? {}]]),
    isEmpty: false,
    batchesOwnStrategy: false,
    invocationId: "00000000-0000-4000-8000-000000000000",
    startedAt: 1_700_000_000_000_000n,
    selected: selected.map(({ unique_id }) => unique_id),
    does: "run",
    runsHooks: true,
  };
  return await withThreads(database, input, run, project);
}

async function withThreads(
  database: TestDatabase,
  input: RunInput,
  run: RunSpec,
  project: ProjectSpec,
): Promise<DbtRun> {
  const statements: string[] = [];
  const said: Said[] = [];
  await using stack = new AsyncDisposableStack();
  const cache = new RelationCache();
  const threads: GraphRun["threads"][number][] = [];
  for (let index = 0; index < (run.threads ?? 1); index += 1) {
    const session = stack.use(await openDbtSession(database));
    const thread = startRunThread({
      input,
      session: recording(bridgeSession(session), (sql) => statements.push(sql.replace(/\s+/g, " ").trim())),
      cache,
      onSaid: (each) => said.push(each),
    });
    threads.push(stack.use(thread));
  }
  const results = await runGraph({
    input,
    threads,
    testsStop: run.testsStop ?? true,
    failFast: run.failFast ?? false,
    readSeed: ({ name }) => Promise.resolve(project.seeds?.[name]),
    onStart: () => undefined,
    onEnd: () => undefined,
  });
  return {
    results: new Map(results.map((each) => [each.id.split(".").slice(2).join("."), each] as const)),
    statements,
    said,
  };
}

/** A session as the task opens it for a thread. */
export function openDbtSession(database: TestDatabase, signal = new AbortController().signal) {
  const work: WorkOf<"test"> = { verb: "test", test: { connection: "warehouse", checks: [] } };
  const task = aTask({ work, connections: { warehouse: database.connection() } });
  return openSession(task, "warehouse", aContext({ signal }), { configure: configureForDbt });
}

/** A session that shows every text that it runs. */
export function recording(session: BridgeSession, note: (sql: string) => void): BridgeSession {
  return {
    run: (sql) => {
      note(sql);
      return session.run(sql);
    },
    copy: (sql, input) => {
      note(sql);
      return session.copy(sql, input);
    },
  };
}
