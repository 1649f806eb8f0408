import { afterAll, beforeAll, expect, test } from "vitest";
import { RelationCache } from "../../../task-image/dbt/adapter/relation-cache.ts";
import { bridgeSession } from "../../../task-image/dbt/bridge/postgres-session.ts";
import { readRun } from "../../../task-image/dbt/run/read-run.ts";
import { runGraph } from "../../../task-image/dbt/run/run-graph.ts";
import { startRunThread } from "../../../task-image/dbt/run/run-thread.ts";
import { builtinMacros, openDbtSession } from "../../support/dbt/dbt-run.ts";
import { until } from "../../support/machine/until.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";

let server: PostgresServer;
let database: TestDatabase;
beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
});
afterAll(() => server.stop());

async function readFiles(files: Readonly<Record<string, string>>) {
  const tree = new Map(Object.entries({ "dbt_project.yml": "name: shop\nversion: '1'\n", ...files }));
  const run = readRun({
    tree,
    dbtMacros: await builtinMacros(),
    database: database.name,
    schema: "dbt",
    warehouse: "postgres",
    targetName: "dev",
    threads: 2,
    vars: {},
    environment: new Map(),
    flags: { FULL_REFRESH: false, STORE_FAILURES: false, WHICH: "build" },
    isEmpty: false,
    invocationId: "00000000-0000-4000-8000-000000000000",
    startedAt: 1_700_000_000_000_000n,
  });
  expect(run.problems).toEqual([]);
  return run;
}

/** Runs a project in threads of its own until the signal says so. */
async function runFiles(
  files: Readonly<Record<string, string>>,
  options: { threads: number; onStart?: (id: string) => void; signal?: AbortSignal },
) {
  const run = await readFiles(files);
  const input = run.inputFor([...run.manifest.nodes.keys(), ...run.manifest.unitTests.keys()], "run");
  await using stack = new AsyncDisposableStack();
  const cache = new RelationCache();
  const threads = [];
  for (let index = 0; index < options.threads; index += 1) {
    const session = stack.use(await openDbtSession(database, options.signal));
    threads.push(stack.use(startRunThread({ input, session: bridgeSession(session), cache, onSaid: () => undefined })));
  }
  const stopped = new Promise<never>((_, reject) => {
    options.signal?.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
  });
  const ran = runGraph({
    input,
    threads,
    testsStop: true,
    failFast: false,
    readSeed: ({ unique_id }) => Promise.resolve(run.seeds.get(unique_id)),
    onStart: options.onStart ?? (() => undefined),
    onEnd: () => undefined,
  });
  return new Map((await Promise.race([ran, stopped])).map((each) => [each.id, each] as const));
}

test("a project's files are read and run: settings, seeds, sources, generic tests, hooks and variables", async () => {
  const results = await runFiles(
    {
      "dbt_project.yml":
        "name: shop\nversion: '1'\nvars: {least: 1}\non-run-start: ['create table if not exists public.started (at int)']\non-run-end: ['insert into public.started values (1)']\nmodels: {shop: {marts: {+materialized: table, +schema: marts}}}\n",
      "seeds/raw.csv": "id,name\n1,a\n2,b\n",
      "models/staging.sql": "select * from {{ ref('raw') }} where id >= {{ var('least') }}",
      "models/marts/fact.sql": "select id, count(*) over () as n from {{ ref('staging') }}",
      "models/schema.yml":
        "models: [{name: staging, columns: [{name: id, data_tests: [unique, not_null, {accepted_values: {arguments: {values: [1, 2], quote: false}}}]}]}]",
      "tests/few.sql": "select * from {{ ref('fact') }} where n > 5",
    },
    { threads: 2 },
  );
  expect([...results.values()].filter(({ status }) => status !== "success" && status !== "pass")).toEqual([]);
  expect(results.size).toBe(9);
  expect(await database.query("select id, n from dbt_marts.fact order by id")).toEqual([
    { id: "1", n: "2" },
    { id: "2", n: "2" },
  ]);
  expect(await database.query("select at from public.started")).toEqual([{ at: "1" }]);
});

