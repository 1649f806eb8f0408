import { afterAll, beforeAll } from "vitest";
import { Load } from "#api/load.ts";
import { type KilledLoad, testKills } from "../../support/loads/killed-load.ts";
import { type HttpApi, startHttpApi } from "../../support/servers/http-api.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { aTask } from "../../support/tasks/task.ts";

const ROWS = 300;
const PAGE = 100;
const CHANGED = 200;

let server: PostgresServer;
let warehouse: TestDatabase;
let api: HttpApi;

beforeAll(async () => {
  server = await startPostgres();
  warehouse = await server.createDatabase();
  const records = Array.from({ length: ROWS }, (_, index) => ({
    id: CHANGED + index + 1,
    at: CHANGED + index + 1,
    title: "new",
  }));
  api = await startHttpApi(({ url: { searchParams } }) => {
    const since = Number(searchParams.get("since") ?? 0);
    const from = (Number(searchParams.get("page")) - 1) * PAGE;
    return { body: JSON.stringify(records.filter(({ at }) => at >= since).slice(from, from + PAGE)) };
  });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await server.stop();
});

const titles = (from: number, to: number, title: string) =>
  `SELECT i::bigint AS id, i::bigint AS at, '${title}' AS title FROM generate_series(${from}, ${to}) AS i`;
const OLD = titles(1, CHANGED + 50, "old");

/** New and changed records of an API in pages, into a table with a cursor that an earlier load has left. */
const INCREMENT: KilledLoad = {
  name: "increment of an API",
  warehouse: () => warehouse,
  prepare: async (schema) => {
    await warehouse.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.posts AS ${OLD}`);
  },
  task: (schema, attempt, destination) => {
    const incremental = { parameter: "since", field: "at", start: String(CHANGED + 1) };
    const http = { path: "posts", paging: { page: { param: "page" } }, incremental };
    const to = { connection: "warehouse", schema, table: "posts" };
    const parsed = Load.parse({ from: { connection: "api", http }, to, mode: "merge", key: ["id"] });
    const connections = { api: { kind: "http" as const, baseUrl: api.origin }, warehouse: destination };
    return aTask({ work: { verb: "load" as const, load: parsed }, connections, attempt });
  },
  rows: ROWS,
  tables: {
    posts: {
      before: OLD,
      after: `${titles(1, CHANGED, "old")} UNION ALL ${titles(CHANGED + 1, CHANGED + ROWS, "new")}`,
    },
  },
  records: (schema) => ({
    [`SELECT count(*) FROM ${schema}._kelt_loads`]: "1",
    [`SELECT string_agg(value, ',') FROM ${schema}._kelt_cursors`]: String(CHANGED + ROWS),
  }),
};

testKills(INCREMENT);
