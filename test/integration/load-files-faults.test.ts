import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT } from "#api/task.ts";
import type { WorkOf } from "../../task-image/commands/command.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/postgres.ts";
import { aTask } from "../support/task.ts";
import { runTask, startTask } from "../support/task-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const ROWS = 20_000;
const BAD_ROWS = 3;
const KILLS = 6;

let server: PostgresServer;
let warehouse: TestDatabase;
const directory = temporaryDirectory("volume");

beforeAll(async () => {
  server = await startPostgres();
  const ids = Array.from({ length: ROWS }, (_, id) => id);
  const bad = "bad,x\n".repeat(BAD_ROWS);
  writeFileSync(
    join(directory, "films.csv.gz"),
    gzipSync(`id,title\n${ids.map((id) => `${id},film ${id}\n`).join("")}${bad}`),
  );
  writeFileSync(join(directory, "events.jsonl"), ids.map((id) => `{"id":${id},"page":"Home"}\n`).join(""));
});
afterAll(() => server.stop());

function task(mode: "append" | "truncate", attempt: number) {
  const work: WorkOf<"load"> = {
    verb: "load",
    load: {
      from: { connection: "drop", schema: "public", files: { films: "films.csv.gz", events: "events.jsonl" } },
      to: { connection: "warehouse", schema: "raw" },
      mode,
      columns: { films: { id: "bigint" } },
      rejects: { max: BAD_ROWS },
    },
  };
  const connections = { drop: { kind: "files" as const, directory }, warehouse: warehouse.connection() };
  return aTask({ work, connections, attempt });
}

/** Every row once, every rejected row once, one record, and no table that the load used on its way. */
async function expectCompleteAndSingle(): Promise<void> {
  const [state] = await warehouse.query(`SELECT
    (SELECT count(*) || ' ' || count(DISTINCT id) FROM raw.films) AS films,
    (SELECT count(*) || ' ' || count(DISTINCT id) FROM raw.events) AS events,
    (SELECT count(*) FROM raw._kelt_rejects) AS rejects,
    (SELECT count(*) FROM raw._kelt_files) AS files,
    (SELECT count(*) FROM raw._kelt_loads) AS loads,
    (SELECT count(*) FROM pg_class WHERE relname ~ '^_kelt_(staging|landing)') AS leftovers`);
  expect(state).toEqual({
    films: `${ROWS} ${ROWS}`,
    events: `${ROWS} ${ROWS}`,
    rejects: String(BAD_ROWS),
    files: "2",
    loads: "1",
    leftovers: "0",
  });
}

test.each(["append", "truncate"] as const)(
  "%s: a process killed at any moment, then retried: every row once",
  { timeout: 300_000 },
  async (mode) => {
    warehouse = await server.createDatabase();
    const begun = performance.now();
    await runTask(task(mode, 1));
    const duration = performance.now() - begun;
    for (let kill = 0; kill < KILLS; kill += 1) {
      warehouse = await server.createDatabase();
      const first = startTask(task(mode, 1));
      await setTimeout((duration * (kill + 0.5)) / KILLS);
      first.process.kill("SIGKILL");
      const { signal, exitCode } = await first.ended;
      expect(signal === "SIGKILL" || exitCode === EXIT.done).toBe(true);
      const retried = await runTask(task(mode, 2));
      expect(retried.parsed).toMatchObject({ outcome: "succeeded", rows: 2 * ROWS });
      await expectCompleteAndSingle();
    }
  },
);
