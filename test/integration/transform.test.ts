import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { WorkOf } from "../../task-image/commands/command.ts";
import { transform } from "../../task-image/commands/transform.ts";
import { TaskFailure } from "../../task-image/errors.ts";
import { mountConfigMap } from "../support/dbt/dbt-command.ts";
import { until } from "../support/machine/until.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { aContext, aTask } from "../support/tasks/task.ts";

let server: PostgresServer;
let warehouse: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  warehouse = await server.createDatabase();
  await warehouse.query(`CREATE SCHEMA raw;
    CREATE TABLE raw.films AS
      SELECT i AS film_id, ('film ' || i)::varchar(255) AS title, (i % 50) / 10.0 AS user_rating FROM generate_series(1, 100) AS i`);
});

type Files = Readonly<Record<string, string>>;

async function run(files: Files, options: Partial<WorkOf<"transform">["transform"]> = {}) {
  const work: WorkOf<"transform"> = {
    verb: "transform",
    transform: { connection: "warehouse", schema: "analytics", project: { configMap: "models" }, ...options },
  };
  const context = aContext({ projectDirectory: mountConfigMap(files) });
  const outcome = await transform(aTask({ work, connections: { warehouse: warehouse.connection() } }), context);
  return { ...outcome, lines: context.lines };
}

async function failureOf(files: Files): Promise<TaskFailure> {
  const error = await run(files).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof TaskFailure) return error;
  throw new Error(`expected a failure of the task, got ${error}`);
}

async function relations(): Promise<Readonly<Record<string, string>>> {
  const rows = await warehouse.query(`SELECT n.nspname || '.' || c.relname AS name, c.relkind AS kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname IN ('analytics', 'analytics_marts') ORDER BY 1`);
  return Object.fromEntries(rows.map(({ name, kind }) => [name ?? "", kind ?? ""]));
}

async function value(sql: string): Promise<string | null | undefined> {
  const [row] = await warehouse.query(sql);
  return Object.values(row ?? {})[0];
}

const SOURCES = "sources: [{name: raw, tables: [{name: films}]}]";
const BASE = { "sources.yml": SOURCES, "a.sql": "select film_id, title from {{ source('raw', 'films') }}" };
const table = (sql: string) => `{{ config(materialized='table') }}\n${sql}`;

