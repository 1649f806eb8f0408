import { beforeEach, describe, expect, test } from "vitest";
import { Transform } from "#api/transform.ts";
import { type ConfigMapFiles, runTransform } from "../../support/dbt/dbt-command.ts";
import { useDbtWarehouse } from "../../support/dbt/dbt-warehouse.ts";

const dbt = useDbtWarehouse();

const SHOP: ConfigMapFiles = {
  "dbt_project.yml": "name: shop\nmodels: {shop: {marts: {+materialized: table, +tags: [daily]}}}\n",
  "seeds.kinds.csv": "id,kind\n1,a\n2,b\n",
  "models.staging.kinds_view.sql": "select id, {{ shout('kind') }} as kind from {{ ref('kinds') }}",
  "models.marts.fact.sql": "select kind, count(*) as n from {{ ref('kinds_view') }} group by 1",
  "models.schema.yml":
    "models: [{name: fact, columns: [{name: kind, data_tests: [unique, {accepted_values: {arguments: {values: [A, B]}}}]}]}]",
  "macros.shout.sql": "{% macro shout(column) %}upper({{ column }}){% endmacro %}",
  "tests.few.sql": "select * from {{ ref('fact') }} where n > {{ var('most', 1) }}",
  "logo.png": Buffer.from([0x89, 0x50, 0xff, 0xfe]),
};

const run = (files: ConfigMapFiles, fields: object = {}) => runTransform(dbt.warehouse, files, fields);

const tables = async () =>
  (
    await dbt.warehouse.query(
      "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables WHERE table_schema LIKE 'dbt%' AND table_name NOT LIKE '\\_kelt%' ORDER BY 1",
    )
  ).map(({ name }) => name);

describe("a model over a table whose rows a policy hides from the role", () => {
  const files = (hook = "") => ({
    "dbt_project.yml": "name: shop\n",
    "models.part.sql": `{{ config(materialized='table'${hook}) }} select id from raw.items`,
  });
  const asBuilder = (given: ConfigMapFiles) => {
    const connections = { warehouse: dbt.warehouse.connection({ user: "builder", password: "x" }) };
    return runTransform(dbt.warehouse, given, {}, { connections });
  };
  beforeEach(() =>
    dbt.warehouse.query(`DO $$ BEGIN CREATE ROLE builder LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT CREATE ON DATABASE ${dbt.warehouse.name} TO builder; CREATE SCHEMA raw; GRANT USAGE ON SCHEMA raw TO builder;
      CREATE TABLE raw.items AS SELECT i AS id FROM generate_series(1, 10) AS i; GRANT SELECT ON raw.items TO builder;
      ALTER TABLE raw.items ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON raw.items USING (id <= 3)`),
  );

  test("is not built of a part, and says what to do", async () => {
    const { outcome } = await asBuilder(files());
    expect(outcome).toMatchObject({
      kind: "configuration",
      message: expect.stringMatching(/row-level security policy for table "items".*hidden from this role.*BYPASSRLS/),
    });
    expect(await dbt.warehouse.query("SELECT 1 FROM pg_class WHERE relname = 'part'")).toEqual([]);
  });

  test("is built of that part where a hook says so", async () => {
    const { outcome } = await asBuilder(files(", pre_hook='set row_security = on'"));
    expect(outcome).toMatchObject({ message: "1 node: 1 success" });
    expect(await dbt.warehouse.query("SELECT count(*) FROM dbt.part")).toEqual([{ count: "3" }]);
  });
});

