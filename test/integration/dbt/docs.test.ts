import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PageData } from "../../../task-image/docs/page-data.ts";
import { type ConfigMapFiles, runTransform } from "../../support/dbt/dbt-command.ts";
import { dataOf } from "../../support/dbt/docs-page.ts";
import { openBucket, readObjects } from "../../support/servers/bucket.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { type S3Server, startS3Server } from "../../support/servers/versitygw.ts";

let server: PostgresServer;
let s3: S3Server;
let warehouse: TestDatabase;
beforeAll(async () => {
  [server, s3] = await Promise.all([startPostgres(), startS3Server()]);
  await using _ = await openBucket(s3, "lake");
});
afterAll(async () => {
  await server.stop();
  await s3.stop();
});
beforeEach(async () => {
  warehouse = await server.createDatabase();
  await warehouse.query(
    "CREATE SCHEMA raw; CREATE TABLE raw.films AS SELECT 1 AS id, 'Alien' AS title, now() - interval '3 days' AS loaded",
  );
});

const SECRET_TITLE = "Alien";
const HOSTILE = "</script><script>alert(1)</script> <img src=x onerror=alert(2)>";
const FILES: ConfigMapFiles = {
  "dbt_project.yml": "name: shop\nmodels: {shop: {+group: films}}\n",
  "models.stg_films.sql": "select id as film_id, upper(title) as title from {{ source('raw', 'films') }}",
  "models.passing.sql": "{{ config(materialized='ephemeral') }} select film_id, title from {{ ref('stg_films') }}",
  "models.dim_films.sql":
    "{{ config(materialized='table', tags=['daily']) }} select *, length(title) as letters from {{ ref('passing') }}",
  "models.hidden.sql": "{{ config(docs={'show': false}) }} select * from {{ ref('dim_films') }}",
  "models.last.sql": "select film_id from {{ ref('hidden') }}",
  "tests.few.sql": "select * from {{ ref('dim_films') }}",
  "models.docs.md": `{% docs hostile %}${HOSTILE}{% enddocs %}{% docs __overview__ %}All *films*.{% enddocs %}`,
  "models.schema.yml": `
groups: [{ name: films, owner: { name: Film team, email: films@example.com } }]
sources: [{ name: raw, tables: [{ name: films, loaded_at_field: loaded, config: { freshness: { error_after: { count: 1, period: day } } } }] }]
models:
  - { name: stg_films, columns: [{ name: film_id, description: Key., data_tests: [unique, { accepted_values: { arguments: { values: [2], quote: false }, config: { severity: warn } } }] }] }
  - { name: dim_films, description: "{{ doc('hostile') }}", columns: [{ name: Title, description: Loud. }, { name: nowhere }] }
exposures: [{ name: board, type: dashboard, owner: { name: me }, depends_on: [ref('last')] }]
`,
};

const run = (files: ConfigMapFiles, prefix: string, fields: object = {}) =>
  runTransform(
    warehouse,
    files,
    { artifacts: { connection: "lake", prefix }, ...fields },
    { connections: { lake: s3.connection("lake") } },
  );

const named = ({ nodes }: PageData, name: string) =>
  nodes.find((node) => node.name === name) ?? expect.fail(`no node ${name}`);

test("docs writes the catalog and a page with the last results, and leaves those as they are", async () => {
  await run(FILES, "a/");
  await run(FILES, "fresh/", { command: "freshness" });
  const before = await readObjects(s3, "lake", "a/");
  const { outcome } = await run(FILES, "a/", {
    command: "docs",
    artifacts: { connection: "lake", prefix: "a/", resultsFrom: ["fresh/"] },
  });
  expect(outcome).toEqual({ message: "page s3://lake/a/index.html: 4 models, 1 source, 2 of 9 columns described" });
  const after = await readObjects(s3, "lake", "a/");
  expect(Object.keys(after)).toEqual([...Object.keys(before), "catalog.json", "index.html"].sort());
  for (const name of ["run_results.json", "succeeded/manifest.json", "succeeded/run_results.json"]) {
    expect(after[name]).toBe(before[name]);
  }

  const page = dataOf(after["index.html"]);
  expect(page).toMatchObject({
    project: "shop",
    overview: "All *films*.",
    counts: { models: 4, testedModels: 2, tests: 3 },
  });
  expect(page.nodes.map(({ name }) => name)).toEqual([
    "raw.films",
    "stg_films",
    "passing",
    "dim_films",
    "last",
    "board",
  ]);
  expect(named(page, "raw.films").result).toMatchObject({ state: "late", age: expect.any(Number) });
  expect(
    named(page, "stg_films").tests.map(({ name, given, result }) => [name, given, result.state, result.failures]),
  ).toEqual([
    ["unique", "", "succeeded", 0],
    ["accepted_values", "values: 2; quote: false", "warned", 1],
  ]);
  expect(named(page, "dim_films").tests).toMatchObject([{ name: "few", result: { state: "failed", failures: 1 } }]);
  expect(named(page, "last").result).toMatchObject({ state: "skipped" });
  // What is not shown is looked through.
  expect(named(page, "last").parents).toEqual([page.nodes.indexOf(named(page, "dim_films"))]);
});

