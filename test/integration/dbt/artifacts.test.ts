import { expect, test } from "vitest";
import { type ConfigMapFiles, runTransform } from "../../support/dbt/dbt-command.ts";
import { useDbtWarehouse, useLake } from "../../support/dbt/dbt-warehouse.ts";
import { readObjects } from "../../support/servers/bucket.ts";

const dbt = useDbtWarehouse();
const lake = useLake();

const SHOP: ConfigMapFiles = {
  "dbt_project.yml": "name: shop\n",
  "models.first.sql": "select 1 as n",
  "models.second.sql": "select n from {{ ref('first') }}",
  "models.third.sql": "select n from {{ ref('second') }}",
  "models.schema.yml": "models: [{name: first, columns: [{name: n, data_tests: [not_null]}]}]",
};
const BROKEN = { ...SHOP, "models.second.sql": "select missing as n from {{ ref('first') }}" };

const run = (files: ConfigMapFiles, prefix: string, fields: object = {}, connections = {}) =>
  runTransform(
    dbt.warehouse,
    files,
    { artifacts: { connection: "lake", prefix }, ...fields },
    { connections: { lake: lake.s3.connection("lake"), ...connections } },
  );

const json = (text: string | undefined) => JSON.parse(text ?? "null");

test("a command leaves manifest.json and run_results.json, and those of its latest success stay", async () => {
  expect(await run(SHOP, "a/")).toMatchObject({ outcome: { message: "4 nodes: 3 success, 1 pass" } });
  const first = await readObjects(lake.s3, "lake", "a/");
  expect(Object.keys(first)).toEqual([
    "manifest.json",
    "run_results.json",
    "succeeded/manifest.json",
    "succeeded/run_results.json",
  ]);
  expect(json(first["manifest.json"])).toMatchObject({
    metadata: { dbt_schema_version: "https://schemas.getdbt.com/dbt/manifest/v12.json", project_name: "shop" },
    nodes: {
      "model.shop.second": { compiled: true, compiled_code: `select n from "${dbt.warehouse.name}"."dbt"."first"` },
    },
    parent_map: { "model.shop.second": ["model.shop.first"] },
  });
  expect(json(first["run_results.json"]).results).toContainEqual(
    expect.objectContaining({
      unique_id: "model.shop.first",
      status: "success",
      relation_name: `"${dbt.warehouse.name}"."dbt"."first"`,
    }),
  );

  expect(await run(BROKEN, "a/")).toMatchObject({ outcome: { code: "42703" } });
  const second = await readObjects(lake.s3, "lake", "a/");
  const statuses = Object.fromEntries(
    json(second["run_results.json"]).results.map(({ unique_id: id, status }: Record<string, string>) => [id, status]),
  );
  expect(statuses).toMatchObject({
    "model.shop.first": "success",
    "model.shop.second": "error",
    "model.shop.third": "skipped",
  });
  expect(second["succeeded/manifest.json"]).toBe(first["manifest.json"]);
});

test("compile leaves the SQL of each node beside them", async () => {
  await run(SHOP, "b/", { command: "compile" });
  const found = await readObjects(lake.s3, "lake", "b/");
  expect(found["compiled/shop/models/second.sql"]).toBe(`select n from "${dbt.warehouse.name}"."dbt"."first"`);
  expect(Object.keys(found).filter((key) => key.startsWith("compiled/shop/models/schema.yml/"))).toEqual([
    "compiled/shop/models/schema.yml/not_null_first_n.sql",
  ]);
});

test("freshness leaves sources.json", async () => {
  await dbt.warehouse.query("CREATE SCHEMA raw; CREATE TABLE raw.films AS SELECT now() - interval '3 days' AS loaded");
  const source = "{name: films, loaded_at_field: loaded, config: {freshness: {warn_after: {count: 1, period: day}}}}";
  const files = {
    ...SHOP,
    "models.sources.yml": `sources: [{name: raw, tables: [${source}, {name: gone, loaded_at_field: x, config: {freshness: {warn_after: {count: 1, period: day}}}}]}]`,
  };
  await run(files, "c/", { command: "freshness" });
  const found = await readObjects(lake.s3, "lake", "c/");
  expect(json(found["sources.json"])).toMatchObject({
    metadata: { dbt_schema_version: "https://schemas.getdbt.com/dbt/sources/v3.json" },
    results: expect.arrayContaining([
      expect.objectContaining({
        unique_id: "source.shop.raw.films",
        status: "warn",
        criteria: { warn_after: { count: 1, period: "day" }, error_after: { count: null, period: null }, filter: null },
      }),
      expect.objectContaining({ unique_id: "source.shop.raw.gone", status: "runtime error" }),
    ]),
  });
});

test("a store that takes nothing fails a command that succeeded, and hides no failure of the project", async () => {
  const nowhere = { lake: lake.s3.connection("nowhere") };
  expect(await run(SHOP, "d/", {}, nowhere)).toMatchObject({ outcome: { code: "NoSuchBucket" } });
  expect(await dbt.warehouse.query("SELECT n FROM dbt.third")).toEqual([{ n: "1" }]);
  const { outcome, log } = await run(BROKEN, "d/", {}, nowhere);
  expect(outcome).toMatchObject({ code: "42703" });
  expect(log).toContain("the artifacts are not written");
});
