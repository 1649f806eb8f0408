import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProject } from "../../support/dbt/dbt-run.ts";
import {
  POSTGRES_VERSIONS,
  type PostgresServer,
  startPostgres,
  type TestDatabase,
} from "../../support/servers/postgres.ts";

describe.each(POSTGRES_VERSIONS)("snapshots on Postgres %s", (version) => {
  let server: PostgresServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startPostgres({}, undefined, version);
    database = await server.createDatabase();
  });
  afterAll(() => server.stop());

  const snapshot = (name: string, config: Readonly<Record<string, unknown>>) => ({
    type: "snapshot" as const,
    name,
    sql: "select * from raw.src",
    config: { unique_key: "id", ...config },
  });

  const nodes = [
    snapshot("by_time", { strategy: "timestamp", updated_at: "at" }),
    snapshot("by_check", { strategy: "check", check_cols: ["v"], hard_deletes: "invalidate" }),
    snapshot("by_all", { strategy: "check", check_cols: "all", hard_deletes: "new_record" }),
    snapshot("renamed", {
      strategy: "timestamp",
      updated_at: "at",
      snapshot_meta_column_names: { dbt_valid_from: "since", dbt_valid_to: "until" },
      dbt_valid_to_current: "'9999-12-31'::timestamp",
    }),
  ];

  async function snap(rows: string) {
    await database.query(
      `create schema if not exists raw; drop table if exists raw.src cascade; create table raw.src as ${rows}`,
    );
    const { results } = await runProject(database, { nodes });
    return Object.fromEntries(
      [...results].map(([name, { status, message }]) => [name, status === "error" ? message : status]),
    );
  }

  test("keep what rows were, with the times of their changes, and what became of deleted ones", async () => {
    const all = { by_time: "success", by_check: "success", by_all: "success", renamed: "success" };
    expect(
      await snap("select 1 as id, 'a' as v, timestamp '2024-01-01' as at union all select 2, 'b', '2024-01-01'"),
    ).toEqual(all);
    expect(
      await snap("select 1 as id, 'A' as v, timestamp '2024-02-01' as at union all select 3, 'c', '2024-02-01'"),
    ).toEqual(all);
    const rows = async (table: string, more: string) =>
      (await database.query(`select id, v, ${more} from dbt.${table} order by id, v collate "C" desc, 3`)).map((row) =>
        Object.values(row).join(),
      );
    expect(await rows("by_time", "dbt_valid_from, dbt_valid_to")).toEqual([
      "1,a,2024-01-01 00:00:00,2024-02-01 00:00:00",
      "1,A,2024-02-01 00:00:00,",
      "2,b,2024-01-01 00:00:00,",
      "3,c,2024-02-01 00:00:00,",
    ]);
    expect(await rows("by_check", "dbt_valid_to is null as current")).toEqual(["1,a,f", "1,A,t", "2,b,f", "3,c,t"]);
    expect(await rows("by_all", "dbt_valid_to is null as current, dbt_is_deleted")).toEqual([
      "1,a,f,False",
      "1,A,t,False",
      "2,b,f,False",
      "2,b,t,True",
      "3,c,t,False",
    ]);
    expect(await rows("renamed", "since, until")).toEqual([
      "1,a,2024-01-01 00:00:00,2024-02-01 00:00:00",
      "1,A,2024-02-01 00:00:00,9999-12-31 00:00:00",
      "2,b,2024-01-01 00:00:00,9999-12-31 00:00:00",
      "3,c,2024-02-01 00:00:00,9999-12-31 00:00:00",
    ]);
    expect(await database.query("select relname from pg_class where relname like '%\\_\\_dbt\\_%'")).toEqual([]);
  });

  test("a table that is no snapshot is refused with the columns that it lacks", async () => {
    await database.query("create table dbt.plain as select 1 as id, 'a' as v");
    const { results } = await runProject(database, {
      nodes: [snapshot("plain", { strategy: "check", check_cols: ["v"] })],
    });
    expect(results.get("plain")?.message).toContain(
      'Snapshot target is missing configured columns (missing "dbt_scd_id", "dbt_valid_from", "dbt_valid_to")',
    );
  });
});
