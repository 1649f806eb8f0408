import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EXIT, type TaskConnection } from "#api/task.ts";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import { until } from "../../support/machine/until.ts";
import { startLossyProxy } from "../../support/servers/lossy-proxy.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";
import { startTask } from "../../support/tasks/task-process.ts";

let server: PostgresServer;
let source: TestDatabase;
let warehouse: TestDatabase;
const ROWS = 60_000;

beforeAll(async () => {
  server = await startPostgres();
  source = await server.createDatabase();
  await source.query(`CREATE TABLE films AS SELECT i AS id, i AS film_id, 'film ' || i AS title FROM generate_series(1, ${ROWS}) AS i;
    CREATE TABLE actors AS SELECT i AS id, i AS actor_id, md5(i::text) AS name FROM generate_series(1, ${ROWS}) AS i`);
});
afterAll(() => server.stop());
beforeEach(async () => {
  warehouse = await server.createDatabase();
});

type Mode = "append" | "replace" | "merge" | "deleteInsert";
const isKeyed = (mode: Mode) => mode === "merge" || mode === "deleteInsert";

/** A new warehouse. For the modes that match rows by key it holds half of the rows, with other values. */
async function startOver(mode: Mode): Promise<void> {
  warehouse = await server.createDatabase();
  if (!isKeyed(mode)) return;
  await warehouse.query(`CREATE SCHEMA raw;
    CREATE TABLE raw.films AS SELECT i AS id, -i AS film_id, 'old' AS title FROM generate_series(1, ${ROWS / 2}) AS i;
    CREATE TABLE raw.actors AS SELECT i AS id, -i AS actor_id, 'old' AS name FROM generate_series(1, ${ROWS / 2}) AS i`);
}

const work = (mode: Mode): WorkOf<"load"> => ({
  verb: "load",
  load: {
    from: { connection: "source", schema: "public", tables: ["films", "actors"] },
    to: { connection: "warehouse", schema: "raw" },
    mode,
    ...(isKeyed(mode) ? { key: ["id"] } : {}),
  },
});

function task(mode: Mode, attempt: number, destination: TaskConnection = warehouse.connection()) {
  return aTask({ work: work(mode), connections: { source: source.connection(), warehouse: destination }, attempt });
}

/** Every row once, no staging table, one record. */
async function expectCompleteAndSingle(): Promise<void> {
  const [state] = await warehouse.query(`SELECT
    (SELECT count(*) || ' ' || count(DISTINCT film_id) FROM raw.films WHERE title <> 'old') AS films,
    (SELECT count(*) || ' ' || count(DISTINCT actor_id) FROM raw.actors WHERE name <> 'old') AS actors,
    (SELECT count(*) FROM raw.films WHERE title = 'old') AS old,
    (SELECT count(*) FROM raw._kelt_loads) AS loads,
    (SELECT count(*) FROM pg_class WHERE relname LIKE '_kelt_staging%') AS staging`);
  expect(state).toEqual({ films: `${ROWS} ${ROWS}`, actors: `${ROWS} ${ROWS}`, old: "0", loads: "1", staging: "0" });
}

describe.each(["append", "replace", "merge", "deleteInsert"] as const)("%s", (mode) => {
  test("a retry waits for the pod before it that still lives, and then finds its work done", async () => {
    await startOver(mode);
    const pods = [1, 2, 3].map((attempt) => startTask(task(mode, attempt)).ended);
    for (const { exitCode, result } of await Promise.all(pods)) {
      expect(exitCode).toBe(EXIT.done);
      expect(JSON.parse(result)).toMatchObject({ rows: 2 * ROWS });
    }
    await expectCompleteAndSingle();
  });
});

/** A load that takes longer than any question about it: a millisecond a row. */
async function slowTask() {
  await source.query("CREATE OR REPLACE VIEW slow AS SELECT film_id, pg_sleep(0.001) IS NULL AS pause FROM films");
  const slow: WorkOf<"load"> = {
    ...work("replace"),
    load: { ...work("replace").load, from: { connection: "source", schema: "public", tables: ["slow"] } },
  };
  return aTask({ work: slow, connections: { source: source.connection(), warehouse: warehouse.connection() } });
}

test("a server process that ends at either end in the middle of a COPY is transient, and the retry is complete", async () => {
  for (const victim of ["COPY FROM", "COPY TO"]) {
    const spec = await slowTask();
    const failure = load(spec, aContext()).catch((error: unknown) => error);
    await until("rows are on their way", async () => {
      const rows = await warehouse.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_progress_copy WHERE command = '${victim}' AND bytes_processed > 1000`,
      );
      return rows.length > 0;
    });
    expect(await failure).toMatchObject({
      kind: "transient",
      message: expect.stringContaining("loading public.slow into raw.slow"),
    });
    await until("both servers have noticed", async () => {
      const rows = await warehouse.query("SELECT FROM pg_stat_progress_copy");
      return rows.length === 0;
    });
  }
  await load(task("append", 2), aContext());
  await expectCompleteAndSingle();
});

test.each(["before the server sees COMMIT", "after the server has committed"] as const)(
  "a connection lost %s: the outcome is unknown, and the retry finds the truth",
  async (moment) => {
    const recorded = (bytes: Buffer, sent: string) =>
      bytes.includes("COMMIT\0") && sent.includes('INSERT INTO "raw"."_kelt_loads"');
    const never = () => false;
    await using proxy = await startLossyProxy(
      server,
      moment.startsWith("before") ? { sent: recorded, received: never } : { sent: never, received: recorded },
    );
    const lost = warehouse.connection({ host: proxy.host, port: String(proxy.port) });
    await expect(load(task("append", 1, lost), aContext())).rejects.toMatchObject({
      kind: "transient",
      code: "CommitUnknown",
    });
    expect(proxy.cuts()).toBe(1);
    const outcome = await load(task("append", 2), aContext());
    expect(outcome.message.endsWith("loaded by attempt 1")).toBe(moment.startsWith("after"));
    await expectCompleteAndSingle();
  },
);

test("an aborted load rejects at once and leaves nothing", async () => {
  const stop = new AbortController();
  const failure = load(await slowTask(), aContext({ signal: stop.signal })).catch((error: unknown) => error);
  await until("rows are on their way", async () => {
    const rows = await warehouse.query("SELECT FROM pg_stat_progress_copy WHERE datname = current_database()");
    return rows.length > 0;
  });
  stop.abort();
  expect(await failure).toMatchObject({ kind: "transient" });
  await load(task("append", 2), aContext());
  await expectCompleteAndSingle();
});
