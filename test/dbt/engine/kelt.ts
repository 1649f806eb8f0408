import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TaskConnection } from "#api/task.ts";
import { Transform } from "#api/transform.ts";
import type { SpecOf } from "../../../task-image/commands/command.ts";
import { RelationCache } from "../../../task-image/dbt/adapter/relation-cache.ts";
import type { EarlierArtifacts } from "../../../task-image/dbt/artifacts/previous-run.ts";
import type { Said } from "../../../task-image/dbt/bridge/messages.ts";
import { bridgeSession, configureForDbt } from "../../../task-image/dbt/bridge/postgres-session.ts";
import type { Manifest } from "../../../task-image/dbt/manifest/node.ts";
import { givenVars } from "../../../task-image/dbt/project/given-vars.ts";
import type { Catalog } from "../../../task-image/dbt/run/catalog.ts";
import type { NodeResult } from "../../../task-image/dbt/run/node-result.ts";
import { readSelected } from "../../../task-image/dbt/run/read-selected.ts";
import { runGraph } from "../../../task-image/dbt/run/run-graph.ts";
import type { RunInput } from "../../../task-image/dbt/run/run-input.ts";
import { startRunThread } from "../../../task-image/dbt/run/run-thread.ts";
import type { DbtCommand } from "../../../task-image/dbt/run/verbs.ts";
import { openSession } from "../../../task-image/postgres/session.ts";
import { readProject } from "../../../task-image/projects/read-project.ts";
import { builtinMacros, recording } from "../../support/dbt/dbt-run.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";
import type { Engine, Invocation, Outcome, SentStatement, Target } from "../harness/engine.ts";

/** dbt's driver begins a transaction by itself, and dbt reports no ROLLBACK: neither is among its statements. */
const OWN_TRANSACTION: ReadonlySet<string> = new Set(["BEGIN", "ROLLBACK"]);

/** kelt's engine. One thread, so that a statement belongs to the node that began last. */
export const KELT: Engine = { name: "kelt", run };

/** What a command has done, as kelt's own parts say it. */
export interface KeltRun {
  readonly statements: readonly SentStatement[];
  readonly results: readonly NodeResult[];
  readonly input: RunInput;
  readonly macros: Manifest["macros"];
  /** What templates have logged. */
  readonly said: readonly Said[];
  /** Where it was asked for. */
  readonly catalog: Catalog | undefined;
}

async function run(invocation: Invocation): Promise<Outcome> {
  const done = await runKelt(invocation);
  if ("problem" in done) return { statements: [], results: [], problem: done.problem };
  return {
    statements: done.statements,
    results: done.results.map(({ id, status, failures, response, message, compiledCode }) => ({
      ...{ node: id, status, failures, rowsAffected: response?.rowsAffected ?? null, message },
      ...(compiledCode === null ? {} : { compiled: compiledCode }),
    })),
  };
}

/** Runs a command of dbt, or says why it cannot be run. The manifest has its macros, and a catalog is made, where they are `wanted`. */
export async function runKelt(
  { project, target, command, options }: Invocation,
  wanted: { readonly macros: boolean; readonly catalog: boolean } = { macros: false, catalog: false },
): Promise<KeltRun | { readonly problem: string }> {
  const request = await requestOf(project, target, command, options);
  const { select = [], exclude = [], selector, state } = options;
  const earlier = state === undefined ? {} : { earlier: await earlierAt(join(project, state)) };
  const read = readSelected({ request, command, select, exclude, selector, withMacros: wanted.macros, ...earlier });
  if ("problems" in read) return { problem: read.problems.join("\n") };
  const { input, seeds, sources, macros } = read;
  const statements: SentStatement[] = [];
  const said: Said[] = [];
  let node = "before the first node";
  await using session = await openSession(task(target), "warehouse", aContext(), { configure: configureForDbt });
  const recorded = recording(bridgeSession(session), (sql) => {
    if (!OWN_TRANSACTION.has(sql)) statements.push({ node, sql });
  });
  await using thread = startRunThread({
    input,
    session: recorded,
    cache: new RelationCache(),
    onSaid: (each) => said.push(each),
  });
  const results = await runGraph({
    ...{ input, threads: [thread], testsStop: command === "build", failFast: options.failFast ?? false },
    readSeed: ({ unique_id: id }) => Promise.resolve(seeds.get(id)),
    onStart: (id) => {
      node = id;
    },
    onEnd: () => {
      node = "between nodes";
    },
  });
  const catalog = wanted.catalog ? await thread.catalog([...input.selected, ...sources]) : undefined;
  return { statements, results, input, macros, said, catalog };
}

async function earlierAt(folder: string): Promise<EarlierArtifacts> {
  const read = (name: string) => readFile(join(folder, name), "utf8").catch(() => undefined);
  return { manifest: await read("manifest.json"), results: await read("run_results.json") };
}

async function requestOf(project: string, target: Target, command: DbtCommand, options: Invocation["options"]) {
  return {
    tree: (await readProject({ persistentVolumeClaim: { claimName: "project" } }, project)).files,
    dbtMacros: await builtinMacros(),
    database: target.database,
    schema: target.schema,
    warehouse: "postgres" as const,
    targetName: target.name,
    login: { host: target.host, port: BigInt(target.port), user: target.user },
    threads: target.threads,
    vars: givenVars(options.vars ?? {}),
    environment: new Map(
      Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    ),
    flags: {
      FULL_REFRESH: options.fullRefresh ?? false,
      STORE_FAILURES: options.storeFailures ?? false,
      WHICH: command,
      EMPTY: options.empty ?? false,
    },
    isEmpty: options.empty ?? false,
    invocationId: "00000000-0000-4000-8000-000000000000",
    startedAt: BigInt(Date.now()) * 1000n,
  };
}

function task({ host, port, user, password, database }: Target): SpecOf<"transform"> {
  const secretDirectory = temporaryDirectory("dbt-secret");
  const secret = { host, port: String(port), user, password, dbname: database };
  for (const [key, value] of Object.entries(secret)) writeFileSync(join(secretDirectory, key), value);
  const warehouse: TaskConnection = { kind: "postgres", secretName: "warehouse", secretDirectory };
  const transform = Transform.parse({ connection: "warehouse", schema: "dbt", project: { configMap: "project" } });
  return aTask({ work: { verb: "transform", transform }, connections: { warehouse } });
}
