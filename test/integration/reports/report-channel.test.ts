import { renameSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unpackItems } from "#api/packed-items.ts";
import type { Report, ReportOrder } from "#api/report.ts";
import { EXIT, type TaskConnection, type TaskResult } from "#api/task.ts";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { freePort } from "../../support/machine/free-port.ts";
import { until } from "../../support/machine/until.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { GO, type ReportReply, startReportServer } from "../../support/tasks/report-server.ts";
import { channelOf, startReportingTask } from "../../support/tasks/reporting-task.ts";
import { aTask } from "../../support/tasks/task.ts";

/*
 * The real process with an operator's listener of the test: what a task says, and that nothing it is answered changes its work.
 */
let server: PostgresServer;
let source: TestDatabase;
let warehouse: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
  source = await server.createDatabase();
  warehouse = await server.createDatabase();
  await source.query(`CREATE TABLE films AS SELECT i AS film_id, 'film ' || i AS title FROM generate_series(1, 1234) AS i;
    CREATE TABLE actors AS SELECT i AS actor_id FROM generate_series(1, 7) AS i;
    CREATE TABLE many AS SELECT i AS id, repeat('x', 200) AS filler FROM generate_series(1, 2000) AS i;
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
const connections = (): Record<string, TaskConnection> => ({
  source: source.connection(),
  warehouse: warehouse.connection(),
});
const resultOf = (text: string) => JSON.parse(text) as TaskResult;

/** Every state that an item was said to be in, in order. */
function statesOf(reports: readonly Report[], name: string): readonly string[] {
  const states = reports.flatMap(({ items = [] }) =>
    items.filter((item) => item.name === name).map(({ state }) => state),
  );
  return states.filter((state, index) => state !== states[index - 1]);
}

test("a load says that it has begun, what is to come, how far it is, and its result, in this order", async () => {
  await using operator = await startReportServer();
  const spec = aTask({ work: loadOf("films", "slow", "actors"), connections: connections(), uid: "uid-order" });
  const { exitCode, result } = await startReportingTask(spec, { channel: channelOf(operator) }).ended;
  expect(exitCode).toBe(EXIT.done);
  const reports = operator.seen.map(({ report }) => report);
  const [first, last] = [reports[0], reports.at(-1)];
  expect(first).toMatchObject({ run: "uid-order", node: "raw", attempt: 1, kind: "snapshot", phase: "working" });
  const named = reports.find(({ items = [] }) => items.length > 0);
  expect(named?.items?.map(({ name }) => name)).toEqual(["raw.films", "raw.slow", "raw.actors"]);
  expect(statesOf(reports, "raw.slow")).toEqual(["Pending", "Running", "Succeeded"]);
  const ofSlow = reports.flatMap(({ progress }) => (progress?.item === "raw.slow" ? [progress.bytes ?? 0] : []));
  expect(ofSlow.length).toBeGreaterThan(3);
  expect(ofSlow).toEqual(ofSlow.toSorted((a, b) => a - b));
  expect(reports.slice(1).map(({ seq }) => seq)).toEqual(reports.slice(0, -1).map(({ seq }) => seq + 1));
  expect(reports.map(({ phase }) => phase)).toEqual([...Array(reports.length - 1).fill("working"), "done"]);
  expect(last?.result).toEqual(resultOf(result));
  expect(last?.progress).toMatchObject({ done: 3, total: 3, rows: 3241 });
  expect(operator.connections).toBe(1);
  expect(unpackItems(resultOf(result).items ?? "")).toMatchObject([
    { kind: "table", name: "raw.films", state: "Succeeded", rows: 1234, attempts: 1 },
    { kind: "table", name: "raw.slow", state: "Succeeded", rows: 2000, attempts: 1 },
    { kind: "table", name: "raw.actors", state: "Succeeded", rows: 7, attempts: 1 },
  ]);
});

test("a failure is said too, with the item that failed", async () => {
  await using operator = await startReportServer();
  const checks = [
    { table: "films", rowCount: { max: 3 }, severity: "error" as const, name: "few" },
    { table: "films", rowCount: { max: 3 }, severity: "warn" as const, name: "soon" },
    { table: "films", notNull: ["title"], severity: "error" as const, name: "titled" },
  ];
  const spec = aTask({ work: { verb: "test", test: { connection: "source", checks } }, connections: connections() });
  const { exitCode, result } = await startReportingTask(spec, { channel: channelOf(operator) }).ended;
  expect(exitCode).toBe(EXIT.data);
  const reports = operator.seen.map(({ report }) => report);
  expect(reports.at(-1)).toMatchObject({ phase: "done", result: resultOf(result) });
  expect(statesOf(reports, "few").at(-1)).toBe("Failed");
  expect(statesOf(reports, "soon").at(-1)).toBe("Warned");
  expect(statesOf(reports, "titled").at(-1)).toBe("Succeeded");
});

test("no secret and no value of a row leaves by it, nor the token", async () => {
  await using operator = await startReportServer();
  const connection = source.connection({ canary: "canary-4711-word" });
  const checks = [
    { sql: "DO NOT PARSE canary-4711-word", name: "says canary-4711-word", severity: "error" as const },
    { sql: "SELECT 1 FROM films WHERE title::integer > 0", name: "quotes a title", severity: "error" as const },
  ];
  const spec = aTask({
    work: { verb: "test", test: { connection: "source", checks } },
    connections: { source: connection },
  });
  await startReportingTask(spec, { channel: channelOf(operator) }).ended;
  const said = JSON.stringify(operator.seen.map(({ report }) => report));
  expect(said).toContain("says [redacted]");
  expect(said).toContain("invalid input syntax for type integer");
  expect(said).not.toMatch(/4711|film \d|a-token-of/);
});

describe("whatever the operator does, work, result and exit code are the same", () => {
  const answer =
    (status: number, body: string): ReportReply =>
    (response) =>
      response.writeHead(status).end(body);
  test.each<[string, ReportReply, RegExp | undefined]>([
    ["it refuses the token", answer(401, "no"), /it answers 401/],
    ["it knows nothing, ever", answer(409, ""), /it answers 409/],
    ["it names itself as another leader", answer(421, `{"leader":"https://127.0.0.1:1"}`), /cannot report/],
    ["it answers garbage", answer(200, "\u0000{}"), /it answers 200/],
    ["it closes the connection", (response) => void response.socket?.destroy(), /socket hang up/],
    ["it never answers", () => undefined, /cannot report/],
    ["it says to hold", { order: "hold", everyMs: 20 }, undefined],
  ])("%s", async (what, does, said) => {
    await using operator = await startReportServer(() => does);
    const spec = aTask({ work: loadOf("films"), connections: connections(), uid: `uid-${what}` });
    const { exitCode, result, output } = await startReportingTask(spec, { channel: channelOf(operator) }).ended;
    expect(exitCode).toBe(EXIT.done);
    expect(resultOf(result)).toMatchObject({ outcome: "succeeded", rows: 1234 });
    expect(output.match(/the task cannot report to the operator/g)?.length ?? 0).toBe(said === undefined ? 0 : 1);
    expect(output).toMatch(said ?? /./);
  });

  test("nobody is there, and proxies of the environment are not asked", async () => {
    await using proxy = await startReportServer();
    const urls = [`https://127.0.0.1:${await freePort()}`, `https://127.0.0.1:${await freePort()}`];
    const environment = {
      HTTPS_PROXY: proxy.url,
      https_proxy: proxy.url,
      NODE_USE_ENV_PROXY: "1",
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
    };
    const spec = aTask({ work: loadOf("films"), connections: connections(), uid: "uid-nobody" });
    const channel = { urls, certificate: proxy.certificate };
    const { exitCode, output } = await startReportingTask(spec, { channel, environment }).ended;
    expect(exitCode).toBe(EXIT.done);
    expect(output).toContain("ECONNREFUSED");
    expect(proxy.connections).toBe(0);
  });
});

