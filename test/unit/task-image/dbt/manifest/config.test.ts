import { describe, expect, test } from "vitest";
import { nodeOf, problemsOf, readProject } from "../read-project.ts";

/** The settings of the model `a` in `models/x/`, which dbt_project.yml, its properties and its file configure. */
function configOf(parts: { readonly project?: string; readonly properties?: string; readonly sql?: string }) {
  const project = readProject({
    "dbt_project.yml": `name: shop\n${parts.project ?? ""}`,
    "models/x/a.sql": parts.sql ?? "select 1",
    ...(parts.properties === undefined ? {} : { "models/x/a.yml": `models: [{name: a, ${parts.properties}}]` }),
  });
  return nodeOf(project, "a");
}

describe("a layer wins over the one before", () => {
  test.each([
    [
      "dbt_project.yml, from the top down",
      { project: "models: {+schema: s1, shop: {+schema: s2, x: {+schema: s3}}}" },
      "s3",
    ],
    [
      "the name of the model is the last folder",
      { project: "models: {shop: {x: {+schema: s1, a: {schema: s2}}}}" },
      "s2",
    ],
    ["properties over dbt_project.yml", { project: "models: {+schema: s1}", properties: "config: {schema: s2}" }, "s2"],
    ["config() over properties", { properties: "config: {schema: s1}", sql: "{{ config(schema='s2') }}" }, "s2"],
    ["a later config() over one before", { sql: "{{ config(schema='s1') }}{{ config({'schema': 's2'}) }}" }, "s2"],
    ["config.set() as config()", { sql: "{% do config.set('schema', 's2') %}" }, "s2"],
    ["a template in dbt_project.yml is rendered", { project: `models: {+schema: "{{ 'x' ~ target.name }}"}` }, "xdev"],
    ["a template in properties is rendered", { properties: `config: {schema: "{{ 'x' ~ target.name }}"}` }, "xdev"],
    [
      "a folder of a path that ends in a slash",
      { project: "model-paths: ['./models/']\nmodels: {shop: {x: {+schema: s}}}" },
      "s",
    ],
  ])("%s", (_, parts, schema) => {
    expect(configOf(parts).config.schema).toBe(schema);
  });

  test("and dbt_project.yml of the root over all that a package says of itself", () => {
    const project = readProject({
      "dbt_project.yml": "name: shop\nmodels: {tool: {+schema: root}}",
      "dbt_packages/tool/dbt_project.yml": "name: tool\nmodels: {+schema: own}",
      "dbt_packages/tool/models/t.sql": "{{ config(schema='file', materialized='table') }}",
    });
    expect(nodeOf(project, "t").config).toMatchObject({ schema: "root", materialized: "table" });
  });
});

describe("layers meet", () => {
  test("tags and hooks: all of them", () => {
    const { config, tags } = configOf({
      project: "models: {+tags: one, shop: {+tags: [two], +post-hook: a}}",
      properties: "config: {tags: [three, one], post_hook: [b]}",
      sql: `{{ config(tags='four', post_hook='{"sql": "c", "transaction": false}') }}`,
    });
    expect(config.tags).toEqual(["one", "two", "three", "one", "four"]);
    expect(tags).toEqual(["one", "two", "four", "three"]);
    expect(config["post-hook"]).toEqual([
      { sql: "a", transaction: true, index: null },
      { sql: "b", transaction: true, index: null },
      { sql: "c", transaction: false, index: null },
    ]);
  });

  test("meta, docs and column types: key by key", () => {
    const { config, meta, docs } = configOf({
      project: "models: {+meta: {a: 1, b: 2}, +docs: {node_color: red}}",
      properties: "meta: {b: 3}, docs: {show: false}",
    });
    expect([config.meta, meta]).toEqual([
      { a: 1n, b: 3n },
      { a: 1n, b: 3n },
    ]);
    expect(docs).toEqual({ show: false, node_color: "red" });
  });

  test("grants: a right is replaced, and added to with +", () => {
    const { config } = configOf({
      project: "models: {+grants: {select: [a], insert: b}}",
      properties: "config: {grants: {+select: c, insert: [d]}}",
    });
    expect(config.grants).toEqual({ select: ["a", "c"], insert: ["d"] });
  });

  test("anything else: the later value", () => {
    const { config } = configOf({
      project: "models: {+unique_key: [a, b], +indexes: [{columns: [a]}], +own_setting: 1}",
      sql: "{{ config(unique_key='c') }}",
    });
    expect(config).toMatchObject({ unique_key: "c", indexes: [{ columns: ["a"] }], own_setting: 1n });
  });
});

