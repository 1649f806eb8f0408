import { describe, expect, test } from "vitest";
import { nodeOf, problemsOf, readProject } from "../read-project.ts";

const MODEL = { "models/staging/a.sql": "{{ config(schema='x', alias='y') }} select 1" };

describe("a model goes", () => {
  test("where dbt's macros say", () => {
    expect(nodeOf(readProject(MODEL), "a")).toMatchObject({
      schema: "public_x",
      alias: "y",
      relation_name: '"warehouse"."public_x"."y"',
    });
  });

  test.each([
    ["generate_schema_name", "{% macro generate_schema_name(custom, node) %} own_{{ custom }} {% endmacro %}", "own_x"],
    [
      "only default__generate_schema_name",
      "{% macro default__generate_schema_name(custom, node) %}own_{{ custom }}{% endmacro %}",
      "own_x",
    ],
    [
      "one for its adapter",
      "{% macro postgres__generate_schema_name(custom, node) %}pg_{{ custom }}{% endmacro %}",
      "pg_x",
    ],
    [
      "one that reads the node",
      "{% macro generate_schema_name(custom, node) %}{{ node.path }}|{{ node.original_file_path }}|{{ node.schema }}|{{ node.resource_type }}|{{ node.fqn | join('.') }}|{{ node.config.materialized }}|{{ node['name'] }}{% endmacro %}",
      "staging/a.sql|models/staging/a.sql|public|model|shop.staging.a|view|a",
    ],
    [
      "one that reads variables and the target",
      "{% macro generate_schema_name(custom, node) %}{{ target.name }}_{{ var('v') }}_{{ env_var('E', 'none') }}{% endmacro %}",
      "dev_1_none",
    ],
  ])("where a project says that defines %s", (_, macro, schema) => {
    const files = { ...MODEL, "dbt_project.yml": "name: shop\nvars: {v: 1}", "macros/names.sql": macro };
    expect(nodeOf(readProject(files), "a").schema).toBe(schema);
  });

  test("for a package, where its own macro says, else where the root's does", () => {
    const project = readProject({
      ...MODEL,
      "macros/n.sql": "{% macro generate_schema_name(custom, node) %}root{% endmacro %}",
      "dbt_packages/own/dbt_project.yml": "name: own",
      "dbt_packages/own/models/o.sql": "select 1",
      "dbt_packages/own/macros/n.sql": "{% macro generate_schema_name(custom, node) %}own{% endmacro %}",
      "dbt_packages/none/dbt_project.yml": "name: none",
      "dbt_packages/none/models/n.sql": "select 1",
    });
    expect([nodeOf(project, "a").schema, nodeOf(project, "o").schema, nodeOf(project, "n").schema]).toEqual([
      "root",
      "own",
      "root",
    ]);
  });

  test("nowhere where a macro gives no name", () => {
    const macro = "{% macro generate_alias_name(custom, node) %}{% endmacro %}";
    expect(problemsOf(readProject({ ...MODEL, "macros/n.sql": macro }))).toEqual([
      "models/staging/a.sql:1:1: the macro 'generate_alias_name' gave no name for this node",
    ]);
  });
});

test("a snapshot goes where target_schema says", () => {
  const sql =
    "{% snapshot s %}{{ config(target_schema='kept', strategy='check', check_cols='all', unique_key='id') }}select 1{% endsnapshot %}";
  expect(nodeOf(readProject({ "snapshots/s.sql": sql }), "s")).toMatchObject({
    schema: "kept",
    relation_name: '"warehouse"."kept"."s"',
  });
});

test("an ephemeral model and a test that keeps nothing have no relation", () => {
  const project = readProject({ "models/a.sql": "{{ config(materialized='ephemeral') }}", "tests/t.sql": "select 1" });
  expect([nodeOf(project, "a").relation_name, nodeOf(project, "t").relation_name]).toEqual([null, null]);
});

describe("versions", () => {
  const files = {
    "models/films_v1.sql": "select 1",
    "models/films.sql": "select 2",
    "models/old_films.sql": "select 3",
    "models/films.yml": `
models:
  - name: films
    latest_version: 2
    config: {materialized: table}
    columns: [{name: id, data_tests: [unique]}, {name: title}]
    versions:
      - {v: 1, config: {alias: films_before}}
      - {v: 2, columns: [{include: all, exclude: [title]}, {name: extra}]}
      - {v: 3, defined_in: old_films, data_tests: []}
`,
    "models/reads.sql":
      "select * from {{ ref('films') }} join {{ ref('films', v=1) }} join {{ ref('films', version=3) }}",
  };

  test("are models of their own, and one of them may have an alias", () => {
    const project = readProject(files);
    expect(nodeOf(project, "model.shop.films.v1")).toMatchObject({
      name: "films",
      alias: "films_before",
      version: 1n,
      latest_version: 2n,
      fqn: ["shop", "films", "v1"],
      path: "films_v1.sql",
      config: { materialized: "table" },
    });
    expect(nodeOf(project, "model.shop.films.v2")).toMatchObject({ alias: "films_v2", path: "films.sql" });
    expect(Object.keys(nodeOf(project, "model.shop.films.v2").columns)).toEqual(["id", "extra"]);
    expect(nodeOf(project, "model.shop.films.v3")).toMatchObject({ alias: "films_v3", path: "old_films.sql" });
  });

  test("are what ref means, the latest one where none is asked for", () => {
    expect(nodeOf(readProject(files), "reads").depends_on.nodes).toEqual([
      "model.shop.films.v2",
      "model.shop.films.v1",
      "model.shop.films.v3",
    ]);
  });

  test("have tests of their own", () => {
    const tests = [...readProject(files).manifest.nodes.values()].filter((node) => node.resource_type === "test");
    expect(tests.map(({ name, depends_on }) => [name, depends_on.nodes])).toEqual([
      ["unique_films_v1_id", ["model.shop.films.v1"]],
      ["unique_films_v2_id", ["model.shop.films.v2"]],
      ["unique_films_v3_id", ["model.shop.films.v3"]],
    ]);
  });

  test("that are not there are a problem", () => {
    expect(problemsOf(readProject({ ...files, "models/b.sql": "{{ ref('films', v=9) }}" }))).toEqual([
      "models/b.sql:1:4: ref('films', v=9): there is no version 9 of 'films', only 1, 2, 3",
    ]);
  });
});

test("names are quoted as dbt_project.yml says, and sources as they say themselves", () => {
  const project = readProject({
    ...MODEL,
    "dbt_project.yml": "name: shop\nquoting: {schema: false, identifier: false}",
    "models/s.yml": "sources: [{name: raw, quoting: {identifier: true}, tables: [{name: t}]}]",
  });
  expect(nodeOf(project, "a").relation_name).toBe('"warehouse".public_x.y');
  expect(project.manifest.sources.get("source.shop.raw.t")?.relation_name).toBe('"warehouse".raw."t"');
});
