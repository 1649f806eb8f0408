import { afterAll, beforeAll, expect, test } from "vitest";
import type { WorkOf } from "../../task-image/commands/command.ts";
import { openSession } from "../../task-image/warehouse/session.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/postgres.ts";
import { aContext, aTask } from "../support/task.ts";

let server: PostgresServer;
let database: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
});
afterAll(() => server.stop());

const work: WorkOf<"test"> = { verb: "test", test: { connection: "warehouse", checks: [] } };

function open(connection: Parameters<typeof aTask>[0]["connections"][string], options = {}) {
  return openSession(aTask({ work, connections: { warehouse: connection } }), "warehouse", aContext(), options);
}

test("a session logs in with any characters in the password and names itself", async () => {
  await using session = await open(database.connection());
  const { rows } = await session.query(
    "SELECT current_setting('application_name') AS name, current_setting('DateStyle') AS dates",
  );
  expect(rows).toEqual([{ name: "kelt/films/raw", dates: "ISO, YMD" }]);
  expect(session.serverVersion).toBeGreaterThanOrEqual(180_000);
});
