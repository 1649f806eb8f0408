import { describe, expect, test } from "vitest";
import type { Manifest } from "../../../../../task-image/dbt/manifest/node.ts";
import { SelectionError } from "../../../../../task-image/dbt/selection/criterion.ts";
import { findByState, type PreviousManifest } from "../../../../../task-image/dbt/selection/state.ts";
import { readProject } from "../read-project.ts";

const FILES: Readonly<Record<string, string>> = {
  "dbt_project.yml": "name: shop\nmodels: {+meta: {a: 1}}",
  "models/a.sql": "{{ config(materialized='table') }} select {{ outer() }} from {{ source('raw', 't') }}",
  "models/b.sql": "select * from {{ ref('a') }}",
  "seeds/s.csv": "id\n1\n",
  "macros/m.sql": "{% macro outer() %}{{ inner() }}{% endmacro %}{% macro inner() %}1{% endmacro %}",
  "models/p.yml": `
sources: [{name: raw, tables: [{name: t, loaded_at_field: x}]}]
models: [{name: b, description: before, config: {persist_docs: {relation: true}}, columns: [{name: id, tests: [unique]}]}]
exposures: [{name: e, type: dashboard, owner: {name: me}, depends_on: [ref('b')]}]
unit_tests: [{name: u, model: b, given: [{input: ref('a'), rows: [{id: 1}]}], expect: {rows: [{id: 1}]}}]
`,
};

/** As it comes back from a file: JSON knows no bigints. */
function kept({ nodes, sources, exposures, unitTests, macros }: Manifest): PreviousManifest {
  const items = [...nodes, ...sources, ...exposures, ...unitTests];
  const text = JSON.stringify(Object.fromEntries(items), (_, value) =>
    typeof value === "bigint" ? Number(value) : value,
  );
  return {
    items: new Map(Object.entries(JSON.parse(text))),
    macros: new Map([...macros].map(([id, { macro_sql }]) => [id, macro_sql])),
  };
}

const BEFORE = kept(readProject(FILES).manifest);

function found(word: string, changes: Readonly<Record<string, string>>): string[] {
  return findByState(word, readProject({ ...FILES, ...changes }).manifest, BEFORE);
}

const isAbout = (name: string) => expect.stringMatching(new RegExp(`\\.${name}(?:\\.|$)`));

describe("state:modified", () => {
  test("finds nothing where nothing has changed", () => {
    expect(found("modified", {})).toEqual([]);
    expect(found("unmodified", {})).toHaveLength(BEFORE.items.size);
  });

  test.each([
    ["the text of a model", { "models/b.sql": "select 1 from {{ ref('a') }}" }, ["model.shop.b"]],
    [
      "a setting of a file",
      { "models/a.sql": FILES["models/a.sql"]?.replace("'table'", "'view'") ?? "" },
      ["model.shop.a"],
    ],
    [
      "a setting of the project",
      { "dbt_project.yml": "name: shop\nmodels: {+meta: {a: 2}}" },
      ["model.shop.a", "model.shop.b"],
    ],
    [
      "where nodes are built",
      { "dbt_project.yml": "name: shop\nmodels: {+schema: x, +meta: {a: 1}}" },
      ["model.shop.a", "model.shop.b"],
    ],
    [
      "a description that is written into the database",
      { "models/p.yml": FILES["models/p.yml"]?.replace("before", "after") ?? "" },
      ["model.shop.b"],
    ],
    [
      "a test's severity",
      { "models/p.yml": FILES["models/p.yml"]?.replace("[unique]", "[unique: {severity: warn}]") ?? "" },
      [isAbout("unique_b_id")],
    ],
    ["the rows of a seed", { "seeds/s.csv": "id\n2\n" }, ["seed.shop.s"]],
    [
      "an exposure's type",
      { "models/p.yml": FILES["models/p.yml"]?.replace("dashboard", "notebook") ?? "" },
      ["exposure.shop.e"],
    ],
    [
      "a row of a unit test",
      { "models/p.yml": FILES["models/p.yml"]?.replace("rows: [{id: 1}]}]", "rows: [{id: 2}]}]") ?? "" },
      ["unit_test.shop.b.u"],
    ],
    [
      "a source's loader",
      { "models/p.yml": FILES["models/p.yml"]?.replace("{name: raw,", "{name: raw, loader: x,") ?? "" },
      ["source.shop.raw.t"],
    ],
    [
      "a macro that a model calls",
      { "macros/m.sql": FILES["macros/m.sql"]?.replace("{{ inner() }}", "2") ?? "" },
      ["model.shop.a"],
    ],
    [
      "a macro that such a macro calls",
      { "macros/m.sql": FILES["macros/m.sql"]?.replace("1{%", "2{%") ?? "" },
      ["model.shop.a"],
    ],
    ["a model that is new", { "models/c.sql": "select 1" }, ["model.shop.c"]],
  ])("finds %s", (_, changes, ids) => {
    expect(found("modified", changes)).toEqual(ids);
  });

  test("does not find a setting that says only how a node is found", () => {
    expect(found("modified", { "dbt_project.yml": "name: shop\nmodels: {+tags: [x], +meta: {a: 1}}" })).toEqual([]);
  });
});

describe("its parts", () => {
  test.each([
    ["modified.body", { "models/b.sql": "select 1 from {{ ref('a') }}" }, ["model.shop.b"]],
    ["modified.configs", { "models/b.sql": "select 1 from {{ ref('a') }}" }, []],
    ["modified.relation", { "models/b.sql": "{{ config(alias='c') }} select * from {{ ref('a') }}" }, ["model.shop.b"]],
    ["modified.macros", { "macros/m.sql": "{% macro outer() %}3{% endmacro %}" }, ["model.shop.a"]],
    [
      "modified.persisted_descriptions",
      { "models/p.yml": FILES["models/p.yml"]?.replace("before", "after") ?? "" },
      ["model.shop.b"],
    ],
    ["new", { "models/c.sql": "select 1" }, ["model.shop.c"]],
  ])("%s", (word, changes, ids) => {
    expect(found(word, changes)).toEqual(ids);
  });

  test("old is what was there before", () => {
    expect(found("old", { "models/c.sql": "select 1" })).not.toContain("model.shop.c");
  });

  test("unknown ones say what there is", () => {
    expect(() => found("modifed", {})).toThrow(SelectionError);
    expect(() => found("modifed", {})).toThrow("'state:modifed': expected one of new, old, modified, unmodified");
  });
});
