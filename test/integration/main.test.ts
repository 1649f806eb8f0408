import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT, RESULT_BYTES_MAX } from "#api/task.ts";
import { Transform } from "#api/transform.ts";
import type { WorkOf } from "../../task-image/commands/command.ts";
import { macroPackages } from "../support/dbt/macro-packages.ts";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import { until } from "../support/machine/until.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { aTask } from "../support/tasks/task.ts";
import { runTask, startTask } from "../support/tasks/task-process.ts";

let server: PostgresServer;
let source: TestDatabase;
let warehouse: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
  source = await server.createDatabase();
  warehouse = await server.createDatabase();
  await source.query(`CREATE TABLE films AS SELECT i AS film_id, 'film ' || i AS title FROM generate_series(1, 1234) AS i;
    CREATE TABLE many AS SELECT i AS id, repeat('x', 200) AS filler FROM generate_series(1, 20000) AS i;
    CREATE VIEW slow AS SELECT id, filler, pg_sleep(0.001) IS NULL AS pause FROM many`);
});
afterAll(() => server.stop());

const loadOf = (...tables: string[]): WorkOf<"load"> => ({
  verb: "load",
  load: {
    from: { connection: "source", schema: "public", tables },
    to: { connection: "warehouse", schema: "raw" },
    mode: "replace",
  },
});
const connections = () => ({ source: source.connection(), warehouse: warehouse.connection() });

test("a load that succeeds exits 0, says so in the termination message and prints progress", async () => {
  const task = await runTask(aTask({ work: loadOf("films"), connections: connections(), uid: "uid-main", attempt: 2 }));
  expect(task.exitCode).toBe(EXIT.done);
  expect(task.parsed).toEqual({
    version: 1,
    run: "uid-main",
    node: "raw",
    attempt: 2,
    outcome: "succeeded",
    message: "1 table, 1,234 rows",
    rows: 1234,
    bytes: expect.any(Number),
    items: expect.any(String),
  });
  const lines = task.output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({
    kelt: "progress",
    run: "uid-main",
    node: "raw",
    attempt: 2,
    item: "raw.films",
    done: 0,
    total: 1,
  });
  expect(lines.at(-1)).toMatchObject({
    level: "info",
    run: "run-1",
    node: "raw",
    attempt: 2,
    msg: "1 table, 1,234 rows",
    rows: 1234,
  });
});

describe("a spec that is not valid exits 64 with a result that names the field", () => {
  test.each([
    ["", "KELT_TASK is empty"],
    ["{", "KELT_TASK is not JSON"],
    ["{}", "version: "],
    [JSON.stringify({ ...aTask({ work: loadOf("films"), connections: {} }), extra: 1 }), `Unrecognized key: "extra"`],
    [JSON.stringify(aTask({ work: { verb: "dance" } as never, connections: {} })), "work.verb"],
    [
      JSON.stringify(
        aTask({ work: loadOf("films"), connections: { source: { kind: "postgres", port: "x" } as never } }),
      ),
      "connections.source.port",
    ],
  ])("%j", async (spec, message) => {
    const task = await runTask(spec);
    expect(task.exitCode).toBe(EXIT.configuration);
    expect(task.parsed).toMatchObject({
      outcome: "failed",
      error: { kind: "configuration", code: "InvalidSpec", message: expect.stringContaining(message) },
    });
  });
});

test("a failing check exits 65 with the counts", async () => {
  const work: WorkOf<"test"> = {
    verb: "test",
    test: {
      connection: "source",
      checks: [
        { table: "films", rowCount: { max: 3 }, severity: "error" },
        { table: "films", notNull: ["title"], severity: "error" },
      ],
    },
  };
  const task = await runTask(aTask({ work, connections: connections() }));
  expect(task.exitCode).toBe(EXIT.data);
  expect(task.parsed).toMatchObject({
    tests: { passed: 1, warned: 0, failed: 1, errored: 0 },
    error: { kind: "data", code: "CheckFailed" },
  });
});