describe("the operator ends the work", () => {
  test.each(["cancel", "done"] as const)("by %s, which rolls back as SIGTERM does", async (order) => {
    let orders: ReportOrder = "go";
    await using operator = await startReportServer(({ progress }) => {
      if (progress?.item === "raw.slow" && (progress.bytes ?? 0) > 0) orders = order;
      return { ...GO, order: orders };
    });
    const spec = aTask({ work: loadOf("slow"), connections: connections(), uid: `uid-${order}` });
    const { exitCode, result } = await startReportingTask(spec, { channel: channelOf(operator) }).ended;
    expect(exitCode).toBe(143);
    expect(resultOf(result)).toMatchObject({
      outcome: "failed",
      error: { code: "Stopped", message: expect.stringContaining(order) },
    });
    expect(await warehouse.query(`SELECT FROM raw._kelt_loads WHERE load_id = 'uid-${order}/raw'`)).toEqual([]);
  });

  test("but not its end: SIGTERM while the result is on its way ends at once, and the result stays what it is", async () => {
    let isDone = false;
    await using operator = await startReportServer(({ phase }) => {
      if (phase !== "done") return GO;
      isDone = true;
      return () => undefined;
    });
    const spec = aTask({ work: loadOf("slow"), connections: connections(), uid: "uid-term-push" });
    const task = startReportingTask(spec, { channel: channelOf(operator) });
    await until("the result is on its way", () => isDone);
    task.process.kill("SIGTERM");
    const { exitCode, signal, result } = await task.ended;
    expect([exitCode, signal]).toEqual([EXIT.done, null]);
    expect(resultOf(result)).toMatchObject({ outcome: "succeeded", rows: 2000 });
  });
});

