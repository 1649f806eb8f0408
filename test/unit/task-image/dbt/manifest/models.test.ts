import { describe, expect, test } from "vitest";
import { nodeOf, problemsOf, readProject } from "../read-project.ts";

describe("a model", () => {
  test("has dbt's keys", () => {
    const project = readProject({
      "models/staging/stg_films.sql": "\n\nselect * from {{ source('raw', 'films') }}\n",
      "models/films.sql": "{{ config(materialized='table', tags=['daily']) }}\nselect * from {{ ref('stg_films') }}",
      "models/schema.yml": "sources: [{name: raw, schema: landing, tables: [{name: films}]}]",
    });
    expect(nodeOf(project, "films")).toMatchObject({
      unique_id: "model.shop.films",
      resource_type: "model",
      package_name: "shop",
      path: "films.sql",
      original_file_path: "models/films.sql",
      fqn: ["shop", "films"],
      alias: "films",
      database: "warehouse",
      schema: "public",
      relation_name: '"warehouse"."public"."films"',
      language: "sql",
      tags: ["daily"],
      refs: [{ name: "stg_films", package: null, version: null }],
      depends_on: { macros: [], nodes: ["model.shop.stg_films"] },
      config: { materialized: "table", enabled: true, tags: ["daily"], "pre-hook": [], on_schema_change: "ignore" },
      access: "protected",
      created_at: 1_700_000_000,
    });
    expect(nodeOf(project, "stg_films")).toMatchObject({
      path: "staging/stg_films.sql",
      fqn: ["shop", "staging", "stg_films"],
      raw_code: "select * from {{ source('raw', 'films') }}",
      sources: [["raw", "films"]],
      depends_on: { nodes: ["source.shop.raw.films"] },
    });
  });

  test("that is empty or a comment alone is there", () => {
    const project = readProject({ "models/a.sql": "", "models/b.sql": "{# nothing #}\n-- nothing" });
    expect([nodeOf(project, "a").raw_code, nodeOf(project, "b").config.enabled]).toEqual(["", true]);
  });

  test("that is disabled may refer to what is not there", () => {
    const project = readProject({
      "models/off.sql": "{{ config(enabled=false) }} select * from {{ ref('nothing') }}",
      "models/on.sql": "select 1",
    });
    expect(problemsOf(project)).toEqual([]);
    expect([...project.manifest.nodes.keys()]).toEqual(["model.shop.on"]);
    expect([...project.manifest.disabled.keys()]).toEqual(["model.shop.off"]);
  });
});

test("of two models of one name in one package, the one that is enabled is described and tested", () => {
  const project = readProject({
    "dbt_project.yml": `name: shop\nmodels: {shop: {a_other: {+enabled: "{{ target.name == 'other' }}"}}}`,
    "models/a_other/films.sql": "select 1 as other",
    "models/b_own/films.sql": "select 1 as own",
    "models/films.yml": "models: [{name: films, description: Found, columns: [{name: id, tests: [unique]}]}]",
  });
  expect(nodeOf(project, "films")).toMatchObject({ path: "b_own/films.sql", description: "Found" });
  expect(nodeOf(project, "unique_films_id").depends_on.nodes).toEqual(["model.shop.films"]);
});

test("a model that cannot be read is one problem, however many read it", () => {
  const files = { "models/a.sql": "select {{", "models/b.sql": "{{ ref('a') }}", "models/c.sql": "{{ ref('a') }}" };
  expect(problemsOf(readProject(files))).toEqual(["models/a.sql:1:8: what begins here is not closed: '}}' is missing"]);
});

describe("a problem says where it is and what is near", () => {
  test.each([
    [
      "select * from {{ ref('film') }}",
      "models/a.sql:1:18: ref('film'): there is no model, seed or snapshot 'film'; did you mean 'films'?",
    ],
    [
      "\n\n  select * from\n{{ ref('shop', 'film') }}",
      "models/a.sql:4:4: ref('shop', 'film'): there is no model, seed or snapshot 'film'; did you mean 'films'?",
    ],
    [
      "select * from {{ source('raw', 'fims') }}",
      "models/a.sql:1:18: source('raw', 'fims'): there is no table 'fims' of a source 'raw'; did you mean 'raw.films'?",
    ],
    ["select * from {{ ref('off') }}", "models/a.sql:1:18: ref('off'): 'off' is disabled: enable it or remove the ref"],
    [
      "select {{ ref('a', 'b', 'c') }}",
      "models/a.sql:1:11: ref() expects the name of a model, seed or snapshot, or a package and a name",
    ],
    ["select {% if %}", "models/a.sql:1:14: expected an expression, found '%}'"],
    ["{{ exceptions.raise_compiler_error('stop') }}", "models/a.sql:1:15: stop"],
  ])("%j", (sql, problem) => {
    const files = {
      "models/a.sql": sql,
      "models/films.sql": "select 1",
      "models/off.sql": "{{ config(enabled=false) }}",
      "models/s.yml": "sources: [{name: raw, tables: [{name: films}]}]",
    };
    expect(problemsOf(readProject(files))).toEqual([problem]);
  });

  test("a cycle", () => {
    const project = readProject({
      "models/a.sql": "select * from {{ ref('b') }}",
      "models/b.sql": "select * from {{ ref('c') }}",
      "models/c.sql": "select *\nfrom {{ ref('a') }}",
    });
    expect(problemsOf(project)).toEqual([
      "models/a.sql:1:18: models read each other in a circle: a -> b -> c -> a. Remove one of these refs",
    ]);
  });

  test("a Python model, unless it is disabled", () => {
    const files = { "models/a.py": "def model(dbt, session): pass", "scripts/tool.py": "", "models/b.sql": "select 1" };
    expect(problemsOf(readProject(files))).toEqual([
      "models/a.py:1:1: Python models cannot run here: write the model in SQL, or run the project in a 'container' node with an image of dbt",
    ]);
    expect(
      problemsOf(readProject({ ...files, "dbt_project.yml": "name: shop\nmodels: {shop: {a: {+enabled: false}}}" })),
    ).toEqual([]);
  });

  test("two models of one name, or of one relation", () => {
    expect(problemsOf(readProject({ "models/a.sql": "select 1", "models/x/a.sql": "select 2" }))).toEqual([
      "models/x/a.sql:1:1: 'a' stands in models/a.sql:1:1 too: names of models, seeds and snapshots are unique, rename one",
    ]);
    expect(problemsOf(readProject({ "models/a.sql": "select 1", "models/b.sql": "{{ config(alias='a') }}" }))).toEqual([
      'models/b.sql:1:1: \'b\' would be built as "warehouse"."public"."a", which is \'a\' of models/a.sql:1:1: configure another alias or schema',
    ]);
  });

  test("a project without dbt_project.yml", () => {
    expect(problemsOf(readProject({ "dbt_project.yml": "" }))).toEqual([
      "dbt_project.yml:1:1: name: expected letters, digits and underscores, and no digit at its begin; found nothing",
    ]);
  });
});
