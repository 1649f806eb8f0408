import { expect, test } from "vitest";
import { compile, type Files, problemsOf } from "./compile.ts";

const OK = { "ok.sql": "select 1" };

/** What is wrong, the files, and every problem that is told. */
const CASES: readonly (readonly [string, Files, readonly string[]])[] = [
  [
    "no model",
    { "dbt_project.yml": "name: x" },
    ["dbt_project.yml:1:1: the project has no model: expected at least one .sql file"],
  ],
  [
    "an unknown ref",
    { "stg_films.sql": "select 1", "m.sql": "select 1\nfrom {{ ref('stg_film') }}" },
    ["models/m.sql:2:9: ref(): there is no model 'stg_film' in this project; did you mean 'stg_films'?"],
  ],
  [
    "an unknown ref in a macro",
    { "m.sql": "select * from {{ here() }}", "macros.h.sql": "{% macro here() %}{{ ref('x1') }}{% endmacro %}" },
    ["macros/h.sql:1:22: ref(): there is no model 'x1' in this project (in macro here, called from models/m.sql:1:18)"],
  ],
  [
    "an unknown source",
    { "s.yml": "sources: [{name: raw, tables: [{name: films}]}]", "m.sql": "{{ source('raw', 'film') }}" },
    ["models/m.sql:1:4: source(): there is no table 'film' of a source 'raw'; did you mean 'raw.films'?"],
  ],
  [
    "a source that is nowhere declared",
    { "m.sql": "{{ source('crm', 'people') }}" },
    [
      "models/m.sql:1:4: source(): there is no table 'people' of a source 'crm': declare it under sources in a .yml file of the project",
    ],
  ],
  [
    "a cycle",
    {
      "a.sql": "select * from {{ ref('b') }}",
      "b.sql": "select * from\n  {{ ref('c') }}",
      "c.sql": "select * from {{ ref('a') }}",
    },
    ["models/a.sql:1:18: models read each other in a circle: a -> b -> c -> a. Remove one of these refs"],
  ],
  [
    "a model that reads itself",
    { "a.sql": "select * from {{ ref('a') }}" },
    ["models/a.sql:1:18: models read each other in a circle: a -> a. Remove one of these refs"],
  ],
  [
    "two models of one name",
    { "models.x.a.sql": "select 1", "models.y.a.sql": "{{ config(alias='b') }} select 1" },
    ["models/y/a.sql:1:1: model 'a' stands in models/x/a.sql too: names of models are unique, rename one"],
  ],
  [
    "two models of one relation",
    { "a.sql": "select 1", "b.sql": "{{ config(alias='a') }} select 1" },
    [
      "models/b.sql:1:1: model 'b' would be built as analytics.a, which is model 'a': configure another alias or schema",
    ],
  ],
  [
    "a model in the place of a source",
    { "s.yml": "sources: [{name: raw, schema: analytics, tables: [{name: a}]}]", "a.sql": "select 1" },
    [
      "models/a.sql:1:1: model 'a' would be built as analytics.a, which is source table 'raw.a': configure another alias or schema",
    ],
  ],
  [
    "a ref to a disabled model",
    { "a.sql": "{{ config(enabled=false) }} select 1", "b.sql": "select * from {{ ref('a') }}" },
    ["models/b.sql:1:18: ref(): model 'a' is disabled: enable it or remove the ref"],
  ],
  [
    "a ref that is seen too late",
    { ...OK, "m.sql": "{% if execute %}select * from {{ ref('ok') }}{% endif %}" },
    [
      "models/m.sql:1:34: ref(): 'ok' is only reached while the SQL is made, too late for the order of the models: write '-- depends_on: {{ ref('ok') }}' at the top of the model",
    ],
  ],
  [
    "an incremental model",
    { "m.sql": "select 1\n{{ config(materialized='incremental') }}" },
    [
      "models/m.sql:2:4: materialized='incremental': incremental models are not supported yet: use materialized='table', which is built anew in every run",
    ],
  ],
  [
    "an ephemeral folder",
    { "dbt_project.yml": "name: shop\nmodels:\n  shop:\n    +materialized: ephemeral", ...OK },
    ["dbt_project.yml:4:20: materialized='ephemeral': ephemeral models are not supported yet: use materialized='view'"],
  ],
  [
    "a misspelt materialization",
    { "m.sql": "{{ config(materialized='tabel') }}" },
    ["models/m.sql:1:4: materialized='tabel': expected view or table, found 'tabel'"],
  ],
  [
    "hooks of a model in properties",
    { ...OK, "p.yml": "models:\n  - name: ok\n    config:\n      post-hook: grant select on {{ this }} to bi" },
    [
      "p.yml:4:18: the setting 'post_hook' cannot be used: hooks are not supported yet: put the statements into a node of their own behind this one",
    ],
  ],
  [
    "hooks of the project",
    { ...OK, "dbt_project.yml": "name: x\non-run-end: [select 1]" },
    [
      "dbt_project.yml:2:13: 'on-run-end' cannot be used: hooks are not supported yet: put the statements into a node behind this one",
    ],
  ],
  [
    "packages",
    { ...OK, "packages.yml": "packages: [{package: x}]" },
    ["packages.yml:1:1: packages are not supported yet: copy the macros that the models call into macros/"],
  ],
  [
    "a call into a package",
    { "m.sql": "{{ dbt_utils.star() }}" },
    ["models/m.sql:1:14: 'dbt_utils' cannot be used: packages are not supported yet: copy the macro into macros/"],
  ],
  [
    "a query while rendering",
    { "m.sql": "{% set x = run_query('select 1') %}" },
    [
      "models/m.sql:1:12: 'run_query' cannot be used: queries while a model is rendered are not supported yet: write the values down, or join the table",
    ],
  ],
  [
    "a snapshot",
    { "s.sql": "{% snapshot s %}select 1{% endsnapshot %}" },
    [
      "models/s.sql:1:4: the tag 'snapshot' cannot be used: snapshots are not supported yet: build the history table outside of this project",
    ],
  ],
  [
    "a file of snapshots",
    { ...OK, "snapshots.s.sql": "x" },
    ["snapshots/s.sql:1:1: snapshots are not supported yet: remove the file"],
  ],
  [
    "a seed",
    { ...OK, "seeds.countries.csv": "a,b" },
    ["seeds/countries.csv:1:1: seeds are not supported yet: load the rows by a load node"],
  ],
  [
    "a Python model",
    { ...OK, "models.p.py": "def model(dbt, session): pass" },
    ["models/p.py:1:1: Python models are not supported: write the model in SQL"],
  ],
  [
    "a missing variable",
    { "m.sql": "select {{ var('limt') }}", "dbt_project.yml": "{name: x, vars: {limit: 1}}" },
    [
      "models/m.sql:1:11: there is no variable 'limt'; did you mean 'limit'? Set it under vars of the node or of dbt_project.yml, or give a default: var('limt', ...)",
    ],
  ],
  [
    "a missing environment variable",
    { "m.sql": "{{ env_var('HOME') }}" },
    [
      "models/m.sql:1:4: the environment variable 'HOME' is not set: give a default, env_var('HOME', ...), or use var()",
    ],
  ],
  [
    "a secret of the environment",
    { "m.sql": "{{ env_var('DBT_ENV_SECRET_X', 'a') }}" },
    [
      "models/m.sql:1:4: 'DBT_ENV_SECRET_X' is a secret by its name, and secrets belong into the Secret of a connection",
    ],
  ],
  [
    "an error that the model raises",
    { "m.sql": "\n{{ exceptions.raise_compiler_error('no ' ~ 1) }}" },
    ["models/m.sql:2:15: no 1"],
  ],
  [
    "YAML that is none",
    { ...OK, "p.yml": "models:\n  - name: [a" },
    ["p.yml:2:13: this is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ],
  [
    "properties of another shape",
    { ...OK, "p.yml": "models:\n  - nam: a" },
    ["p.yml:2:5: models.0.name: Invalid input: expected string, received undefined"],
  ],
  [
    "a key twice",
    { ...OK, "p.yml": "models: []\nmodels: []" },
    ["p.yml:2:1: this is not YAML: the key models stands in its map twice"],
  ],
  [
    "a model without SQL",
    { "m.sql": "-- later\n" },
    ["models/m.sql:1:1: expected one SELECT statement in the model, found none, or several with ';' between them"],
  ],
  [
    "an empty model",
    { "m.sql": "{{ config(materialized='table') }}\n" },
    ["models/m.sql:1:1: expected one SELECT statement in the model, found nothing"],
  ],
  [
    "two statements",
    { "m.sql": "select 1; drop table x" },
    ["models/m.sql:1:1: expected one SELECT statement in the model, found none, or several with ';' between them"],
  ],
  [
    "two macros of one name",
    { ...OK, "macros/a.sql": "{% macro a() %}{% endmacro %}\n{% macro a() %}{% endmacro %}" },
    ["macros/a.sql:2:4: macro 'a' is defined in macros/a.sql:1:4 already: rename one"],
  ],
  [
    "a source table twice",
    { ...OK, "p.yml": "sources:\n  - {name: r, tables: [{name: t}]}\n  - {name: r, tables: [{name: t}]}" },
    ["p.yml:3:31: source table 'r.t' is declared in p.yml:2:31 already"],
  ],
  [
    "two files of one path",
    { "models.a.sql": "select 1", "models/a.sql": "select 2" },
    ["models/a.sql:1:1: two files have the path models/a.sql: rename or remove one"],
  ],
  [
    "a name that Postgres would cut",
    { [`${"é".repeat(32)}.sql`]: "select 1" },
    [
      `models/${"é".repeat(32)}.sql:1:1: the name '${"é".repeat(32)}' of the model has 64 bytes, and Postgres takes 1 to 63: configure a shorter alias`,
    ],
  ],
];

test.each(CASES)("%s is told with its place and what to do", (_, files, expected) => {
  expect(problemsOf(files)).toEqual(expected);
});

test("all problems are told at once, in the order of files and lines", () => {
  const files = { "b.sql": "{{ x.y }}", "a.sql": "select 1 {{", "macros/m.sql": "{% macro %}", "p.yml": "- 1", ...OK };
  expect(problemsOf(files).map((problem) => problem.split(" ")[0])).toEqual(
    ["macros/m.sql:1:10:", "models/b.sql:1:6:", "models/a.sql:1:10:", "p.yml:1:1:"].sort(),
  );
});

test("a project is the same whatever the order of its files", () => {
  const files: Files = {
    "b.sql": "select * from {{ ref('a') }}",
    "a.sql": "select 1",
    "m.sql": "{% macro x() %}{% endmacro %}",
  };
  const turned = Object.fromEntries(Object.entries(files).reverse());
  const shape = (project: ReturnType<typeof compile>) => project.models?.map(({ name, sql }) => [name, sql.text]);
  expect(shape(compile(turned))).toEqual(shape(compile(files)));
});