describe("a dbt project in a ConfigMap", () => {
  test("is built as it is: seeds, models, macros and tests, each an item", async () => {
    const { outcome, states } = await run(SHOP);
    expect(outcome).toMatchObject({ message: "6 nodes: 3 success, 3 pass", tests: { passed: 3, failed: 0 } });
    expect(states).toMatchObject({ kinds: "Succeeded", kinds_view: "Succeeded", fact: "Succeeded", few: "Succeeded" });
    expect(await dbt.warehouse.query("SELECT kind, n FROM dbt.fact ORDER BY 1")).toEqual([
      { kind: "A", n: "1" },
      { kind: "B", n: "1" },
    ]);
  });

  test("stops behind a failing test, and says which rows it found", async () => {
    const files = { ...SHOP, "models.after.sql": "select * from {{ ref('fact') }}" };
    const { outcome, states } = await run(files, { vars: { most: 0 } });
    expect(outcome).toMatchObject({ kind: "data", code: "CheckFailed", message: expect.stringContaining("few") });
    expect(states).toMatchObject({ few: "Failed", fact: "Succeeded", after: "Skipped" });
    expect(await tables()).not.toContain("dbt.after");
  });

  test("is built in part: what is selected, and nothing that is excluded", async () => {
    await run(SHOP, { command: "seed" });
    expect(await tables()).toEqual(["dbt.kinds"]);
    const { outcome } = await run(SHOP, { command: "run", select: ["+tag:daily"], exclude: ["kinds_view"] });
    expect(outcome).toMatchObject({ kind: "configuration" });
    expect(await run(SHOP, { command: "run", threads: 1 })).toMatchObject({
      outcome: { message: "2 nodes: 2 success" },
    });
  });

  test("is refused with file and line before anything runs, and a misspelt column names the model's line", async () => {
    const broken = await run({ ...SHOP, "models.marts.fact.sql": "select 1\nfrom {{ ref('kind_view') }}" });
    expect(broken.outcome).toMatchObject({ kind: "configuration", code: "InvalidProject" });
    expect((broken.outcome as Error).message).toMatch(/models\/marts\/fact\.sql:2.*kind_view.*kinds_view/);
    expect(await tables()).toEqual([]);
    const misspelt = await run({
      ...SHOP,
      "models.marts.fact.sql": "select\n  knd, 1 as n, 'x' as kind from {{ ref('kinds_view') }}",
    });
    expect(misspelt.outcome).toMatchObject({ kind: "configuration", code: "42703" });
    expect((misspelt.outcome as Error).message).toContain("models/marts/fact.sql:2:3");
    const wide = await run({ ...SHOP, "models.marts.fact.sql": "select '😀😀' as kind, 1 as n, nope" });
    expect((wide.outcome as Error).message).toContain("models/marts/fact.sql:1:32");
  });

  test("says where in a macro a statement is wrong, and where the macro was called", async () => {
    const { outcome } = await run({
      ...SHOP,
      "macros.twice.sql": "{% macro twice(column) %}\n  {{ column }} * 2 + nope\n{% endmacro %}",
      "models.marts.fact.sql": "select\n  {{ twice('id') }} as n\nfrom {{ ref('kinds_view') }}",
    });
    const place = "macros/twice.sql:2:22";
    expect((outcome as Error).message).toContain(place);
    expect((outcome as Error).message).toContain("in macro twice, called from models/marts/fact.sql:2:6");
  });

  test("that has nothing to do for a command says so", async () => {
    expect(await run(SHOP, { command: "snapshot" })).toMatchObject({
      outcome: { message: "no node: snapshot takes nothing of what is selected" },
    });
  });
});

test("a node that names no command builds", () => {
  const said = { connection: "warehouse", schema: "dbt", project: { configMap: "shop" } };
  expect(Transform.parse(said)).toMatchObject({ command: "build" });
});

test("tests are items with what they found by severity, conditions and limit, and a query that shows it", async () => {
  const files = {
    "dbt_project.yml": "name: shop\n",
    "models.numbers.sql": "select n, nullif(n % 2, 0) as odd from generate_series(1, 20) as n",
    "models.schema.yml": `
models:
  - name: numbers
    columns:
      - name: odd
        data_tests:
          - not_null: { name: kept, config: { store_failures: true, where: n < 9, error_if: "> 4", schema: audit } }
          - not_null: { name: bounded, config: { limit: 3, severity: warn } }
          - unique: { name: counted, config: { fail_calc: sum(n_records), warn_if: "> 100", error_if: "> 9" } }
`,
  };
  const { items, outcome } = await run(files);
  expect(outcome).toMatchObject({ code: "CheckFailed", measured: { tests: { passed: 0, warned: 2, failed: 1 } } });
  const tests = new Map(items.filter(({ kind }) => kind === "test").map((item) => [item.name.split(".")[0], item]));
  expect(tests.get("kept")).toMatchObject({ state: "Warned", failures: 4 });
  expect(tests.get("bounded")).toMatchObject({ state: "Warned", failures: 3 });
  expect(tests.get("counted")).toMatchObject({ state: "Failed", failures: 10 });
  const shown = async (name: string) => {
    const [message = "", query = ""] = (tests.get(name)?.message ?? "").split(", see: ");
    return [message, (await dbt.warehouse.query(query)).length];
  };
  expect(await shown("kept")).toEqual(["Got 4 results, configured to warn if != 0", 4]);
  expect(await shown("bounded")).toEqual(["Got 3 results, configured to warn if != 0", 10]);
  expect(await shown("counted")).toEqual(["Got 10 results, configured to fail if > 9", 1]);
  expect(await dbt.warehouse.query("SELECT n FROM dbt_audit.kept ORDER BY n")).toHaveLength(4);
});

