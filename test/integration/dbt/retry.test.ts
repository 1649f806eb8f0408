import { beforeEach, expect, test } from "vitest";
import { Transform } from "#api/transform.ts";
import { type ConfigMapFiles, mountConfigMap, runTransform } from "../../support/dbt/dbt-command.ts";
import { useDbtWarehouse } from "../../support/dbt/dbt-warehouse.ts";
import { macroPackages } from "../../support/dbt/macro-packages.ts";
import { until } from "../../support/machine/until.ts";
import { aTask } from "../../support/tasks/task.ts";
import { startTask } from "../../support/tasks/task-process.ts";

const dbt = useDbtWarehouse();
beforeEach(() =>
  dbt.warehouse.query("CREATE SCHEMA raw; CREATE TABLE raw.state (works bool); INSERT INTO raw.state VALUES (false)"),
);

const TABLE = "{{ config(materialized='table') }}";
/** first → lost → last, and apart; each table says when it was built. `lost` ends its own session until the state says otherwise. */
const SHOP: ConfigMapFiles = {
  "dbt_project.yml": "name: shop\n",
  "models.first.sql": `${TABLE} select clock_timestamp()::text as built`,
  "models.lost.sql": `${TABLE} select case when works then clock_timestamp()::text
    else pg_terminate_backend(pg_backend_pid())::text end as built from {{ ref('first') }}, raw.state`,
  "models.last.sql": `${TABLE} select clock_timestamp()::text as built from {{ ref('lost') }}`,
  "models.apart.sql": `${TABLE} select clock_timestamp()::text as built`,
  "models.schema.yml": "models: [{name: first, columns: [{name: built, data_tests: [not_null]}]}]",
};

const attempt = (number: number, files = SHOP, more: object = {}) =>
  runTransform(dbt.warehouse, files, { threads: 1 }, { attempt: number, ...more });
const mend = () => dbt.warehouse.query("UPDATE raw.state SET works = true");
const builtAt = async (table: string) => (await dbt.warehouse.query(`SELECT built FROM dbt.${table}`))[0]?.built;

test("an attempt after one that has lost its connection runs what was not done, and what stands behind it", async () => {
  expect(await attempt(1)).toMatchObject({ outcome: { kind: "transient" } });
  const first = await builtAt("first");
  await mend();
  const { outcome, states } = await attempt(2);
  expect(outcome).toMatchObject({ message: "5 nodes: 4 success, 1 pass, 2 of them by an earlier attempt" });
  expect(states).toMatchObject({ first: "Succeeded", apart: "Succeeded", lost: "Succeeded", last: "Succeeded" });
  expect(await builtAt("first")).toBe(first);
  expect(await builtAt("last")).toBeDefined();
});

test("a node whose result was not written runs again, and so does all that stands behind it", async () => {
  await mend();
  await attempt(1);
  const before = [await builtAt("first"), await builtAt("lost"), await builtAt("last"), await builtAt("apart")];
  await dbt.warehouse.query("DELETE FROM dbt._kelt_nodes WHERE unique_id = 'model.shop.lost'");
  await attempt(2);
  const after = [await builtAt("first"), await builtAt("lost"), await builtAt("last"), await builtAt("apart")];
  expect(after.map((built, index) => built === before[index])).toEqual([true, false, false, true]);
});

test("another project, other settings and another run begin anew", async () => {
  await mend();
  await attempt(1);
  const before = await builtAt("apart");
  await attempt(2, { ...SHOP, "models.more.sql": "select 1 as n" });
  const afterChange = await builtAt("apart");
  expect(afterChange).not.toBe(before);
  await attempt(2, SHOP, { uid: "4a1c1e5e-0000-4000-8000-000000000002" });
  expect(await builtAt("apart")).not.toBe(afterChange);
});

test("a schema in which results cannot be kept is built all the same, and the log says it", async () => {
  await mend();
  await dbt.warehouse.query("CREATE SCHEMA dbt; CREATE VIEW dbt._kelt_nodes AS SELECT 1 AS n");
  const { outcome, log } = await attempt(1);
  expect(outcome).toMatchObject({ message: "5 nodes: 4 success, 1 pass" });
  expect(log).toContain("results of nodes are not kept");
});

test("an attempt after one whose process was killed goes on behind what was written", async () => {
  const files = {
    ...SHOP,
    "models.lost.sql": `${TABLE} select case when works then clock_timestamp()::text else pg_sleep(600)::text end as built
      from {{ ref('first') }}, raw.state`,
  };
  const fields = {
    connection: "warehouse",
    schema: "dbt",
    project: { configMap: "shop" },
    command: "build",
    threads: 1,
  };
  const work = { verb: "transform" as const, transform: Transform.parse(fields) };
  const spec = aTask({ work, connections: { warehouse: dbt.warehouse.connection() } });
  const killed = startTask(spec, {
    KELT_PROJECT_DIRECTORY: mountConfigMap(files),
    KELT_MACRO_DIRECTORY: (await macroPackages()).macros,
  });
  await until("the model is at work", async () => {
    const rows = await dbt.warehouse.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    return rows.length > 0;
  });
  await until("what is behind it is written", async () => {
    const rows = await dbt.warehouse.query("SELECT 1 FROM dbt._kelt_nodes").catch(() => []);
    return rows.length === 2;
  });
  killed.process.kill("SIGKILL");
  expect(await killed.ended).toMatchObject({ signal: "SIGKILL", result: "" });
  const first = await builtAt("first");
  await mend();
  const { outcome } = await attempt(2, files);
  expect(outcome).toMatchObject({ message: "5 nodes: 4 success, 1 pass, 2 of them by an earlier attempt" });
  expect(await builtAt("first")).toBe(first);
});
