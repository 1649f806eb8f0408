import { expect, test } from "vitest";
import type { Exposure, Manifest, UnitTest } from "../../../../../task-image/dbt/manifest/node.ts";
import { dependenciesOf } from "../../../../../task-image/dbt/run/dependencies.ts";
import { manifestOf } from "../../../../support/dbt/dbt-nodes.ts";

const notNull = (name: string) => ({
  type: "test" as const,
  name: `not_null_${name}`,
  test: { name: "not_null", kwargs: { model: `{{ ref('${name}') }}`, column_name: "id" } },
});

/** Two models, one behind the other, each with a data test; the second one has two unit tests. */
function project(): Manifest {
  const read = manifestOf("warehouse", [
    { name: "raw", sql: "select 1 as id" },
    { name: "films", sql: "select id from {{ ref('raw') }}" },
    notNull("raw"),
    notNull("films"),
  ]);
  const unitTests = new Map(
    ["first", "second"].map((name) => {
      const unique_id = `unit_test.shop.films.${name}`;
      return [unique_id, { unique_id, depends_on: { nodes: ["model.shop.films"], macros: [] } } as unknown as UnitTest];
    }),
  );
  const parents = [...unitTests].map(([id, { depends_on }]) => [id, depends_on.nodes] as const);
  return { ...read, unitTests, parentMap: new Map([...read.parentMap, ...parents]) };
}

function waits(testsStop: boolean, ids?: readonly string[]): Record<string, readonly string[]> {
  const manifest = project();
  const all = ids ?? [...manifest.nodes.keys(), ...manifest.unitTests.keys()];
  const short = (id: string) => id.split(".").slice(2).join(".");
  return Object.fromEntries(
    [...dependenciesOf(manifest, all, testsStop)].map(([id, before]) => [short(id), [...before].map(short).sort()]),
  );
}

test("in build a model's unit tests run in turn behind the tests of what it reads, and before the model and its tests", () => {
  expect(waits(true)).toEqual({
    raw: [],
    not_null_raw: ["raw"],
    "films.first": ["not_null_raw", "raw"],
    "films.second": ["films.first", "not_null_raw", "raw"],
    films: ["films.first", "films.second", "not_null_raw", "raw"],
    not_null_films: ["films"],
  });
});

test("a test behind an ephemeral model waits for the tests that this one would wait for", () => {
  const manifest = manifestOf("warehouse", [
    { name: "raw", sql: "select 1 as id" },
    { name: "films", sql: "select id from {{ ref('raw') }}", config: { materialized: "ephemeral" } },
    notNull("raw"),
    notNull("films"),
  ]);
  const found = dependenciesOf(manifest, manifest.nodes.keys(), true);
  expect([...(found.get("test.shop.not_null_films") ?? [])].sort()).toEqual([
    "model.shop.raw",
    "test.shop.not_null_raw",
  ]);
});

test("an exposure waits for what it shows and for no test", () => {
  const manifest = project();
  const id = "exposure.shop.board";
  const exposures = new Map([[id, {} as Exposure]]);
  const parentMap = new Map([...manifest.parentMap, [id, ["model.shop.films"]] as const]);
  const found = dependenciesOf({ ...manifest, exposures, parentMap }, [...manifest.nodes.keys(), id], true);
  expect([...(found.get(id) ?? [])]).toEqual(["model.shop.films"]);
});

test("in test a unit test waits for nothing, and no unit test for another one", () => {
  const tests = ["first", "second"].map((name) => `unit_test.shop.films.${name}`);
  expect(waits(false, tests)).toEqual({ "films.first": [], "films.second": [] });
});