describe("a held task", () => {
  const hold = true as const;
  const atHand = `${process.pid}`;

  test("reads no Secret and opens no connection before it is told to go, and then does its work", async () => {
    const connection = warehouse.connection();
    const directory = "secretDirectory" in connection ? (connection.secretDirectory ?? "") : "";
    const hidden = `${directory}-${atHand}`;
    renameSync(directory, hidden);
    const sessions: number[] = [];
    await using operator = await startReportServer(({ phase }, number) => {
      if (phase === "held") sessions.push(number);
      if (number === 3) renameSync(hidden, directory);
      return { order: number < 3 ? "hold" : "go", everyMs: 20 };
    });
    const checks = [{ sql: "SELECT 1 WHERE false", severity: "error" as const }];
    const work: WorkOf<"test"> = { verb: "test", test: { connection: "warehouse", checks } };
    const task = startReportingTask(aTask({ work, connections: { warehouse: connection } }), {
      channel: { ...channelOf(operator), hold },
    });
    const { exitCode } = await task.ended;
    expect(exitCode).toBe(EXIT.done);
    expect(operator.seen.map(({ report }) => report.phase).slice(0, 4)).toEqual([
      "held",
      "held",
      "held",
      expect.stringMatching(/working|done/),
    ]);
    expect(operator.seen.slice(0, 3).map(({ report }) => report.items)).toEqual([[], [], []]);
  });

  test.each(["cancel", "done"] as const)("ends when it is told %s, and has done nothing", async (order) => {
    await using operator = await startReportServer(() => ({ order, everyMs: 20 }));
    const spec = aTask({ work: loadOf("films"), connections: connections(), uid: `uid-held-${order}` });
    const { exitCode, result } = await startReportingTask(spec, { channel: { ...channelOf(operator), hold } }).ended;
    expect(exitCode).toBe(143);
    expect(resultOf(result)).toMatchObject({ outcome: "failed", error: { code: "Stopped" } });
    expect(await warehouse.query(`SELECT FROM raw._kelt_loads WHERE load_id LIKE 'uid-held%'`)).toEqual([]);
  });

  test("ends at once at SIGTERM", async () => {
    await using operator = await startReportServer(() => () => undefined);
    const spec = aTask({ work: loadOf("films"), connections: connections(), uid: "uid-held-term" });
    const task = startReportingTask(spec, { channel: { ...channelOf(operator), hold } });
    await until("it waits", () => operator.seen.length > 0);
    task.process.kill("SIGTERM");
    expect((await task.ended).exitCode).toBe(143);
  });

  test("that reaches nobody for ten seconds exits 66 and leaves no result", async () => {
    await using operator = await startReportServer();
    const channel = { urls: [`https://127.0.0.1:${await freePort()}`], certificate: operator.certificate, hold };
    const spec = aTask({ work: loadOf("films"), connections: connections(), uid: "uid-held-lost" });
    const { exitCode, result, output } = await startReportingTask(spec, { channel }).ended;
    expect(exitCode).toBe(EXIT.notReached);
    expect(result).toBe("");
    expect(output).toContain("nothing is begun");
    expect(await warehouse.query("SELECT FROM raw._kelt_loads WHERE load_id LIKE 'uid-held%'")).toEqual([]);
  });
});

test("a task that is killed after any of its messages has said nothing that is not so", async () => {
  for (let last = 1; last <= 6; last += 1) {
    const uid = `uid-killed-${last}`;
    let kill: () => void = () => undefined;
    await using operator = await startReportServer((_report, number) => {
      if (number >= last) kill();
      return GO;
    });
    const spec = aTask({ work: loadOf("films", "slow"), connections: connections(), uid });
    const task = startReportingTask(spec, { channel: channelOf(operator) });
    kill = () => void task.process.kill("SIGKILL");
    await task.ended;
    await until("the server has let go of it", async () => {
      const sessions = await warehouse.query("SELECT FROM pg_stat_activity WHERE application_name LIKE 'kelt/%'");
      return sessions.length === 0;
    });
    const loads = await warehouse.query(`SELECT FROM raw._kelt_loads WHERE load_id = '${uid}/raw'`);
    const said = operator.seen.some(({ report }) => report.result?.outcome === "succeeded");
    if (said) expect(loads).toHaveLength(1);
  }
});
