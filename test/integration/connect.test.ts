import { expect, test } from "vitest";
import { EXIT } from "#api/task.ts";
import { POSTGRES_VERSIONS, startPostgres } from "../support/postgres.ts";
import { aTask } from "../support/task.ts";
import { runTask } from "../support/task-process.ts";

const work = { verb: "connect", connect: { connection: "connection" } } as const;

test.each(POSTGRES_VERSIONS)(
  "the test of a connection tells which server answers and how fast: Postgres %s",
  async (version) => {
    await using server = await startPostgres({}, undefined, version);
    const database = await server.createDatabase();
    const { exitCode, parsed } = await runTask(aTask({ work, connections: { connection: database.connection() } }));
    expect(exitCode).toBe(EXIT.done);
    expect(parsed).toMatchObject({
      outcome: "succeeded",
      message: expect.stringMatching(/^PostgreSQL \d+\.\d+.* answers in \d+ ms$/),
      server: {
        version: expect.stringMatching(new RegExp(`^PostgreSQL ${version}\\.`)),
        latencyMs: expect.any(Number),
      },
    });
  },
);

test("a password that the server refuses is a configuration error, and the password is not told", async () => {
  await using server = await startPostgres();
  const database = await server.createDatabase();
  const connections = { connection: database.connection({ password: "wrong-and-secret" }) };
  const { exitCode, parsed, output, result } = await runTask(aTask({ work, connections }));
  expect(exitCode).toBe(EXIT.configuration);
  expect(parsed).toMatchObject({ outcome: "failed", error: { code: "28P01" } });
  expect(output + result).not.toContain("wrong-and-secret");
});
