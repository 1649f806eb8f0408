import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { RESULT_FILE_ENV, TASK_SPEC_ENV } from "#api/task.ts";
import { Operator } from "../../../operator/operator.ts";
import { readSettings } from "../../../operator/settings.ts";
import { createMetrics } from "../../../operator/telemetry/metrics.ts";
import { type ConfigMapFiles, mountConfigMap } from "../../support/dbt/dbt-command.ts";
import { macroPackages } from "../../support/dbt/macro-packages.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import type { StoredObject } from "../../support/fake-cluster/fake-api-objects.ts";
import { FakeKubelet, type Fate } from "../../support/fake-cluster/fake-kubelet.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { seededRandom } from "../../support/machine/fake-random.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { LOOPBACK } from "../../support/tasks/loopback.ts";
import { bundledTask } from "../../support/tasks/task-bundle.ts";

let server: PostgresServer;
let warehouse: TestDatabase;
let macros: string;
beforeAll(async () => {
  server = await startPostgres();
  ({ macros } = await macroPackages());
});
afterAll(() => server.stop());
beforeEach(async () => {
  warehouse = await server.createDatabase();
});

const PROGRAM = await bundledTask();
const TABLE = "{{ config(materialized='table') }}";
const SHOP: ConfigMapFiles = {
  "dbt_project.yml": `name: shop
on-run-end: ["create table public.ended as select '{{ results | length }}' as n"]
`,
  "seeds.genres.csv": "id,name\n1,drama\n",
  "models.films.sql": `${TABLE} select 1 as id, 1 as genre`,
  "models.rated.sql": `${TABLE} select f.id, g.name from {{ ref('films') }} f join {{ ref('genres') }} g on g.id = f.genre`,
  "models.best.sql": `${TABLE} select * from {{ ref('rated') }}`,
  "models.schema.yml": "models: [{name: films, columns: [{name: id, data_tests: [unique, not_null]}]}]",
};

interface Ran {
  readonly job: string;
  readonly unit: string;
}

/** The operator with a server in memory, and a kubelet that runs each Job's task as a process against a real warehouse. */
async function run(files: ConfigMapFiles, fields: object = {}) {
  const project = mountConfigMap(files);
  const ran: Ran[] = [];
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  new FakeKubelet(api, clock, seededRandom(1), (job) => {
    ran.push({ job: job.metadata.name, unit: job.metadata.labels?.["kelt.dev/unit"] ?? "" });
    return runTask(job, project);
  });
  const transform = {
    ...{ connection: "warehouse", schema: "dbt", project: { configMap: "shop" }, command: "build", packing: "model" },
    ...fields,
  };
  const connections = { warehouse: { postgres: { secretRef: "warehouse" } } };
  const spec = { connections, nodes: { marts: { transform } }, retries: { limit: 0 } };
  api.storage.create("Pipeline", "demo", { metadata: { name: "p" }, spec });
  const operator = new Operator({
    sealKey: Buffer.alloc(32, "key"),
    kube: api.client({ name: "operator" }),
    ...{ clock, random: seededRandom(1), log: pino({ level: "silent" }), metrics: createMetrics() },
    settings: readSettings({ KELT_TASK_IMAGE: "task" }),
  });
  void operator.start();
  await clock.advance(1_000);
  operator.lead();
  api.storage.create("PipelineRun", "demo", { metadata: { name: "run" }, spec: { pipeline: "p" } });
  const key = { namespace: "demo", name: "run" };
  const status = () => api.storage.get("PipelineRun", key).status as PipelineRunStatus | undefined;
  const isOver = () =>
    status()?.conditions?.[0]?.status !== undefined && status()?.conditions?.[0]?.status !== "Unknown";
  for (let seconds = 0; seconds < 600 && !isOver(); seconds += 1) await clock.advance(1_000);
  const items = api.storage.list("NodeReport").flatMap((report) => {
    const { items: found = [] } = report.status as { items?: { name: string; state: string }[] };
    return found.map(({ name, state }) => `${name.split(".")[0]} ${state}`);
  });
  return { ran, items: items.sort(), marts: status()?.nodes?.marts };
}

/** Runs the task of a Job as its container would, and answers how it ended. */
function runTask(job: StoredObject, project: string): Fate {
  const { template } = job.spec as { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } };
  const said = template.spec.containers[0]?.env.find(({ name }) => name === TASK_SPEC_ENV)?.value ?? "";
  const task = { ...JSON.parse(said.replaceAll("$$", "$")), network: LOOPBACK };
  const result = join(temporaryDirectory("result"), "termination-log");
  const env = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: PROGRAM.compiled,
    [TASK_SPEC_ENV]: JSON.stringify({ ...task, connections: { warehouse: warehouse.connection() } }),
    [RESULT_FILE_ENV]: result,
    KELT_PROJECT_DIRECTORY: project,
    KELT_MACRO_DIRECTORY: macros,
    KELT_WORK_DIRECTORY: temporaryDirectory("work"),
  };
  const { status } = spawnSync(process.execPath, [PROGRAM.main], { env });
  return { end: "exits", exitCode: status ?? 1, message: readFileSync(result, "utf8") };
}

test("each model is a Job of its own with its tests, in the order of the graph, between the plan and the end", async () => {
  const { ran, items, marts } = await run(SHOP);
  expect(marts, JSON.stringify(marts)).toMatchObject({
    state: "Succeeded",
    units: "4/4",
    tests: { passed: 2, failed: 0 },
    packed: { states: "SSSSSS" },
  });
  expect(ran.map(({ unit }) => unit).filter((unit) => unit !== "genres")).toEqual([
    "plan",
    "films",
    "rated",
    "best",
    "end",
  ]);
  expect(ran[1]?.job).toMatch(/^run-marts-(films|genres)-[0-9a-f]{10}-a1$/);
  expect(items).toEqual([
    "best Succeeded",
    "films Succeeded",
    "genres Succeeded",
    "not_null_films_id Succeeded",
    "rated Succeeded",
    "unique_films_id Succeeded",
  ]);
  expect(await warehouse.query("SELECT * FROM public.ended")).toHaveLength(1);
});

test("a test that fails stops what is behind its model; the node names the unit and its Job, and the hooks of the end run", async () => {
  const files = { ...SHOP, "models.films.sql": `${TABLE} select null::int as id, 1 as genre` };
  const { ran, items, marts } = await run(files);
  expect(ran.map(({ unit }) => unit).sort()).toEqual(["end", "films", "genres", "plan"]);
  expect(marts).toMatchObject({
    state: "Failed",
    reason: "DataError",
    units: "1/4",
    job: expect.stringContaining("-films-"),
  });
  expect(marts?.message).toMatch(/^1\/4 units have succeeded, 1 failed; films \(Job run-marts-films-/);
  expect(items).toContain("best Skipped");
  expect(items).toContain("not_null_films_id Failed");
  expect(await warehouse.query("SELECT * FROM public.ended")).toHaveLength(1);
});

test("levels are built one after the other", async () => {
  const { ran, marts } = await run(SHOP, { packing: "level" });
  expect(marts).toMatchObject({ state: "Succeeded", units: "3/3" });
  expect(ran.map(({ unit }) => unit)).toEqual(["plan", "level-1", "level-2", "level-3", "end"]);
});
