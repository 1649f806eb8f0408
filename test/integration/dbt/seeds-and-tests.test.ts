import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProject } from "../../support/dbt/dbt-run.ts";
import {
  POSTGRES_VERSIONS,
  type PostgresServer,
  startPostgres,
  type TestDatabase,
} from "../../support/servers/postgres.ts";

describe.each(POSTGRES_VERSIONS)("seeds and tests on Postgres %s", (version) => {
  let server: PostgresServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startPostgres({}, undefined, version);
    database = await server.createDatabase();
  });
  afterAll(() => server.stop());

  const typesOf = async (table: string) => {
    const columns = await database.query(
      `select column_name as name, data_type as type from information_schema.columns where table_name = '${table}' order by ordinal_position`,
    );
    return Object.fromEntries(columns.map(({ name, type }) => [String(name), type]));
  };

  test("a seed's columns have the types that dbt guesses, and nulls, quotes and backslashes arrive as they are", async () => {
    const seed = [
      "i,f,money,d,ts,b,t,zero,empty",
      '1,1.5,"$1,000",2024-1-2,2024-01-02 3:04:05,true,"it\'s ""q"" \\ %s, x",007,',
      "2,2,20%,2024-02-03,2024-02-03 00:00:00,FALSE,null,8,",
      ",,,,,,  ,,",
    ].join("\n");
    const run = await runProject(database, { nodes: [{ type: "seed", name: "guessed" }], seeds: { guessed: seed } });
    expect(run.results.get("guessed")).toMatchObject({ status: "success", message: "INSERT 3", rows: 3 });
    expect(await typesOf("guessed")).toEqual({
      i: "integer",
      f: "double precision",
      money: "integer",
      d: "date",
      ts: "timestamp without time zone",
      b: "boolean",
      t: "text",
      zero: "integer",
      empty: "integer",
    });
    expect(
      (await database.query("select * from dbt.guessed")).map((row) =>
        Object.values(row)
          .map((cell) => cell ?? "-")
          .join("|"),
      ),
    ).toEqual([
      '1|1.5|1000|2024-01-02|2024-01-02 03:04:05|t|it\'s "q" \\ %s, x|7|-',
      "2|2|20|2024-02-03|2024-02-03 00:00:00|f|-|8|-",
      "-|-|-|-|-|-|-|-|-",
    ]);
  });

  test("a large seed goes in by COPY with the same values, unless the project has a loading macro of its own", async () => {
    const node = { type: "seed" as const, name: "large", config: { column_types: { code: "varchar(9)" } } };
    const cells = (index: number) => `${index},00${index},"a ""q"", \\ ${index}",2024-01-02 3:04:05,${index}.5,,true`;
    const text = `id,code,name,at,amount,nothing,flag\n${Array.from({ length: 1200 }, (_, index) => cells(index)).join("\n")}\n`;
    const whole = { nodes: [node], seeds: { large: text } };
    const run = await runProject(database, whole);
    expect(run.results.get("large")).toMatchObject({ status: "success", message: "INSERT 1200", rows: 1200 });
    expect(run.statements.filter((each) => each.startsWith("copy "))).toHaveLength(1);
    expect(await database.query("select count(*) as n, sum(id) as ids from dbt.large")).toEqual([
      { n: "1200", ids: "719400" },
    ]);
    const copied = await database.query("select * from dbt.large where id in (0, 7) order by id");
    const types = await typesOf("large");
    const macros =
      "{% macro load_csv_rows(model, agate_table) %}{{ return(default__load_csv_rows(model, agate_table)) }}{% endmacro %}";
    const own = await runProject(database, { ...whole, macros }, { fullRefresh: true });
    expect(own.statements.some((each) => each.startsWith("copy "))).toBe(false);
    expect(await database.query("select * from dbt.large where id in (0, 7) order by id")).toEqual(copied);
    expect(await typesOf("large")).toEqual(types);
  });

  test("column_types, a delimiter and a full refresh are obeyed", async () => {
    const node = {
      type: "seed" as const,
      name: "typed",
      config: { column_types: { code: "varchar(5)" }, delimiter: ";" },
    };
    await runProject(database, { nodes: [node], seeds: { typed: "code;n\n007;1\n" } });
    expect(await database.query("select * from dbt.typed")).toEqual([{ code: "007", n: "1" }]);
    const changed = { nodes: [node], seeds: { typed: "code;m\n008;2\n" } };
    expect((await runProject(database, changed)).results.get("typed")?.message).toContain(
      'column "m" of relation "typed" does not exist',
    );
    await runProject(database, changed, { fullRefresh: true });
    expect(await database.query("select * from dbt.typed")).toEqual([{ code: "008", m: "2" }]);
  });

  test("a test's verdict follows severity, warn_if, error_if, where, limit and fail_calc", async () => {
    const base = {
      name: "t",
      sql: "select * from (values (1, 'a'), (null, 'b'), (null, 'c')) x(id, v)",
      config: { materialized: "table" },
    };
    const notNull = (name: string, config: Readonly<Record<string, unknown>>) => ({
      type: "test" as const,
      name,
      test: { name: "not_null", kwargs: { model: "{{ get_where_subquery(ref('t')) }}", column_name: "id" } },
      config,
    });
    const run = await runProject(database, {
      nodes: [
        base,
        notNull("fails", {}),
        notNull("warns", { severity: "warn" }),
        notNull("some", { error_if: ">5", warn_if: ">1" }),
        notNull("where", { where: "v = 'a'" }),
        notNull("limit", { limit: 1 }),
        notNull("calc", { fail_calc: "max(1) - 1" }),
        { type: "test", name: "singular", sql: "select * from {{ ref('t') }} where v = 'z'" },
        { name: "after", sql: "select * from {{ ref('t') }}" },
      ],
    });
    const verdicts = Object.fromEntries(
      [...run.results].map(([name, { status, failures }]) => [name, `${status} ${failures}`]),
    );
    expect(verdicts).toEqual({
      t: "success null",
      fails: "fail 2",
      warns: "warn 2",
      some: "warn 2",
      where: "pass 0",
      limit: "fail 1",
      calc: "pass 0",
      singular: "pass 0",
      after: "skipped null",
    });
    expect(run.results.get("fails")?.message).toBe("Got 2 results, configured to fail if != 0");
  });

  test("failures are stored where that is asked for", async () => {
    const run = await runProject(database, {
      nodes: [
        { name: "u", sql: "select * from (values (1), (1)) x(id)", config: { materialized: "table" } },
        {
          type: "test",
          name: "stored",
          schema: "audit",
          test: { name: "unique", kwargs: { model: "{{ get_where_subquery(ref('u')) }}", column_name: "id" } },
          config: { store_failures: true },
        },
      ],
    });
    expect(run.results.get("stored")).toMatchObject({ status: "fail", failures: 1 });
    expect(await database.query("select unique_field, n_records from audit.stored")).toEqual([
      { unique_field: "1", n_records: "2" },
    ]);
  });
});