test("unit tests run a model's query over fixtures, before the model, which a failing one stops", async () => {
  await database.query("create schema raw; create table raw.orders (id int, kind text)");
  const results = await runFiles(
    {
      "models/kinds.sql": "select 'a'::text as kind, 'Apples'::text as label",
      "models/totals.sql":
        "select label, count(*) as n, {{ rate() }} * {{ var('rate', 1) }} as rate from {{ source('raw', 'orders') }} join {{ ref('kinds') }} using (kind) group by 1",
      "models/after.sql": "select * from {{ ref('totals') }}",
      "macros/rate.sql": "{% macro rate() %}2{% endmacro %}",
      "models/schema.yml": `
sources: [{name: raw, tables: [{name: orders}]}]
unit_tests:
  - name: counts
    model: totals
    overrides: {macros: {rate: 5}, vars: {rate: 3}}
    given:
      - {input: "source('raw', 'orders')", rows: [{id: 1, kind: a}, {id: 2, kind: a}, {id: 3, kind: b}]}
      - {input: "ref('kinds')", format: csv, rows: "kind,label\\na,Apples\\nb,\\"Be,ans\\""}
    expect: {rows: [{label: "Be,ans", n: 1, rate: 15}, {label: Apples, n: 2, rate: 15}]}
  - name: wrong
    model: totals
    given:
      - {input: "source('raw', 'orders')", rows: [{id: 1, kind: a}]}
      - {input: "ref('kinds')", format: sql, rows: "select 'a' as kind, 'A' as label"}
    expect: {rows: [{label: A, n: 2, rate: 2}]}
`,
    },
    { threads: 1 },
  );
  expect(Object.fromEntries([...results].map(([id, { status }]) => [id, status]))).toEqual({
    "model.shop.kinds": "success",
    "unit_test.shop.totals.counts": "pass",
    "unit_test.shop.totals.wrong": "fail",
    "model.shop.totals": "skipped",
    "model.shop.after": "skipped",
  });
  expect(results.get("unit_test.shop.totals.wrong")?.message).toBe(
    "the model's rows differ from those expected: 1 are not expected, 1 are missing",
  );
});

test("as many nodes run at once as there are threads", async () => {
  // Each of them waits until the other one has begun; alone, either would wait for the end of the test.
  const meet = (own: number, other: number) => `
{%- set seen = namespace(other=false) -%}
{%- if execute -%}
  {%- do run_query("select pg_advisory_lock(${own})") -%}
  {%- for turn in range(100000) -%}
    {%- if not run_query("select pg_try_advisory_lock(${other})").rows[0][0] -%}
      {%- set seen.other = true -%}{%- break -%}
    {%- endif -%}
    {%- do run_query("select pg_advisory_unlock(${other})") -%}
  {%- endfor -%}
  {%- if not seen.other -%}{{ exceptions.raise_compiler_error("the other one did not come") }}{%- endif -%}
{%- endif -%}
select 1 as a`;
  const results = await runFiles({ "models/one.sql": meet(1, 2), "models/two.sql": meet(2, 1) }, { threads: 2 });
  expect([...results.values()].map(({ status }) => status)).toEqual(["success", "success"]);
});

test.each([
  ["waits for the database", "{% if execute %}{% do run_query('select pg_sleep(3600)') %}{% endif %}select 1 as a"],
  [
    "computes without an end",
    "{% if execute %}{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}{% endif %}select 1 as a",
  ],
])("a run that is stopped ends a thread that %s, and its session", async (_, sql) => {
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const run = runFiles(
    { "models/endless.sql": sql },
    { threads: 1, signal: stop.signal, onStart: () => begun.resolve() },
  );
  await begun.promise;
  stop.abort();
  await expect(run).rejects.toThrow("stopped");
  await until("the session's end", async () => {
    const left = await database.query(
      "select 1 from pg_stat_activity where query like '%pg_sleep(3600)%' and pid <> pg_backend_pid()",
    );
    return left.length === 0;
  });
});
