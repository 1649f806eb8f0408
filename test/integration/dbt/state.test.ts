import { expect, test } from "vitest";
import { type ConfigMapFiles, runTransform } from "../../support/dbt/dbt-command.ts";
import { useDbtWarehouse, useLake } from "../../support/dbt/dbt-warehouse.ts";
import { openBucket } from "../../support/servers/bucket.ts";

const dbt = useDbtWarehouse();
const lake = useLake();

const SHOP: ConfigMapFiles = {
  "dbt_project.yml": "name: shop\n",
  "macros.twice.sql": "{% macro twice(column) %}{{ column }} * 2{% endmacro %}",
  "models.first.sql": "select 1 as n",
  "models.second.sql": "select {{ twice('n') }} as n from {{ ref('first') }}",
  "models.third.sql": "select n from {{ ref('second') }}",
  "models.apart.sql": "select 7 as n",
};

/** The nodes that a build takes, by their states. */
async function built(prefix: string, files: ConfigMapFiles, fields: object = {}) {
  const artifacts = { connection: "lake", prefix };
  const { outcome, states } = await runTransform(
    dbt.warehouse,
    files,
    { artifacts, ...fields },
    { connections: { lake: lake.s3.connection("lake") } },
  );
  return { states, message: outcome instanceof Error ? outcome.message : "" };
}

test("state:modified takes what has changed since the latest success, and all of a project that never succeeded", async () => {
  const select = ["state:modified+"];
  const changed = { ...SHOP, "models.second.sql": "select 3 as n from {{ ref('first') }}" };
  expect(Object.keys((await built("a/", SHOP, { select })).states)).toHaveLength(4);
  expect((await built("a/", SHOP, { select })).states).toEqual({});
  const broken = { ...changed, "models.third.sql": "select missing from {{ ref('second') }}" };
  expect((await built("a/", broken, { select })).states).toEqual({ second: "Succeeded", third: "Failed" });
  expect((await built("a/", changed, { select })).states).toEqual({ second: "Succeeded", third: "Succeeded" });
  expect((await built("a/", changed, { select })).states).toEqual({});
  const macro = { ...SHOP, "models.second.sql": SHOP["models.second.sql"] ?? "" };
  await built("a/", macro);
  const otherMacro = { ...macro, "macros.twice.sql": "{% macro twice(column) %}{{ column }} * 20{% endmacro %}" };
  expect((await built("a/", otherMacro, { select: ["state:modified"] })).states).toEqual({ second: "Succeeded" });
  const more = { ...otherMacro, "models.more.sql": "select 1 as n" };
  expect((await built("a/", more, { select: ["state:new"] })).states).toEqual({ more: "Succeeded" });
});

test("result: takes nodes by how they ended in the latest run", async () => {
  const broken = { ...SHOP, "models.second.sql": "select missing as n from {{ ref('first') }}" };
  await built("b/", broken);
  const select = ["result:error", "result:skipped"];
  expect((await built("b/", SHOP, { select })).states).toEqual({ second: "Succeeded", third: "Succeeded" });
});

test("a selector of selectors.yml compares as well, and without a place for artifacts the message names the field", async () => {
  const files = { ...SHOP, "selectors.yml": "selectors: [{name: slim, definition: 'state:modified'}]\n" };
  await built("c/", files);
  expect((await built("c/", files, { selector: "slim" })).states).toEqual({});
  const { outcome } = await runTransform(dbt.warehouse, SHOP, { select: ["state:modified"] });
  expect(outcome).toMatchObject({
    code: "InvalidProject",
    message: expect.stringContaining("name a bucket for artifacts"),
  });
});

test("an object that is no manifest is named", async () => {
  await using store = await openBucket(lake.s3, "lake");
  await store.write("d/succeeded/manifest.json", Buffer.from("[]"), "application/json");
  const { message } = await built("d/", SHOP, { select: ["state:modified"] });
  expect(message).toContain("manifest.json, which the selection is compared with, is not a JSON object");
});
