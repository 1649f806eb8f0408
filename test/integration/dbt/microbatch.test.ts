import { afterAll, beforeAll, expect, test } from "vitest";
import { type ProjectSpec, runProject } from "../../support/dbt/dbt-run.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";

let server: PostgresServer;
let database: TestDatabase;
beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
  await database.query("create schema raw; create table raw.events (id int, at timestamp, divisor int)");
});
afterAll(() => server.stop());

/** The run's clock stands at 14 November 2023. */
const CONFIG = {
  ...{ materialized: "incremental", incremental_strategy: "microbatch", unique_key: "id", event_time: "at" },
  ...{ batch_size: "month", begin: "2023-08-01T00:00:00", lookback: 1n },
};
const HOOK = (when: string) => `insert into dbt.calls values ('${when} {{ model.batch.id }}')`;

function project(config: object = {}): ProjectSpec {
  const sql = "select id, at, 1 / divisor as share from {{ ref('events') }}";
  return {
    nodes: [
      { name: "events", sql: "select * from raw.events", config: { event_time: "at" } },
      { name: "monthly", sql, config: { ...CONFIG, ...config } },
      { name: "behind", sql: "select * from {{ ref('monthly') }}" },
    ],
  };
}

const ids = async () => (await database.query("select id from dbt.monthly order by id")).map(({ id }) => Number(id));

test("a microbatch model is built batch by batch, and later from where it looks back to", async () => {
  await database.query("create schema dbt; create table dbt.calls (what text)");
  await database.query(
    "insert into raw.events values (1, '2023-08-02', 1), (2, '2023-10-02', 1), (3, '2023-11-02', 1)",
  );
  const first = await runProject(database, project({ "pre-hook": [HOOK("before")], "post-hook": [HOOK("after")] }));
  expect(first.results.get("monthly")).toMatchObject({ status: "success", rows: 3, message: "4 batches" });
  expect(first.statements.filter((each) => /create (temporary )?table/.test(each))).toHaveLength(4);
  expect(await database.query("select what from dbt.calls")).toEqual([
    { what: "before 202308" },
    { what: "after 202311" },
  ]);
  expect(await ids()).toEqual([1, 2, 3]);

  await database.query(
    "insert into raw.events values (4, '2023-08-03', 1), (5, '2023-10-03', 1), (6, '2024-01-01', 1)",
  );
  const second = await runProject(database, project());
  expect(second.results.get("monthly")).toMatchObject({ status: "success", rows: 3, message: "2 batches" });
  expect(await ids()).toEqual([1, 2, 3, 5]);
});

test("a batch that fails leaves the others to run, and stops what stands behind the model; the first one stops all", async () => {
  await database.query(
    "delete from raw.events; insert into raw.events values (1, '2023-08-02', 1), (2, '2023-09-02', 0)",
  );
  const some = await runProject(database, project(), { fullRefresh: true });
  expect(some.results.get("monthly")).toMatchObject({
    status: "partial success",
    sqlState: "22012",
    message: expect.stringMatching(/^3 of 4 batches; batch 202309: .*division by zero/),
  });
  expect(some.results.get("behind")).toMatchObject({ status: "skipped" });
  await database.query("update raw.events set divisor = 0");
  const none = await runProject(database, project(), { fullRefresh: true });
  expect(none.results.get("monthly")).toMatchObject({
    status: "error",
    message: expect.stringMatching(/^0 of 4 batches; batch 202308: /),
  });
});
