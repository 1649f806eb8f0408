import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { keepAlive } from "../../../task-image/postgres/keep-alive.ts";
import { openSession } from "../../../task-image/postgres/session.ts";
import { startTablePair, type TablePair } from "../../support/loads/load-tables.ts";
import { until } from "../../support/machine/until.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

let pair: TablePair;

beforeAll(async () => {
  pair = await startTablePair();
});
afterAll(() => pair[Symbol.asyncDispose]());
afterEach(() => void vi.useRealTimers());

/** Resolves when the clock of the server has moved by so much since it was asked first. */
async function passes(interval: string): Promise<void> {
  const [begun] = await pair.warehouse.query("SELECT now()::text AS time");
  await until(`${interval} to pass`, async () => {
    const [row] = await pair.warehouse.query(`SELECT now() > '${begun?.time}'::timestamptz + '${interval}' AS past`);
    return row?.past === "t";
  });
}

test("a session outlives its limit for idle transactions while it waits for a source, and not afterwards", async () => {
  const work: WorkOf<"test"> = { verb: "test", test: { connection: "warehouse", checks: [] } };
  const spec = aTask({ work, connections: { warehouse: pair.warehouse.connection() } });
  await using session = await openSession(spec, "warehouse", aContext(), { idleInTransactionMs: 500 });
  await session.query("BEGIN");
  expect(await keepAlive(session, () => passes("1500ms").then(() => "done"), 50)).toBe("done");
  expect((await session.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await passes("1500ms");
  await expect(session.query("SELECT 1")).rejects.toMatchObject({ code: "25P03" });
});

test("a load whose source is slow says every minute that it is alive", async () => {
  await pair.source.query("CREATE TABLE films (film_id int); INSERT INTO films VALUES (1)");
  const holder = await pair.source.connect();
  await holder.query("BEGIN; LOCK TABLE films");
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const loading = pair.load();
  const lastQuery = async () => {
    const rows = await pair.warehouse.query(
      "SELECT query FROM pg_stat_activity WHERE application_name LIKE 'kelt/%' AND datname = current_database() AND state = 'idle in transaction'",
    );
    return rows[0]?.query;
  };
  await until("the load to wait for its source", async () => {
    const waiting = await pair.source.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return waiting.length > 0;
  });
  expect(await lastQuery()).toMatch(/./);
  vi.advanceTimersByTime(60_000);
  await until("the load to say that it is alive", async () => (await lastQuery()) === "");
  await holder.query("COMMIT");
  await holder.end();
  expect(await loading).toMatchObject({ rows: 1 });
});
