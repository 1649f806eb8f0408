import { describe, expect, test } from "vitest";
import { modelsOf, sqlOf } from "./compile.ts";

const SOURCES = "sources: [{name: raw, tables: [{name: films}, {name: users, identifier: Users 2}]}]";

describe("files", () => {
  test("dots in a key write folders, and a key without folder is what it holds", () => {
    const models = modelsOf({
      "dbt_project.yml": "name: shop",
      "models.staging.stg_films.sql": "select 1 as n",
      "models/marts/deep/film.sql": "select * from {{ ref('stg_films') }}",
      "plain.sql": "select {{ one() }} as n",
      "shared.sql": "{# all macros #}\n{% macro one() %}1{% endmacro %}\n{% macro two() %}2{% endmacro %}\n",
      "macros.more.sql": "{% macro three() %}3{% endmacro %}",
      "anything.yml": "version: 2",
    });
    expect(models.map(({ name, path }) => `${name} ${path}`)).toEqual([
      "plain models/plain.sql",
      "stg_films models/staging/stg_films.sql",
      "film models/marts/deep/film.sql",
    ]);
  });

  test("files of later steps are left out", () => {
    const files = {
      "m.sql": "select 1 as n",
      "tests.no_negative.sql": "select 1 where false",
      "tests/generic/positive.sql": "{% test positive(model) %}select 1{% endtest %}",
      "analyses/a.sql": "{{ nonsense(",
      "models.overview.md": "{% docs x %}{% enddocs %}",
      "README.md": "# shop",
      "profiles.yml": "shop: {}",
    };
    expect(modelsOf(files).map(({ name }) => name)).toEqual(["m"]);
  });

  test("paths of models and macros are configured as in dbt", () => {
    const files = {
      "dbt_project.yml": "{name: shop, model-paths: [sql], macro-paths: [lib]}",
      "sql.a.m.sql": "select {{ one() }}",
      "lib/one.sql": "{% macro one() %}1{% endmacro %}",
    };
    expect(modelsOf(files)[0]).toMatchObject({ name: "m", path: "sql/a/m.sql" });
  });
});

describe("context", () => {
  test("ref and source print quoted relations and have attributes", () => {
    const files = { "sources.yml": SOURCES, "a.sql": "select 1", "dbt_project.yml": "name: shop" };
    const render = (sql: string) => sqlOf({ ...files, "m.sql": sql });
    expect(render("select * from {{ ref('a') }}")).toBe('select * from "analytics"."a"');
    expect(render("select * from {{ ref('shop', 'a') }}")).toBe('select * from "analytics"."a"');
    expect(render("select * from {{ source('raw', 'users') }}")).toBe('select * from "raw"."Users 2"');
    expect(render("{{ this }} {{ this.schema }} {{ this.name }} {{ this.identifier }}")).toBe(
      '"analytics"."m" analytics m m',
    );
    expect(render("{{ target.name }} {{ target.schema }} {{ target.type }}")).toBe("warehouse analytics postgres");
  });

  test("variables come from the node, then from the project's own section, then from the top of vars", () => {
    const files = {
      "dbt_project.yml": "{name: shop, vars: {a: 1, b: top, shop: {b: own}}}",
      "m.sql":
        "{{ var('a') + 1 }} {{ var('b') }} {{ var('c', 'fallback') }} {{ var('d', none) }} {{ var.has_var('a') }}",
    };
    expect(sqlOf(files)).toBe("2 own fallback None True");
    expect(sqlOf(files, { vars: new Map([["b", "node"]]) })).toBe("2 node fallback None True");
  });

  test("env_var reads the environment or its default", () => {
    const files = { "m.sql": "{{ env_var('A') }} {{ env_var('B', 'b') }}" };
    expect(sqlOf(files, { environment: new Map([["A", "a"]]) })).toBe("a b");
  });

  test("config prints nothing and can be read", () => {
    const sql =
      "{{ config(materialized='table', owner='me') }}{{ config.get('owner') }} {{ config.get('x', 1) }} {{ config.require('owner') }}";
    expect(sqlOf({ "m.sql": sql })).toBe("me 1 me");
    expect(sqlOf({ "m.sql": "{{ config({'materialized': 'table'}) }}x{{ config.get('materialized') }}" })).toBe(
      "xtable",
    );
  });

  test("a model is not incremental, and what it says is kept", () => {
    const [model] = modelsOf({
      "m.sql":
        "{% if is_incremental() %}never{% endif %}{{ log('hello', info=true) }}{% do exceptions.warn('careful') %}select 1",
    });
    expect(model).toMatchObject({ messages: ["hello", "careful"] });
    expect(model?.sql.text).toBe("select 1");
  });

  test("execute is false while the project is read and true when SQL is made", () => {
    expect(sqlOf({ "m.sql": "{% if execute %}select 1{% else %}{{ config(materialized='table') }}{% endif %}" })).toBe(
      "select 1",
    );
  });

  test("macros call each other, whatever files they stand in, and see the model's context", () => {
    const files = {
      "a.sql": "{% macro outer(x) %}{{ inner(x) }} as {{ this.name }}{% endmacro %}",
      "b.sql": "{% macro inner(x) %}{{ return(x ~ ' * ' ~ var('factor')) }}{% endmacro %}",
      "m.sql": "select {{ outer('price') }}",
    };
    expect(sqlOf(files, { vars: new Map([["factor", 2n]]) })).toBe("select price * 2 as m");
  });

  test("templates in properties are rendered", () => {
    const files = {
      "s.yml": "sources: [{name: raw, schema: \"{{ var('raw_schema', 'landing') }}\", tables: [{name: films}]}]",
      "m.sql": "select * from {{ source('raw', 'films') }}",
    };
    expect(sqlOf(files)).toBe('select * from "landing"."films"');
  });

  test("a semicolon and comments behind the statement are taken away, so that it can stand in parentheses", () => {
    expect(sqlOf({ "m.sql": "\n\n-- first\nselect ';' as a;\n-- last\n" })).toBe("-- first\nselect ';' as a");
  });
});

