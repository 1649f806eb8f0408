import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskConnection } from "#api/task.ts";
import { Transform } from "#api/transform.ts";
import type { SpecOf } from "../../../task-image/commands/command.ts";
import { RelationCache } from "../../../task-image/dbt/adapter/relation-cache.ts";
import { bridgeSession, configureForDbt } from "../../../task-image/dbt/bridge/postgres-session.ts";
import { givenVars } from "../../../task-image/dbt/project/given-vars.ts";
import { readSelected } from "../../../task-image/dbt/run/read-selected.ts";
import { runGraph } from "../../../task-image/dbt/run/run-graph.ts";
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

async function run({ project, target, command, options }: Invocation): Promise<Outcome> {
  if (options.state !== undefined) return nothing("kelt reads no state yet");
  const request = await requestOf(project, target, command, options);
  const { select = [], exclude = [], selector } = options;
  const read = readSelected({ request, command, select, exclude, selector });
  if ("problems" in read) return nothing(read.problems.join("\n"));
  const { input, seeds } = read;
  const statements: SentStatement[] = [];
  let node = "before the first node";
  await using session = await openSession(task(target), "warehouse", aContext(), { configure: configureForDbt });
  const recorded = recording(bridgeSession(session), (sql) => {
    if (!OWN_TRANSACTION.has(sql)) statements.push({ node, sql });
  });
  await using thread = startRunThread({
    input,
    session: recorded,
    cache: new RelationCache(),
    onSaid: () => undefined,
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
  return {
    statements,
    results: results.map(({ id, status, failures, response, message, compiledCode }) => ({
      ...{ node: id, status, failures, rowsAffected: response?.rowsAffected ?? null, message },
      ...(compiledCode === null ? {} : { compiled: compiledCode }),
    })),
  };
}

const nothing = (problem: string): Outcome => ({ statements: [], results: [], problem });

async function requestOf(project: string, target: Target, command: DbtCommand, options: Invocation["options"]) {
  return {
    tree: (await readProject({ persistentVolumeClaim: { claimName: "project" } }, project)).files,
    dbtMacros: await builtinMacros(),
    database: target.database,
    schema: target.schema,
    targetName: target.name,
    threads: target.threads,
    vars: givenVars(options.vars ?? {}),
    environment: new Map(
      Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    ),
    flags: {
      FULL_REFRESH: options.fullRefresh ?? false,
      STORE_FAILURES: options.storeFailures ?? false,
      WHICH: command,
      EMPTY: false,
    },
    isEmpty: false,
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
