import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Data } from "../../../task-image/dbt/project/data.ts";
import { type ProjectSpec, runProject } from "../../support/dbt/dbt-run.ts";
import {
  POSTGRES_VERSIONS,
  type PostgresServer,
  startPostgres,
  type TestDatabase,
} from "../../support/servers/postgres.ts";

const statusOf = (results: ReadonlyMap<string, { status: string; message: string }>) =>
  Object.fromEntries([...results].map(([name, { status, message }]) => [name, status === "error" ? message : status]));

describe.each(POSTGRES_VERSIONS)("models on Postgres %s", (version) => {
  let server: PostgresServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startPostgres({}, undefined, version);
    database = await server.createDatabase();
    await database.query("create schema raw; create table raw.orders (id int, status text, at date)");
    await database.query("insert into raw.orders values (1, 'new', '2024-01-01'), (2, 'paid', '2024-01-02')");
  });
  afterAll(() => server.stop());

  const sources = [{ source: "raw", table: "orders", schema: "raw" }];

  test("a view and a table are made, and replaced with the statements of dbt", async () => {
    const project: ProjectSpec = {
      sources,
      nodes: [
        { name: "v", sql: "select id, status from {{ source('raw', 'orders') }}" },
        { name: "t", sql: "select * from {{ ref('v') }} -- a comment at the end", config: { materialized: "table" } },
      ],
    };
    const first = await runProject(database, project);
    expect(statusOf(first.results)).toEqual({ v: "success", t: "success" });
    expect(first.results.get("t")).toMatchObject({ message: "SELECT 2", rows: 2 });
    const second = await runProject(database, project);
    const name = `"${database.name}"."dbt"."t`;
    expect(second.statements.filter((each) => each.includes('"t"') || each.includes('"t__'))).toEqual([
      `create table ${name}__dbt_tmp" as ( select * from "${database.name}"."dbt"."v" -- a comment at the end );`,
      `alter table ${name}" rename to "t__dbt_backup"`,
      `alter table ${name}__dbt_tmp" rename to "t"`,
      `drop table if exists ${name}__dbt_backup" cascade`,
    ]);
    expect(await database.query("select count(*) from dbt.t")).toEqual([{ count: "2" }]);
    expect(await database.query("select relname from pg_class where relname like '%\\_\\_dbt\\_%'")).toEqual([]);
  });

  test("statements carry the comment of the project, with the node that they belong to", async () => {
    const project = (queryComment?: Data): ProjectSpec => ({
      nodes: [
        { name: "said", sql: "select 1 as a" },
        { type: "operation", name: "shop-on-run-end-0", sql: "select 2 as b", tags: ["on-run-end"] },
      ],
      ...(queryComment === undefined ? {} : { queryComment }),
    });
    const views = ({ statements }: { statements: readonly string[] }) =>
      statements.filter((each) => /create view|as b/.test(each));
    const own = await runProject(
      database,
      project({
        comment: "{{ connection_name }}: {{ node.name if node else 'nobody' }}{{ node.other }}",
        append: true,
      }),
    );
    expect(views(own)).toEqual([
      expect.stringMatching(/^create view .* \) \/\* model\.shop\.said: said \*\/;$/),
      "select 2 as b /* master: nobody */",
    ]);
    const dbts = await runProject(database, project({ append: false }));
    const about = '"app": "dbt", "dbt_version": "1.11.16", "profile_name": null, "target_name": null';
    expect(views(dbts)).toEqual([
      expect.stringContaining(`/* {${about}, "node_id": "model.shop.said"} */ create view`),
      `/* {${about}, "connection_name": "master"} */ select 2 as b`,
    ]);
    expect(views(await runProject(database, project()))[1]).toBe("select 2 as b");
  });

  test("a table takes the place of a view, and a view of a table", async () => {
    const as = (materialized: string) => ({
      nodes: [{ name: "turn", sql: "select 1 as a", config: { materialized } }],
    });
    const kind = async () => await database.query("select relkind from pg_class where relname = 'turn'");
    await runProject(database, as("view"));
    await runProject(database, as("table"));
    expect(await kind()).toEqual([{ relkind: "r" }]);
    await runProject(database, as("view"));
    expect(await kind()).toEqual([{ relkind: "v" }]);
  });

  test("ephemeral models stand in front of the query, each once, behind a with of its own", async () => {
    const run = await runProject(database, {
      nodes: [
        { name: "e1", sql: "select 1 as a", config: { materialized: "ephemeral" } },
        { name: "e2", sql: "select a from {{ ref('e1') }}", config: { materialized: "ephemeral" } },
        { name: "plain", sql: "select * from {{ ref('e2') }} join {{ ref('e1') }} using (a)" },
        { name: "own", sql: "-- why\nwith x as (select a from {{ ref('e1') }}) select a from x" },
        {
          type: "test",
          name: "of_e2",
          test: {
            name: "not_null",
            kwargs: { model: "{{ get_where_subquery(ref('e2')) }}", column_name: "a" },
          },
        },
      ],
    });
    expect(statusOf(run.results)).toEqual({ plain: "success", own: "success", of_e2: "pass" });
    expect(run.results.get("plain")?.compiledCode?.replace(/\s+/g, " ")).toBe(
      "with __dbt__cte__e1 as ( select 1 as a ), __dbt__cte__e2 as ( select a from __dbt__cte__e1 ) select * from __dbt__cte__e2 join __dbt__cte__e1 using (a)",
    );
    expect(run.results.get("own")?.compiledCode).toMatch(
      /^-- why\nwith {2}__dbt__cte__e1 as \(\nselect 1 as a\n\), x as/,
    );
  });

  test("queries while rendering answer with Python's types", async () => {
    const sql = `{% set found = run_query("select 3::int8 as i, 240.0::float8 as f, 1.50::numeric as n, true as b, null::int as x, date '2024-01-31' as d, timestamp '2024-01-31 09:05:00' as ts, array[1,2] as a, jsonb_build_object('k', array[1, null]) as j, interval '1 day 2 hours' as v, 't' as t") %}
select '{{ found.rows[0].values() | join('|') }}' as seen, '{{ found.columns['i'].values()[0] + 1 }}' as more`;
    const run = await runProject(database, { nodes: [{ name: "asked", sql, config: { materialized: "table" } }] });
    expect(statusOf(run.results)).toEqual({ asked: "success" });
    expect(await database.query("select seen, more from dbt.asked")).toEqual([
      {
        seen: '3|240.0|1.50|True|None|2024-01-31|2024-01-31 09:05:00|[1, 2]|{"k": [1, null]}|1 day, 2:00:00|t',
        more: "4",
      },
    ]);
  });

  test("what a project overrides is used: a macro of dbt, a dispatched one, a materialization, ref through builtins", async () => {
    const macros = `
{% macro postgres__create_view_as(relation, sql) %}create view {{ relation }} as select 'mine'::text as by, x.* from ({{ sql }}) x;{% endmacro %}
{% macro ref(name) %}{% do return(builtins.ref(name)) %}{% endmacro %}
{% materialization twice, adapter='postgres' %}
  {%- set target = this.incorporate(type='table') -%}
  {% call statement('main') %}drop table if exists {{ target }}; create table {{ target }} as select * from ({{ sql }}) a union all select * from ({{ sql }}) b{% endcall %}
  {% do adapter.commit() %}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}`;
    const run = await runProject(database, {
      macros,
      nodes: [
        { name: "mine", sql: "select 1 as a" },
        { name: "doubled", sql: "select a from {{ ref('mine') }}", config: { materialized: "twice" } },
      ],
    });
    expect(statusOf(run.results)).toEqual({ mine: "success", doubled: "success" });
    expect(await database.query("select by, a from dbt.mine")).toEqual([{ by: "mine", a: "1" }]);
    expect(await database.query("select count(*) from dbt.doubled")).toEqual([{ count: "2" }]);
  });

  test("hooks run inside and outside of the transaction, grants and comments are set, and indexes made", async () => {
    await database.query("create role reader");
    const run = await runProject(database, {
      nodes: [
        {
          name: "dressed",
          sql: "select 1 as id, 'x'::text as label",
          description: "What it's for",
          columns: { id: { description: "Its key" } },
          config: {
            materialized: "table",
            indexes: [
              { columns: ["id"], unique: true },
              { columns: ["label"], type: "hash" },
            ],
            grants: { select: ["reader"] },
            persist_docs: { relation: true, columns: true },
            "pre-hook": [{ sql: "create table if not exists dbt.hooked (at text)", transaction: true, index: null }],
            "post-hook": [
              "insert into dbt.hooked values ('{{ this.name }}')",
              { sql: "vacuum dbt.hooked", transaction: false, index: null },
            ],
          },
        },
      ],
    });
    expect(statusOf(run.results)).toEqual({ dressed: "success" });
    expect(await database.query("select at from dbt.hooked")).toEqual([{ at: "dressed" }]);
    expect(run.statements.indexOf("vacuum dbt.hooked")).toBeGreaterThan(run.statements.lastIndexOf("COMMIT") - 1);
    expect(
      await database.query(
        "select has_table_privilege('reader', 'dbt.dressed', 'select') as granted, obj_description('dbt.dressed'::regclass) as docs, col_description('dbt.dressed'::regclass, 1) as column",
      ),
    ).toEqual([{ granted: "t", docs: "What it's for", column: "Its key" }]);
    const indexes = await database.query("select indexdef from pg_indexes where tablename = 'dressed' order by 1");
    expect(indexes.map(({ indexdef }) => indexdef?.replace(/INDEX \S+ /, "INDEX "))).toEqual([
      "CREATE INDEX ON dbt.dressed USING hash (label)",
      "CREATE UNIQUE INDEX ON dbt.dressed USING btree (id)",
    ]);
  });

  test("a contract is held: constraints are made, and what does not fit is refused with a table", async () => {
    const columns = {
      id: { data_type: "integer", constraints: [{ type: "not_null" }, { type: "check", expression: "id > 0" }] },
      label: { data_type: "text" },
    };
    const config = { materialized: "table", contract: { enforced: true, alias_types: true } };
    const constraints = [{ type: "primary_key", columns: ["id"] }];
    const good = await runProject(database, {
      nodes: [{ name: "kept", sql: "select 'a'::text as label, 1 as id", config, columns, constraints }],
    });
    expect(statusOf(good.results)).toEqual({ kept: "success" });
    expect(
      await database.query(
        "select pg_get_constraintdef(oid) as is from pg_constraint where conrelid = 'dbt.kept'::regclass and contype in ('c', 'p') order by 1",
      ),
    ).toEqual([{ is: "CHECK ((id > 0))" }, { is: "PRIMARY KEY (id)" }]);
    const child = {
      id: { data_type: "integer", constraints: [{ type: "foreign_key", to: "ref('kept')", to_columns: ["id"] }] },
    };
    const held = await runProject(
      database,
      { nodes: [{ name: "kept" }, { name: "child", sql: "select id from {{ ref('kept') }}", config, columns: child }] },
      { select: ["child"] },
    );
    expect(statusOf(held.results)).toEqual({ child: "success" });
    expect(
      await database.query(
        "select confrelid::regclass as to from pg_constraint where conrelid = 'dbt.child'::regclass",
      ),
    ).toEqual([{ to: "dbt.kept" }]);
    const bad = await runProject(database, {
      nodes: [{ name: "broken", sql: "select 1.5::float8 as id", config, columns }],
    });
    expect(bad.results.get("broken")?.message).toContain("This model has an enforced contract that failed.");
    expect(bad.results.get("broken")?.message).toMatch(/\| id +\| FLOAT +\| INTEGER +\| data type mismatch +\|/);
    expect(bad.results.get("broken")?.message).toMatch(/\| label +\| +\| TEXT +\| missing in definition +\|/);
  });

  test("a materialized view is made, refreshed, and gets its indexes changed", async () => {
    const view = (columns: readonly string[]) => ({
      nodes: [
        {
          name: "m",
          sql: "select 1 as a, 2 as b",
          config: { materialized: "materialized_view", indexes: [{ columns }] },
        },
      ],
    });
    const indexes = async () =>
      (await database.query("select indexdef from pg_indexes where tablename = 'm'")).map(({ indexdef }) =>
        indexdef?.slice(-3),
      );
    expect(statusOf((await runProject(database, view(["a"]))).results)).toEqual({ m: "success" });
    expect(await indexes()).toEqual(["(a)"]);
    const again = await runProject(database, view(["a"]));
    expect(again.statements.some((each) => each.startsWith("refresh materialized view"))).toBe(true);
    expect(statusOf((await runProject(database, view(["b"]))).results)).toEqual({ m: "success" });
    expect(await indexes()).toEqual(["(b)"]);
  });

  test("an error of the database says where in the model, and its SQLSTATE; a mistake in a macro says where in it", async () => {
    const run = await runProject(database, {
      macros: "{% macro wrong(x) %}\n  {{ x + 'a' }}\n{% endmacro %}",
      nodes: [
        {
          name: "bad",
          sql: "{% set a = 1 %}\nselect {{ a }},\n  nope\nfrom raw.orders",
          config: { materialized: "table" },
        },
        { name: "worse", sql: "select {{ wrong(1) }}" },
        { name: "after", sql: "select * from {{ ref('bad') }}" },
        { name: "fine", sql: "select 1 as a" },
      ],
    });
    expect(run.results.get("bad")).toMatchObject({ status: "error", sqlState: "42703" });
    expect(run.results.get("bad")?.message).toMatch(/^models\/bad\.sql:3:3: column "nope" does not exist/);
    expect(run.results.get("worse")?.message).toBe(
      "macros/own.sql:2:8: '+' does not work between int and str: join texts with '~' (in macro wrong, called from models/worse.sql:1:11)",
    );
    expect(run.results.get("after")).toMatchObject({
      status: "skipped",
      message: "skipped, because model.shop.bad failed",
    });
    expect(run.results.get("fine")?.status).toBe("success");
  });
});
