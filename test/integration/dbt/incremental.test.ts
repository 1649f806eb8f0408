import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProjectSpec, type RunSpec, runProject } from "../../support/dbt/dbt-run.ts";
import {
  POSTGRES_VERSIONS,
  type PostgresServer,
  startPostgres,
  type TestDatabase,
} from "../../support/servers/postgres.ts";

describe.each(POSTGRES_VERSIONS)("incremental models on Postgres %s", (version) => {
  let server: PostgresServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startPostgres({}, undefined, version);
    database = await server.createDatabase();
  });
  afterAll(() => server.stop());

  /** Fills the source anew and runs the models once more. */
  async function runWith(rows: string, project: ProjectSpec, run?: RunSpec) {
    await database.query(
      `create schema if not exists raw; drop table if exists raw.src cascade; create table raw.src as ${rows}`,
    );
    const { results, statements } = await runProject(database, project, run);
    return {
      statements,
      said: Object.fromEntries(
        [...results].map(([name, { status, message }]) => [name, status === "error" ? message : status]),
      ),
    };
  }

  const rowsOf = async (table: string) => {
    const rows = await database.query(`select * from dbt.${table} order by 1, 2`);
    return rows.map((row) => Object.values(row).join());
  };
  const model = (name: string, config: Readonly<Record<string, unknown>>, sql = "select * from raw.src") => ({
    name,
    sql: `${sql}{% if is_incremental() %} where true -- later{% endif %}`,
    config: { materialized: "incremental", ...config },
  });

  test("append, delete+insert, merge, the default and a strategy of the project take rows in their own way", async () => {
    const project: ProjectSpec = {
      macros:
        "{% macro get_incremental_only_new_sql(arg) %}insert into {{ arg.target_relation }} select * from {{ arg.temp_relation }} t where not exists (select 1 from {{ arg.target_relation }} x where x.id = t.id){% endmacro %}",
      nodes: [
        model("appended", { incremental_strategy: "append" }),
        model("replaced", { incremental_strategy: "delete+insert", unique_key: "id" }),
        model("merged", { incremental_strategy: "merge", unique_key: ["id"], merge_exclude_columns: ["kept"] }),
        model("by_default", { unique_key: "id" }),
        model("only_new", { incremental_strategy: "only_new" }),
      ],
    };
    await runWith("select 1 as id, 'a' as v, 'first' as kept", project);
    const { said, statements } = await runWith(
      "select 1 as id, 'b' as v, 'second' as kept union all select 2, 'c', 'second'",
      project,
    );
    expect(said).toEqual({
      appended: "success",
      replaced: "success",
      merged: "success",
      by_default: "success",
      only_new: "success",
    });
    expect(await rowsOf("appended")).toEqual(["1,a,first", "1,b,second", "2,c,second"]);
    expect(await rowsOf("replaced")).toEqual(["1,b,second", "2,c,second"]);
    expect(await rowsOf("merged")).toEqual(["1,b,first", "2,c,second"]);
    expect(await rowsOf("by_default")).toEqual(["1,b,second", "2,c,second"]);
    expect(await rowsOf("only_new")).toEqual(["1,a,first", "2,c,second"]);
    expect(statements.some((each) => each.includes("merge into") && each.includes("DBT_INTERNAL_DEST"))).toBe(true);
    expect(await database.query("select relname from pg_class where relname like '%\\_\\_dbt\\_tmp%'")).toEqual([]);
  });

  test("a full refresh builds the table anew, unless the model refuses it", async () => {
    const project = { nodes: [model("fresh", {}), model("stays", { full_refresh: false })] };
    await runWith("select 1 as id, 'a' as v", project);
    await runWith("select 2 as id, 'b' as v", project, { fullRefresh: true });
    expect(await rowsOf("fresh")).toEqual(["2,b"]);
    expect(await rowsOf("stays")).toEqual(["1,a", "2,b"]);
  });

  test("on_schema_change ignores, appends, synchronises or fails", async () => {
    const changes = ["ignore", "append_new_columns", "sync_all_columns", "fail"];
    const names = ["ignored", "grown", "synced", "failed"];
    const project = {
      nodes: changes.map((on_schema_change, index) => model(names[index] ?? "", { on_schema_change })),
    };
    await runWith("select 1 as id, 'a'::text as gone", project);
    const { said } = await runWith("select 2 as id, 5::int as more", project);
    expect(said).toMatchObject({ grown: "success", synced: "success" });
    expect(said.failed).toContain("The source and target schemas on this incremental model are out of sync!");
    expect(said.ignored).toContain('column "gone" does not exist');
    expect(await rowsOf("grown")).toEqual(["1,a,", "2,,5"]);
    expect(await rowsOf("synced")).toEqual(["1,", "2,5"]);
    expect(await rowsOf("failed")).toEqual(["1,a"]);
  });

  test("strings of a table are widened before longer ones come in", async () => {
    const project = { nodes: [model("wide", { unique_key: "id" })] };
    await runWith("select 1 as id, 'a'::varchar(1) as v", project);
    await runWith("select 2 as id, 'bbbb'::varchar(4) as v", project);
    expect(await rowsOf("wide")).toEqual(["1,a", "2,bbbb"]);
    expect(
      await database.query(
        "select character_maximum_length as n from information_schema.columns where table_name = 'wide' and column_name = 'v'",
      ),
    ).toEqual([{ n: "4" }]);
  });

  test("a strategy that Postgres does not have is refused with its name", async () => {
    const project = {
      nodes: [
        model("overwritten", { incremental_strategy: "insert_overwrite" }),
        model("misspelt", { incremental_strategy: "apend" }),
      ],
    };
    await runWith("select 1 as id, 'a' as v", project);
    const { said } = await runWith("select 1 as id, 'a' as v", project);
    expect(said.overwritten).toContain("The incremental strategy 'insert_overwrite' is not valid for this adapter");
    expect(said.misspelt).toContain(
      'dbt could not find an incremental strategy macro with the name "get_incremental_apend_sql"',
    );
  });
});
