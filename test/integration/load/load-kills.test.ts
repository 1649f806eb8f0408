import { afterAll, beforeAll } from "vitest";
import type { TaskConnection } from "#api/task.ts";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import { type KilledLoad, testKills } from "../../support/loads/killed-load.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

const ROWS = 3000;
const OLD_ROWS = 1000;

let server: PostgresServer;
let source: TestDatabase;
let warehouse: TestDatabase;

const rowsOf = (from: number, to: number, text: string) =>
  `SELECT i AS id, i * 2 AS film_id, ${text} AS title FROM generate_series(${from}, ${to}) AS i`;
const NEW = rowsOf(1, ROWS, "repeat(md5(i::text), 3)");
/** Keys of which half are among the new ones. */
const OLD = rowsOf(ROWS - OLD_ROWS / 2, ROWS + OLD_ROWS / 2 - 1, "'old'");
const NEW_BESIDE_OLD = `${NEW} UNION ALL ${rowsOf(ROWS + 1, ROWS + OLD_ROWS / 2 - 1, "'old'")}`;

const NEW_IN_RANGE = `${rowsOf(ROWS / 2, ROWS, "repeat(md5(i::text), 3)")} UNION ALL ${rowsOf(ROWS + 1, ROWS + OLD_ROWS / 2 - 1, "'old'")}`;

beforeAll(async () => {
  server = await startPostgres();
  [source, warehouse] = [await server.createDatabase(), await server.createDatabase()];
  await source.query(`CREATE TABLE films AS ${NEW}; CREATE TABLE actors AS ${NEW};
    CREATE SCHEMA earlier; CREATE TABLE earlier.events AS ${rowsOf(1, ROWS / 2, "'event'")};
    CREATE TABLE events AS ${rowsOf(1, ROWS, "'event'")}; ALTER TABLE events ADD PRIMARY KEY (id);
    CREATE TABLE pages (id int, title text) WITH (fillfactor = 10)`);
  // 17 MB of pages, few rows in each: two ranges, and little to copy.
  await source.query("INSERT INTO pages SELECT i, repeat(md5(i::text), 12) FROM generate_series(1, 4400) AS i");
});
afterAll(() => server.stop());

type LoadWork = WorkOf<"load">["load"];
type Writing = Pick<LoadWork, "mode" | "key" | "range">;
/** A half of the new rows, and the old ones that they take the place of. */
const RANGE = { column: "id", from: String(ROWS / 2), to: String(ROWS + 1) };

/** Two tables of which one has a view, with rows that the mode replaces, adds to, updates or deletes. */
function tablesLoad(name: string, writing: Writing, after: string, rows = ROWS): KilledLoad {
  return {
    name,
    warehouse: () => warehouse,
    prepare: async (schema) => {
      await warehouse.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.films AS ${OLD};
        CREATE TABLE ${schema}.actors AS ${OLD}; CREATE VIEW ${schema}.titles AS SELECT title FROM ${schema}.films`);
    },
    task: (schema, attempt, destination) => {
      const from = { connection: "source", schema: "public", tables: ["films", "actors"] };
      return aLoad({ from, to: { connection: "warehouse", schema }, ...writing }, attempt, destination);
    },
    rows: 2 * rows,
    tables: { films: { before: OLD, after }, actors: { before: OLD, after } },
    records: (schema) => ({ [`SELECT count(*) FROM ${schema}._kelt_loads`]: "1" }),
  };
}

function aLoad(work: LoadWork, attempt: number, destination: TaskConnection) {
  const connections = { source: source.connection(), warehouse: destination };
  return aTask({ work: { verb: "load", load: work }, connections, attempt });
}

const LOADS: readonly KilledLoad[] = [
  tablesLoad("replace", { mode: "replace" }, NEW),
  tablesLoad("truncate", { mode: "truncate" }, NEW),
  tablesLoad("append", { mode: "append" }, `${NEW} UNION ALL ${OLD}`),
  tablesLoad("merge", { mode: "merge", key: ["id"] }, NEW_BESIDE_OLD),
  tablesLoad("deleteInsert", { mode: "deleteInsert", key: ["id"] }, NEW_BESIDE_OLD),
  tablesLoad("deleteInsert by range", { mode: "deleteInsert", range: RANGE }, NEW_IN_RANGE, ROWS / 2 + 1),
  {
    name: "parallel ranges",
    warehouse: () => warehouse,
    prepare: async (schema) => {
      await warehouse.query(`CREATE SCHEMA ${schema}`);
    },
    task: (schema, attempt, destination) => {
      const from = { connection: "source", schema: "public", tables: ["pages"], parallel: 2 };
      return aLoad({ from, to: { connection: "warehouse", schema }, mode: "append" }, attempt, destination);
    },
    rows: 4400,
    tables: { pages: { after: "SELECT i, repeat(md5(i::text), 12) FROM generate_series(1, 4400) AS i" } },
    records: (schema) => ({ [`SELECT count(*) FROM ${schema}._kelt_loads`]: "1" }),
  },
  {
    name: "an increment by cursor",
    warehouse: () => warehouse,
    // The rows up to the middle, and the cursor there, come by a load that nothing disturbs.
    prepare: async (schema) => {
      const from = { connection: "source", schema: "public", tables: ["events"], cursor: { column: "id" } };
      const work: WorkOf<"load"> = {
        verb: "load",
        load: { from, to: { connection: "warehouse", schema }, mode: "append" },
      };
      const connections = { source: source.connection(), warehouse: warehouse.connection() };
      await load(aTask({ work, connections, uid: "earlier" }), aContext());
      await warehouse.query(`DELETE FROM ${schema}.events WHERE id > ${ROWS / 2};
        UPDATE ${schema}._kelt_cursors SET value = '${ROWS / 2}'`);
    },
    task: (schema, attempt, destination) => {
      const from = { connection: "source", schema: "public", tables: ["events"], cursor: { column: "id" } };
      return aLoad({ from, to: { connection: "warehouse", schema }, mode: "append" }, attempt, destination);
    },
    rows: ROWS / 2,
    tables: {
      events: { before: rowsOf(1, ROWS / 2, "'event'"), after: rowsOf(1, ROWS, "'event'") },
    },
    records: (schema) => ({
      [`SELECT count(*) FROM ${schema}._kelt_loads`]: "2",
      [`SELECT value || ' ' || is_read FROM ${schema}._kelt_cursors`]: `${ROWS} true`,
    }),
  },
];

for (const killed of LOADS) testKills(killed);