test("SIGTERM rolls back, exits 143 and leaves nothing at the destination", async () => {
  const task = startTask(aTask({ work: loadOf("slow"), connections: connections(), uid: "uid-term" }));
  await until("rows are on their way", async () => {
    const [row] = await warehouse.query(
      "SELECT FROM pg_stat_progress_copy WHERE command = 'COPY FROM' AND tuples_processed > 0",
    );
    return row !== undefined;
  });
  task.process.kill("SIGTERM");
  const { exitCode, result } = await task.ended;
  expect(exitCode).toBe(143);
  expect(JSON.parse(result)).toMatchObject({ outcome: "failed", error: { kind: "transient", code: "Stopped" } });
  await until("the server has rolled back", async () => {
    const rows = await warehouse.query(
      "SELECT FROM pg_stat_activity WHERE application_name = 'kelt/films/raw' AND datname = current_database()",
    );
    return rows.length === 0;
  });
  expect(
    await warehouse.query("SELECT relname FROM pg_class WHERE relname LIKE '_kelt_staging%' OR relname = 'slow'"),
  ).toEqual([]);
});

test("SIGTERM is obeyed while a project is read, whatever its templates compute", async () => {
  const project = temporaryDirectory("project");
  writeFileSync(join(project, "dbt_project.yml"), "name: slow\n");
  const slow = "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}SELECT 1";
  for (let model = 0; model < 3000; model += 1) writeFileSync(join(project, `m${model}.sql`), slow);
  const transform = Transform.parse({ connection: "warehouse", schema: "public", project: { configMap: "slow" } });
  const spec = aTask({ work: { verb: "transform", transform }, connections: connections(), uid: "uid-slow" });
  const { macros } = await macroPackages();
  const task = startTask(spec, { KELT_PROJECT_DIRECTORY: project, KELT_MACRO_DIRECTORY: macros });
  await until("the project is being read", () => task.output().includes("reading the project"));
  task.process.kill("SIGTERM");
  const { exitCode, result } = await task.ended;
  expect(exitCode).toBe(143);
  expect(JSON.parse(result)).toMatchObject({ outcome: "failed", error: { code: "Stopped" } });
});

describe("secrets", () => {
  const canary = `c@n'ary "\\ %2F+/=é$&-7391`;

  test("that are wrong are in no output, in none of their forms", async () => {
    const wrong = source.connection({ password: canary, "api-token": "token-4711-canary" });
    const task = await runTask(aTask({ work: loadOf("films"), connections: { ...connections(), source: wrong } }));
    expect(task.exitCode).toBe(EXIT.configuration);
    expect(task.parsed.error).toMatchObject({ code: "28P01", message: expect.stringMatching(/Secret "\w+-secret"/) });
    expectNoSecret(task.output + task.result);
  });

  test("that a database prints back are masked in logs and results", async () => {
    const connection = source.connection({ canary, "api-token": "token-4711-canary" });
    const forms = [canary, encodeURIComponent(canary), Buffer.from(canary).toString("base64"), "token-4711-canary"];
    const checks = forms.map((form) => ({
      sql: `DO NOT PARSE ${form}`,
      name: form.slice(0, 63),
      severity: "error" as const,
    }));
    const work: WorkOf<"test"> = { verb: "test", test: { connection: "source", checks } };
    const task = await runTask(aTask({ work, connections: { source: connection } }));
    expect(task.exitCode).toBe(EXIT.configuration);
    expect(task.output).toContain("[redacted]");
    expect(task.result).toContain("[redacted]");
    expectNoSecret(task.output + task.result);
  });

  function expectNoSecret(text: string): void {
    const unescaped = text.replace(/\\(.)/g, "$1");
    for (const haystack of [text, unescaped]) {
      for (const form of ["7391", "token-4711", Buffer.from(canary).toString("base64").slice(0, 12), "token%2D4711"]) {
        expect(haystack).not.toContain(form);
      }
    }
  }
});

test("a result stays within the termination message however long the words are", async () => {
  const checks = Array.from({ length: 60 }, (_, n) => ({
    table: `nowhere.${"é".repeat(40)}${n}`,
    rowCount: { min: 1 },
    severity: "error" as const,
  }));
  const task = await runTask(
    aTask({ work: { verb: "test", test: { connection: "source", checks } }, connections: connections() }),
  );
  expect(Buffer.byteLength(task.result)).toBeLessThanOrEqual(RESULT_BYTES_MAX);
  expect(task.parsed.tests).toMatchObject({ errored: 60 });
});