describe("freshness of sources", () => {
  const FILES: ConfigMapFiles = {
    "dbt_project.yml": "name: shop\n",
    "models.sources.yml": `
sources:
  - name: raw
    config: { loaded_at_field: loaded, freshness: { warn_after: { count: 1, period: hour }, error_after: { count: 2, period: day } } }
    tables: [{ name: new }, { name: old }, { name: stale }, { name: empty }, { name: unasked, config: { freshness: null } }]
`,
  };
  const fill = async () => {
    await dbt.warehouse.query("CREATE SCHEMA raw");
    for (const table of ["new", "old", "stale", "empty"]) {
      await dbt.warehouse.query(`CREATE TABLE raw.${table} (loaded timestamptz)`);
    }
    await dbt.warehouse.query("INSERT INTO raw.new VALUES (now())");
    await dbt.warehouse.query("INSERT INTO raw.old VALUES (now() - interval '3 hours'), (now() - interval '9 days')");
    await dbt.warehouse.query("INSERT INTO raw.stale VALUES (now() - interval '3 days 4 hours 1 minute')");
  };

  test("is an item of each source that has limits, and one past error_after fails the node", async () => {
    await fill();
    const { outcome, states } = await run(FILES, { command: "freshness" });
    expect(states).toEqual({
      "raw.new": "Succeeded",
      "raw.old": "Warned",
      "raw.stale": "Failed",
      "raw.empty": "Failed",
    });
    expect(outcome).toMatchObject({
      code: "CheckFailed",
      measured: { tests: { passed: 1, warned: 1, failed: 2, errored: 0 }, health: { sources: { good: 1, of: 4 } } },
    });
    expect((outcome as Error).message).toContain("the newest row is 3 days 4 hours old: error_after is 2 days");
    expect((outcome as Error).message).toContain("source.shop.raw.empty: there is no row: error_after is 2 days");
  });

  test("passes with warnings alone, for the sources that are selected", async () => {
    await fill();
    const { outcome } = await run(FILES, { command: "freshness", select: ["source:raw.new", "source:raw.old"] });
    expect(outcome).toMatchObject({ message: "2 sources: 1 pass, 1 warn", tests: { passed: 1, warned: 1 } });
  });

  test("of a table that is not there says where it was looked for", async () => {
    const { outcome } = await run(FILES, { command: "freshness", select: ["source:raw.new"] });
    expect(outcome).toMatchObject({
      kind: "configuration",
      code: "42P01",
      message: expect.stringContaining("raw.new"),
    });
  });
});

test("compile renders every model and makes nothing, and names the first that it cannot render", async () => {
  expect(await run(SHOP, { command: "compile" })).toMatchObject({ outcome: { message: "6 nodes: 6 success" } });
  expect(await dbt.warehouse.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'dbt%'")).toEqual([]);
  const files = {
    ...SHOP,
    "models.marts.fact.sql": "select {{ exceptions.raise_compiler_error('not so') if execute }}",
  };
  const { outcome, states } = await run(files, { command: "compile", exclude: ["resource_type:test"] });
  expect(outcome).toMatchObject({ code: "InvalidProject", message: expect.stringContaining("not so") });
  expect(states).toMatchObject({ kinds: "Succeeded", kinds_view: "Succeeded" });
});
