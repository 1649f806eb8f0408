import { afterAll, beforeAll, expect, test } from "vitest";
import { putObject } from "../../../config/base/demo/store/bucket.mts";
import { Random } from "../../../config/base/demo/store/random.mts";
import { objects } from "../../../config/samples/songplays/demo/objects.mts";
import { startFilledStore } from "../../support/servers/filled-store.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import type { S3Server } from "../../support/servers/versitygw.ts";
import { readSamplePipeline } from "../../support/tasks/sample.ts";

type Row = Readonly<Record<string, string | number | null>>;

const MADE = [...objects(new Random(1))];
const LOGS = MADE.filter(([key]) => key.startsWith("log_data/"));
const EVENTS = LOGS.flatMap(([, text]) => rowsOf(text));
const SONGS = MADE.filter(([key]) => key.startsWith("song_data/")).flatMap(([, text]) => rowsOf(text));
const PLAYS = EVENTS.filter(({ page }) => page === "NextSong");

let server: PostgresServer;
let store: S3Server;
let warehouse: TestDatabase;

beforeAll(async () => {
  [server, store] = await Promise.all([startPostgres(), startFilledStore("songplays")]);
});
afterAll(async () => {
  await server?.stop();
  await store?.stop();
});

function rowsOf(lines: string): Row[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}

async function newPipeline() {
  warehouse = await server.createDatabase();
  return readSamplePipeline("songplays", { lake: store.connection("songplays"), warehouse: warehouse.connection() });
}

/** Rows as the database gives them: every value as text. */
function asText(rows: readonly Row[]): Record<string, string | null>[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
  );
}

test("the demo makes thirty days of events, and seventy songs in nested folders", () => {
  expect(LOGS.map(([key]) => key)).toHaveLength(30);
  expect(LOGS[29]?.[0]).toBe("log_data/2026/04/2026-04-30-events.json");
  expect(SONGS).toHaveLength(70);
  expect(MADE[0]?.[0]).toMatch(/^song_data\/[AB]\/[A-Z0-9]\/[A-Z0-9]\/TR[A-Z0-9]+\.json$/);
  expect(EVENTS.length).toBeGreaterThan(5_000);
});

test("events and songs go from the bucket to a star of facts and dimensions", async () => {
  const pipeline = await newPipeline();
  expect(await pipeline.run("events", "uid-1")).toMatchObject({ rows: EVENTS.length });
  expect(await pipeline.run("songs", "uid-1")).toMatchObject({ rows: 70 });
  expect(await pipeline.run("models", "uid-1")).toMatchObject({ tests: { passed: 20, failed: 0, errored: 0 } });
  expect(await pipeline.run("quality", "uid-1")).toMatchObject({ tests: { passed: 6, failed: 0, errored: 0 } });

  const columns = Object.keys(EVENTS[0] ?? {}).map((name) => `"${name}"`);
  const order = 'ORDER BY "sessionId", "itemInSession"';
  const events = await warehouse.query(`SELECT ${columns} FROM staging.staging_events ${order}`);
  const inOrder = EVENTS.toSorted(
    (left, right) =>
      Number(left.sessionId) - Number(right.sessionId) || Number(left.itemInSession) - Number(right.itemInSession),
  );
  expect(events).toEqual(asText(inOrder));
  const songs = await warehouse.query("SELECT * FROM staging.staging_songs");
  expect(new Set(songs.map((song) => JSON.stringify(Object.entries(song).sort())))).toEqual(
    new Set(asText(SONGS).map((song) => JSON.stringify(Object.entries(song).sort()))),
  );

  const catalogue = new Map(SONGS.map((song) => [`${song.title}|${song.artist_name}|${song.duration}`, song]));
  const known = PLAYS.filter(({ song, artist, length }) => catalogue.has(`${song}|${artist}|${length}`));
  expect(known.length).toBeGreaterThan(1_000);
  expect(await warehouse.query("SELECT count(*) AS all, count(song_id) AS known FROM analytics.songplays")).toEqual([
    { all: String(PLAYS.length), known: String(known.length) },
  ]);
  const level = new Map(EVENTS.filter(({ userId }) => userId !== "").map((event) => [event.userId, event.level]));
  const users = await warehouse.query("SELECT user_id, level FROM analytics.users");
  expect(new Map(users.map((user) => [user.user_id, user.level]))).toEqual(level);
  const [first] = await warehouse.query("SELECT min(start_time) AS at, count(*) AS times FROM analytics.time");
  const times = PLAYS.map(({ ts }) => Number(ts));
  const earliest = new Date(Math.min(...times))
    .toISOString()
    .replace("T", " ")
    .replace(/\.?0*Z$/, "");
  expect(first).toEqual({ at: earliest, times: String(new Set(times).size) });
});

test("the next run reads the day that is new, and no day twice", async () => {
  const pipeline = await newPipeline();
  await pipeline.run("events", "uid-1");
  expect(await pipeline.run("events", "uid-2")).toMatchObject({ rows: 0 });
  const { endpoint, accessKey, secretKey } = store;
  const event = { ...EVENTS[0], sessionId: 1_000_000 };
  const bucket = { endpoint, name: "songplays", accessKey, secretKey };
  await putObject(bucket, "log_data/2026/05/2026-05-01-events.json", Buffer.from(`${JSON.stringify(event)}\n`));
  expect(await pipeline.run("events", "uid-3")).toMatchObject({ rows: 1 });
  expect(await warehouse.query("SELECT count(*) FROM staging.staging_events")).toEqual([
    { count: String(EVENTS.length + 1) },
  ]);
});