describe("materializations", () => {
  test("count the rows of tables and report progress by model", async () => {
    const { message, rows, lines } = await run({ ...BASE, "b.sql": table("select * from {{ ref('a') }}") });
    expect({ message, rows }).toEqual({ message: "2 models: 1 view, 1 table, 100 rows", rows: 100 });
    expect(lines.filter((line) => line.includes("model built"))).toHaveLength(2);
    expect(lines.find((line) => line.includes('"kelt":"progress"'))).toContain('"item":"a"');
  });

  test("a view keeps its grants, and views of others on it, when columns are added at its end", async () => {
    await run(BASE);
    await warehouse.query(
      "CREATE VIEW public.mine AS SELECT title FROM analytics.a; GRANT SELECT ON analytics.a TO PUBLIC",
    );
    await run({ ...BASE, "a.sql": "select film_id, title, user_rating from {{ source('raw', 'films') }}" });
    expect(await value("SELECT count(*) FROM public.mine")).toBe("100");
    expect(await value("SELECT relacl::text FROM pg_class WHERE oid = 'analytics.a'::regclass")).toContain("=r/");
  });

  test("a view whose columns change is made anew, with its grants and the project's views on it", async () => {
    const files = { ...BASE, "b.sql": "select title from {{ ref('a') }}", "c.sql": "select title from {{ ref('b') }}" };
    await run(files);
    await warehouse.query("GRANT SELECT ON analytics.a, analytics.c TO PUBLIC");
    await run({ ...files, "a.sql": "select title, film_id::text as film_id from {{ source('raw', 'films') }}" });
    expect(await value("SELECT pg_typeof(film_id) FROM analytics.a LIMIT 1")).toBe("text");
    expect(await value("SELECT count(*) FROM analytics.c")).toBe("100");
    const granted = "SELECT count(*) FROM pg_class WHERE relname IN ('a', 'c') AND relacl::text LIKE '%=r/%'";
    expect(await value(granted)).toBe("2");
  });

  test("a view of others is never lost: the model is refused with its name and nothing has changed", async () => {
    await run(BASE);
    await warehouse.query("CREATE VIEW public.mine AS SELECT film_id FROM analytics.a");
    const failure = await failureOf({ ...BASE, "a.sql": "select title from {{ source('raw', 'films') }}" });
    expect(failure).toMatchObject({ kind: "configuration", code: "RelationInUse" });
    expect(failure.message).toContain("public.mine");
    expect(await value("SELECT count(film_id) FROM public.mine")).toBe("100");
  });

  test("what else depends on a view is named too", async () => {
    await run(BASE);
    await warehouse.query(
      "CREATE FUNCTION public.titles() RETURNS SETOF analytics.a LANGUAGE sql AS 'SELECT * FROM analytics.a'",
    );
    const failure = await failureOf({ ...BASE, "a.sql": "select title from {{ source('raw', 'films') }}" });
    expect(failure.message).toContain("function titles()");
  });

  test("a table is swapped when nothing hangs on it, and refilled in place when something does", async () => {
    const files = { ...BASE, "b.sql": table("select * from {{ source('raw', 'films') }}") };
    await run(files);
    await warehouse.query(`CREATE VIEW public.mine AS SELECT * FROM analytics.b; CREATE INDEX by_title ON analytics.b (title);
      GRANT SELECT ON analytics.b TO PUBLIC; INSERT INTO raw.films VALUES (101, 'new', 5)`);
    const { rows } = await run(files);
    expect(rows).toBe(101);
    expect(await value("SELECT count(*) FROM public.mine")).toBe("101");
    expect(await value("SELECT count(*) FROM pg_indexes WHERE indexname = 'by_title'")).toBe("1");
    expect(await value("SELECT relacl::text FROM pg_class WHERE oid = 'analytics.b'::regclass")).toContain("=r/");
  });

  test("a table whose columns change keeps the project's views on it, and refuses to lose a view of others", async () => {
    const files = {
      ...BASE,
      "b.sql": table("select * from {{ ref('a') }}"),
      "c.sql": "select title from {{ ref('b') }}",
    };
    await run(files);
    const changed = { ...files, "b.sql": table("select title, film_id::text as id from {{ ref('a') }}") };
    await run(changed);
    expect(await value("SELECT count(*) FROM analytics.c")).toBe("100");
    expect(
      await value(
        "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'analytics.b'::regclass AND attnum > 0",
      ),
    ).toBe("title,id");
    await warehouse.query("CREATE VIEW public.mine AS SELECT id FROM analytics.b");
    const failure = await failureOf(files);
    expect(failure).toMatchObject({ kind: "configuration" });
    expect(failure.message).toContain("public.mine");
    expect(await value("SELECT count(id) FROM public.mine")).toBe("100");
  });

  test("a relation changes from view to table and back, and a model may read what it replaces", async () => {
    await run({ ...BASE, "b.sql": "select 1 as n" });
    await run({ ...BASE, "b.sql": table("select n + 1 as n from {{ this }}") });
    expect(await relations()).toEqual({ "analytics.a": "v", "analytics.b": "r" });
    await run({ ...BASE, "b.sql": table("select n + 1 as n from {{ this }}") });
    expect(await value("SELECT n FROM analytics.b")).toBe("3");
    await run({ ...BASE, "b.sql": "select 7 as n" });
    expect(await relations()).toEqual({ "analytics.a": "v", "analytics.b": "v" });
  });

  test("a materialized view of that name is not touched", async () => {
    await warehouse.query("CREATE SCHEMA analytics; CREATE MATERIALIZED VIEW analytics.a AS SELECT 1 AS n");
    const failure = await failureOf(BASE);
    expect(failure.message).toContain("analytics.a is a materialized view");
    expect(await relations()).toEqual({ "analytics.a": "m" });
  });

  test("schemas are made as dbt names them", async () => {
    const files = {
      ...BASE,
      "dbt_project.yml": "name: shop\nmodels: {shop: {marts: {+schema: marts, +materialized: table}}}",
    };
    await run({ ...files, "models.marts.m.sql": "select * from {{ ref('a') }}" });
    expect(await relations()).toEqual({ "analytics.a": "v", "analytics_marts.m": "r" });
  });

  test("variables of the node reach the models", async () => {
    const files = { "v.sql": "select '{{ var('word') }}' as word, {{ var('number') + 1 }} as number" };
    await run(files, { vars: { word: "näive", number: 41 } });
    expect((await warehouse.query("SELECT * FROM analytics.v"))[0]).toEqual({ word: "näive", number: "42" });
  });

  test("two pods never build the same model at once", async () => {
    await run({ ...BASE, "b.sql": table("select count(*) as n from {{ source('raw', 'films') }}") });
    const holder = await warehouse.connect();
    await holder.query("BEGIN");
    await holder.query("SELECT pg_advisory_xact_lock(hashtextextended('kelt analytics.b', 0))");
    const second = run({ ...BASE, "b.sql": table("select 0 as n") });
    await until("the second pod waits for the lock", async () => {
      const waiting = await value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
      return waiting === "1";
    });
    expect(await value("SELECT n FROM analytics.b")).toBe("100");
    await holder.query("COMMIT");
    await holder.end();
    expect((await second).lines.some((line) => line.includes("waiting for another writer"))).toBe(true);
    expect(await value("SELECT n FROM analytics.b")).toBe("0");
  });
});