describe("configuration", () => {
  const config = (files: Readonly<Record<string, string>>, name = "m") => {
    const model = modelsOf(files).find((each) => each.name === name);
    return model && `${model.materialized} ${model.relation.schema}.${model.relation.table}`;
  };

  test("is view in the node's schema unless something is said", () => {
    expect(config({ "m.sql": "select 1" })).toBe("view analytics.m");
  });

  test("deeper folders win in dbt_project.yml, properties win over it, the model wins over all", () => {
    const project = `name: shop
models:
  +materialized: view
  shop:
    marts:
      +materialized: table
      +schema: marts
      m: {+alias: from_project}
      core: {materialized: view}`;
    const files = {
      "dbt_project.yml": project,
      "models/marts/m.sql": "select 1",
      "models/marts/core/n.sql": "select 1",
    };
    expect(config(files)).toBe("table analytics_marts.from_project");
    expect(config(files, "n")).toBe("view analytics_marts.n");
    const properties = {
      "p.yml": "models: [{name: m, config: {alias: from_yml}, columns: [{name: n, tests: [unique]}]}]",
    };
    expect(config({ ...files, ...properties })).toBe("table analytics_marts.from_yml");
    const own = { "models/marts/m.sql": "{{ config(alias='own', schema='x') }}select 1" };
    expect(config({ ...files, ...properties, ...own })).toBe("table analytics_x.own");
  });

  test("the project's generate_schema_name and generate_alias_name win", () => {
    const files = {
      "names.sql":
        "{% macro generate_schema_name(custom, node) -%} {{ custom or target.schema ~ '_x' }} {%- endmacro %}{% macro generate_alias_name(custom=none, node=none) %}{{ node.name }}_v1{% endmacro %}",
      "m.sql": "{{ config(schema='marts') }}select 1",
      "n.sql": "select 1",
    };
    expect(config(files)).toBe("view marts.m_v1");
    expect(config(files, "n")).toBe("view analytics_x.n_v1");
  });

  test("a disabled model is not built", () => {
    const files = { "m.sql": "{{ config(enabled=false) }}select nonsense", "n.sql": "select 1" };
    expect(modelsOf(files).map(({ name }) => name)).toEqual(["n"]);
  });
});

test("models come in the order of their references, whichever branch or macro holds them", () => {
  const models = modelsOf({
    "a.sql": "select * from {{ ref('z') }}",
    "b.sql":
      "{% macro last() %}{{ ref('a') }}{% endmacro %}{% for name in ['y', 'z'] %}{{ ref(name) }}{% endfor %}{{ last() }}",
    "y.sql": "-- depends_on: {{ ref('z') }}\nselect 1",
    "z.sql": "select 1",
  });
  expect(models.map(({ name }) => name)).toEqual(["z", "a", "y", "b"]);
  expect(models.at(-1)?.needs).toEqual(new Set(["y", "z", "a"]));
});
