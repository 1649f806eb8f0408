import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EXIT, PART_ENV, type TaskConnection, TaskResult } from "#api/task.ts";
import type { SpecOf, WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { startLossyProxy } from "../../support/servers/lossy-proxy.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";
import { type EndedTask, startTask } from "../../support/tasks/task-process.ts";

const FILES = 6;
const ROWS_OF_FILE = 4_000;
const ROWS = FILES * ROWS_OF_FILE;
const PARTS = 3;
const KILLS = 3;
/** One row of each file is no number. */
const REJECTED = FILES;

let server: PostgresServer;
let warehouse: TestDatabase;
const directory = temporaryDirectory("volume");

beforeAll(async () => {
  server = await startPostgres();
  for (let file = 0; file < FILES; file += 1) {
    const ids = Array.from({ length: ROWS_OF_FILE }, (_, row) => file * ROWS_OF_FILE + row);
    writeFileSync(
      join(directory, `films-${file}.csv`),
      `id,title\n${ids.map((id) => `${id},film ${id}\n`).join("")}x,bad\n`,
    );
    writeFileSync(join(directory, `events-${file}.jsonl`), ids.map((id) => `{"id":${id},"page":"Home"}\n`).join(""));
  }
});
afterAll(() => server.stop());
beforeEach(async () => {
  warehouse = await server.createDatabase();
});

type Mode = "append" | "merge";

function task(mode: Mode, destination: TaskConnection = warehouse.connection()) {
  const work: WorkOf<"load"> = {
    verb: "load",
    load: {
      from: { connection: "drop", schema: "public", files: { films: "films-*.csv", events: "events-*.jsonl" } },
      to: { connection: "warehouse", schema: "raw" },
      mode,
      columns: { films: { id: "bigint" } },
      rejects: { max: REJECTED },
      fanOut: { pods: PARTS },
      ...(mode === "merge" ? { key: ["id"] } : {}),
    },
  };
  return aTask({ work, connections: { drop: { kind: "files" as const, directory }, warehouse: destination } });
}

/** Every row once, every rejected row once, one record, and nothing that the load used on its way. */
async function expectCompleteAndSingle(): Promise<void> {
  const [state] = await warehouse.query(`SELECT
    (SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || sum(id) FROM raw.films) AS films,
    (SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || sum(id) FROM raw.events) AS events,
    (SELECT count(*) || ' ' || count(DISTINCT uri) FROM raw._kelt_rejects) AS rejects,
    (SELECT count(*) FROM raw._kelt_files) AS files,
    (SELECT count(*) || ' ' || sum(rows) FROM raw._kelt_loads) AS loads,
    (SELECT count(*) FROM raw._kelt_parts) AS parts,
    (SELECT count(*) FROM pg_class WHERE relname ~ '^_kelt_(share|staging|landing)') AS leftovers`);
  const rows = `${ROWS} ${ROWS} ${(ROWS * (ROWS - 1)) / 2}`;
  expect(state).toEqual({
    films: rows,
    events: rows,
    rejects: `${REJECTED} ${FILES}`,
    files: String(2 * FILES),
    loads: `1 ${2 * ROWS}`,
    parts: "0",
    leftovers: "0",
  });
}

function expectDone({ exitCode, result }: EndedTask, part: number): TaskResult {
  expect(exitCode).toBe(EXIT.done);
  const parsed = TaskResult.parse(JSON.parse(result));
  expect(parsed).toMatchObject({ outcome: "succeeded", part });
  return parsed;
}

const startPart = (spec: unknown, part: number) => startTask(spec, { [PART_ENV]: String(part) });
/** The same in the test's own process. */
const runPart = (spec: SpecOf<"load">, index: number) => load(spec, aContext({ part: { index, of: PARTS } }));
const parts = Array.from({ length: PARTS }, (_, part) => part);

test("two pods of each part at the same time: one load, which one of them has published", {
  timeout: 120_000,
}, async () => {
  const pods = [...parts, ...parts].map((part) => ({ part, ended: startPart(task("append"), part).ended }));
  const results = await Promise.all(pods.map(async ({ part, ended }) => expectDone(await ended, part)));
  expect(results.some(({ published }) => published?.rows === 2 * ROWS)).toBe(true);
  await expectCompleteAndSingle();
});

describe.each(["append", "merge"] as const)("%s", (mode) => {
  test("a pod of any part killed at any moment, then tried again: every row once", { timeout: 300_000 }, async () => {
    const begun = performance.now();
    await Promise.all(parts.map((part) => startPart(task(mode), part).ended));
    const duration = performance.now() - begun;
    await expectCompleteAndSingle();
    for (let kill = 0; kill < KILLS; kill += 1) {
      warehouse = await server.createDatabase();
      const victim = kill % PARTS;
      const others = parts
        .filter((part) => part !== victim)
        .map((part) => ({ part, ended: startPart(task(mode), part).ended }));
      const first = startPart(task(mode), victim);
      await setTimeout((duration * (kill + 0.5)) / KILLS);
      first.process.kill("SIGKILL");
      await first.ended;
      await runPart(task(mode), victim);
      for (const { part, ended } of others) expectDone(await ended, part);
      await expectCompleteAndSingle();
    }
  });

  test("the pod that publishes killed at any moment, then tried again: every row once", {
    timeout: 300_000,
  }, async () => {
    let duration = 0;
    for (let kill = -1; kill < KILLS; kill += 1) {
      warehouse = await server.createDatabase();
      for (const part of [2, 0]) await runPart(task(mode), part);
      const begun = performance.now();
      const last = startPart(task(mode), 1);
      if (kill >= 0) {
        await setTimeout((duration * (kill + 0.5)) / KILLS);
        last.process.kill("SIGKILL");
      }
      await last.ended;
      if (kill < 0) duration = performance.now() - begun;
      expect((await runPart(task(mode), 1)).published).toMatchObject({ rows: 2 * ROWS });
      await expectCompleteAndSingle();
    }
  });
});

const COMMITS = { landing: "SET state = 'landed'", publishing: 'INSERT INTO "raw"."_kelt_loads"' } as const;

test.each([
  ["landing", "before the server sees COMMIT"],
  ["landing", "after the server has committed"],
  ["publishing", "before the server sees COMMIT"],
  ["publishing", "after the server has committed"],
] as const)(
  "%s, and the connection is lost %s: the outcome is unknown, and the retry finds the truth",
  async (step, moment) => {
    await runPart(task("append"), 0);
    await runPart(task("append"), 1);
    const reached = (bytes: Buffer, sent: string) => bytes.includes("COMMIT\0") && sent.includes(COMMITS[step]);
    const never = () => false;
    await using proxy = await startLossyProxy(
      server,
      moment.startsWith("before") ? { sent: reached, received: never } : { sent: never, received: reached },
    );
    const lost = warehouse.connection({ host: proxy.host, port: String(proxy.port) });
    await expect(runPart(task("append", lost), 2)).rejects.toMatchObject({ kind: "transient", code: "CommitUnknown" });
    expect(proxy.cuts()).toBe(1);
    const outcome = await runPart(task("append"), 2);
    expect(outcome.published).toMatchObject({ rows: 2 * ROWS });
    expect(outcome.message.includes("loaded by attempt 1")).toBe(step === "publishing" && moment.startsWith("after"));
    await expectCompleteAndSingle();
  },
);