test("a page has columns, SQL, owners and where columns come from, and no value of a row", async () => {
  await run({ ...FILES, "tests.few.sql": "select 1 where false" }, "b/");
  await run(FILES, "b/", { command: "docs" });
  const { "index.html": html = "" } = await readObjects(s3, "lake", "b/");
  const page = dataOf(html);
  const films = named(page, "dim_films");
  expect(films).toMatchObject({ form: "table", tags: ["daily"], isBuilt: true, description: HOSTILE });
  expect(films.facts).toContainEqual(["Owner", "Film team, films@example.com"]);
  expect(films.sql).toContain("{{ ref('passing') }}");
  expect(films.compiled).toContain("__dbt__cte__passing");
  const place = (name: string) => page.nodes.indexOf(named(page, name));
  expect(films.columns).toEqual([
    {
      name: "film_id",
      type: "integer",
      description: "",
      marks: [],
      origins: [{ node: place("passing"), column: "film_id", isSame: true }],
    },
    {
      name: "title",
      type: "text",
      description: "Loud.",
      marks: [],
      origins: [{ node: place("passing"), column: "title", isSame: true }],
    },
    {
      name: "letters",
      type: "integer",
      description: "",
      marks: [],
      origins: [{ node: place("passing"), column: "title", isSame: false }],
    },
    { name: "nowhere", type: null, description: "", marks: ["not in the database"], origins: null },
  ]);
  expect(named(page, "stg_films").columns[1]?.origins).toEqual([
    { node: place("raw.films"), column: "title", isSame: false },
  ]);
  expect(html.toLowerCase()).not.toContain(SECRET_TITLE.toLowerCase());
  // The hostile text is in the page as data alone.
  expect(html.match(/<script/g)).toHaveLength(2);
  const [data = ""] = /<script type="application\/json"[^>]*>[^<]*/.exec(html) ?? [];
  expect(data).toContain("\\u003cimg src=x");
});

test("before anything was built the page says so", async () => {
  const { outcome } = await run(FILES, "c/", { command: "docs" });
  expect(outcome).toMatchObject({ message: expect.stringContaining("4 models") });
  const page = dataOf((await readObjects(s3, "lake", "c/"))["index.html"]);
  expect(page.resultsAt).toBeNull();
  expect(named(page, "dim_films")).toMatchObject({ isBuilt: false, result: { state: "none" } });
  expect(named(page, "raw.films")).toMatchObject({ isBuilt: true });
});

test("a model that cannot be rendered fails the command, and the page of before stays", async () => {
  await run(FILES, "d/", { command: "docs" });
  const before = await readObjects(s3, "lake", "d/");
  const broken = { ...FILES, "models.last.sql": "{% set _ = run_query('select gone') %} select 1" };
  const { outcome } = await run(broken, "d/", { command: "docs" });
  expect(outcome).toMatchObject({ code: "42703", message: expect.stringContaining("model.shop.last") });
  expect(await readObjects(s3, "lake", "d/")).toEqual(before);
});

test("relations that cannot be looked at fail the command, behind a page without their columns", async () => {
  const files = {
    ...FILES,
    "models.other.yml": "sources: [{ name: far, database: elsewhere, tables: [{ name: films }] }]",
  };
  const { outcome } = await run(files, "e/", { command: "docs" });
  expect(outcome).toMatchObject({ code: "CatalogIncomplete", message: expect.stringContaining("elsewhere vs") });
  const found = await readObjects(s3, "lake", "e/");
  expect(JSON.parse(found["catalog.json"] ?? "").errors).toEqual([
    expect.stringContaining("Cross-db references not allowed"),
  ]);
  expect(named(dataOf(found["index.html"]), "far.films").columns).toEqual([]);
});