describe("failures", () => {
  test("a misspelt column is reported at the line of the model, with the server's hint", async () => {
    const files = {
      ...BASE,
      "models.marts.b.sql": "{% set n = 1 %}\nselect {{ n }} as n,\n       titel -- ü 😀\nfrom {{ ref('a') }}",
    };
    const failure = await failureOf(files);
    expect(failure).toMatchObject({ kind: "configuration", code: "42703" });
    expect(failure.message).toContain('models/marts/b.sql:3:8: column "titel" does not exist');
    expect(failure.message).toContain('Perhaps you meant to reference the column "a.title"');
    expect(failure.message).toContain("in model b");
  });

  test("an error behind characters of four bytes is reported at its column", async () => {
    const failure = await failureOf({ "b.sql": "select '😀😀' as a, nope" });
    expect(failure.message).toContain("models/b.sql:1:21:");
  });

  test("an error in a macro is reported in the macro, with the place of its call", async () => {
    const macro = "{% macro twice(column) %}\n  {{ column }} * 2 + nope\n{% endmacro %}";
    const failure = await failureOf({
      ...BASE,
      "m.sql": macro,
      "b.sql": "select\n  {{ twice('film_id') }} as n\nfrom {{ ref('a') }}",
    });
    expect(failure.message).toContain('macros/m.sql:2:22: column "nope" does not exist');
    expect(failure.message).toContain("(in macro twice, called from models/b.sql:2:6)");
  });

  test("models behind a failed one are skipped, others are built, and the next run ends the work", async () => {
    const files = {
      ...BASE,
      "b.sql": "select nope from {{ ref('a') }}",
      "c.sql": "select * from {{ ref('b') }}",
      "d.sql": table("select * from {{ ref('a') }}"),
    };
    const failure = await failureOf(files);
    expect(failure.message).toContain("1 of 4 models failed");
    expect(failure.message).toContain("skipped because of it: c");
    expect(failure.measured).toEqual({ rows: 100 });
    expect(await relations()).toEqual({ "analytics.a": "v", "analytics.d": "r" });
    const { message } = await run({ ...files, "b.sql": "select title from {{ ref('a') }}" });
    expect(message).toBe("4 models: 3 views, 1 table, 100 rows");
  });

  test("a failed table leaves the one before it as it was", async () => {
    await run({ ...BASE, "b.sql": table("select 1 as n") });
    const failure = await failureOf({ ...BASE, "b.sql": table("select 1 / (film_id - 50) as n from {{ ref('a') }}") });
    expect(failure).toMatchObject({ kind: "data", code: "22012" });
    expect(await value("SELECT n FROM analytics.b")).toBe("1");
    expect(await relations()).toEqual({ "analytics.a": "v", "analytics.b": "r" });
  });

  test("a problem of the project stops it before the first statement, with every problem's place", async () => {
    const failure = await failureOf({
      ...BASE,
      "b.sql": "select 1 from {{ ref('aa') }}",
      "c.sql": "{{ config(materialized='incremental') }}",
    });
    expect(failure).toMatchObject({ kind: "configuration", code: "InvalidProject" });
    expect(failure.message).toContain(
      "models/b.sql:1:18: ref(): there is no model 'aa' in this project; did you mean 'a'?",
    );
    expect(failure.message).toContain("models/c.sql:1:4: materialized='incremental'");
    expect(await relations()).toEqual({});
  });

  test("a session that the server ends is transient", async () => {
    const running = failureOf({ "b.sql": table("select 1 as n from pg_sleep(60)") });
    await until("the model's session is ended", async () => {
      const ended = await value(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'kelt/%' AND query LIKE '%pg_sleep(60)%'",
      );
      return ended === "1";
    });
    expect(await running).toMatchObject({ kind: "transient" });
    expect(await relations()).toEqual({});
  });

  test("a task that is told to stop rolls back and is transient", async () => {
    const stop = new AbortController();
    const work: WorkOf<"transform"> = {
      verb: "transform",
      transform: { connection: "warehouse", schema: "analytics", project: { configMap: "models" } },
    };
    const directory = mountConfigMap({ "b.sql": table("select 1 as n from pg_sleep(60)") });
    const running = transform(
      aTask({ work, connections: { warehouse: warehouse.connection() } }),
      aContext({ projectDirectory: directory, signal: stop.signal }),
    ).catch((error: unknown) => error);
    await until(
      "the model is at work",
      async () =>
        (await value(
          "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'kelt/%' AND state = 'active' AND query LIKE '%pg_sleep(60)%'",
        )) === "1",
    );
    stop.abort();
    expect(await running).toMatchObject({ kind: "transient" });
    expect(await relations()).toEqual({});
  });
});