describe("names", () => {
  test("of settings are dbt's", () => {
    expect(Object.keys(configOf({ sql: "{{ config(pre_hook='x') }}" }).config)).toEqual(
      expect.arrayContaining(["pre-hook"]),
    );
    expect(configOf({ sql: "{{ config(pre_hook='x') }}" }).config).not.toHaveProperty("pre_hook");
  });

  test("that are written as before dbt 1.0 mean the same", () => {
    const project = readProject({
      "dbt_project.yml": "name: shop\nsource-paths: [src]\ndata-paths: [rows]\ntests: {+severity: warn}",
      "src/a.sql": "select 1",
      "rows/b.csv": "id\n1\n",
      "src/a.yml": "models: [{name: a, tests: [{unique: {column_name: id}}]}]",
    });
    expect(nodeOf(project, "b")).toMatchObject({
      unique_id: "seed.shop.b",
      config: { materialized: "seed", delimiter: "," },
    });
    expect(nodeOf(project, "unique_a_id").config).toMatchObject({ severity: "warn" });
  });
});

describe("a value that dbt refuses is a problem with its place", () => {
  test.each([
    [
      "{{ config(enabled='yes') }}",
      "models/x/a.sql:1:1: the setting 'enabled': expected true or false, found string \"yes\"",
    ],
    ["{{ config(schema=3) }}", "models/x/a.sql:1:1: the setting 'schema': expected text, found bigint 3"],
    [
      "{{ config(access='open') }}",
      "models/x/a.sql:1:1: the setting 'access': expected private, protected or public, found 'open'",
    ],
    ["{{ config('table') }}", "models/x/a.sql:1:4: config() expects settings by name: config(materialized='table')"],
    [
      "{{ config(pre_hook='a', **{'pre-hook': 'b'}) }}",
      "models/x/a.sql:1:4: config() got 'pre_hook' and 'pre-hook', which are one setting: remove one",
    ],
  ])("%s", (sql, problem) => {
    expect(problemsOf(readProject({ "models/x/a.sql": sql }))).toEqual([problem]);
  });
});

test("settings as they are written are kept for comparisons", () => {
  const { unrendered_config } = configOf({
    project: `models: {+schema: "{{ target.name }}"}`,
    properties: `config: {tags: ["{{ target.name }}"]}`,
    sql: "{{ config(materialized='table') }}",
  });
  expect(unrendered_config).toEqual({
    schema: "{{ target.name }}",
    tags: ["{{ target.name }}"],
    materialized: "table",
  });
});

describe("a microbatch model", () => {
  const settings = (more: string) =>
    `{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day'${more}) }}`;

  test.each([
    [", begin='2025-01-31'", "2025-01-31T00:00:00"],
    [", begin='2025-01-31 06:30'", "2025-01-31T06:30:00"],
    [", begin='2025-01-31T06:30:05Z'", "2025-01-31T06:30:05Z"],
  ])("begins at a time: %s", (more, begin) => {
    expect(configOf({ sql: settings(more) }).config).toMatchObject({ begin, lookback: 1n, batch_size: "day" });
  });

  test.each([
    ["", "a microbatch model needs 'begin': expected a date or a time, such as 2025-01-31, found nothing"],
    [", begin='soon'", "a microbatch model needs 'begin': expected a date or a time, such as 2025-01-31, found 'soon'"],
    [
      ", begin='2025-01-31', batch_size='week'",
      "a microbatch model needs 'batch_size': expected one of hour, day, month, year, found 'week'",
    ],
    [
      ", begin='2025-01-31', event_time=none",
      "a microbatch model needs 'event_time': expected the name of a column, found nothing",
    ],
    [
      ", begin='2025-01-31', lookback=-1",
      "a microbatch model needs 'lookback': expected a whole number of batches, found '-1'",
    ],
  ])("has all that its batches are cut by: %j", (more, problem) => {
    const sql = settings(more)
      .replace(/batch_size='day'(?=.*batch_size)|event_time='at', (?=.*event_time)/g, "")
      .replace(", , ", ", ");
    expect(problemsOf(readProject({ "models/x/a.sql": sql }))).toEqual([`models/x/a.sql:1:1: ${problem}`]);
  });
});
