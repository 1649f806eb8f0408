import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../../config/base/demo/store/random.mts";
import { makeCredits } from "../../../config/samples/netflix/demo/credits.mts";
import type { CsvRow } from "../../../config/samples/netflix/demo/csv.mts";
import { makeTitles } from "../../../config/samples/netflix/demo/titles.mts";
import { nodeHealth, runHealth } from "../../../operator/run/health.ts";
import type { Outcome } from "../../../task-image/commands/command.ts";
import { startFilledStore } from "../../support/servers/filled-store.ts";
import { type PostgresServer, startPostgres } from "../../support/servers/postgres.ts";
import type { S3Server } from "../../support/servers/versitygw.ts";
import { readSamplePipeline } from "../../support/tasks/sample.ts";

const RANDOM = new Random(1);
const TITLES = makeTitles(RANDOM);
const CREDITS = makeCredits(RANDOM, TITLES);

let server: PostgresServer;
let store: S3Server;

beforeAll(async () => {
  [server, store] = await Promise.all([startPostgres(), startFilledStore("netflix")]);
});
afterAll(async () => {
  await server?.stop();
  await store?.stop();
});

/** Of the sample's own project: two of its models have no test, two of all columns a description. */
const HEALTH = { models: { good: 6, of: 8 }, columns: { good: 10, of: 51 } };
const nodeOf = ({ health = {} }: Outcome) => ({ state: "Succeeded", health: nodeHealth(health) }) as const;

/** Rows as the database gives them: every value as text. */
function asText(rows: readonly CsvRow[]): Record<string, string | null>[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
  );
}

test("the demo's files have cells with quotes, commas, line ends and brackets, and empty ones", () => {
  expect(TITLES).toHaveLength(6_250);
  expect(CREDITS).toHaveLength(81_357);
  const cells = [...TITLES, ...CREDITS].flatMap((row) => Object.values(row));
  for (const part of ['"', ",", "\n", "\r\n", "[", "ö"]) {
    expect(cells.some((cell) => typeof cell === "string" && cell.includes(part))).toBe(true);
  }
  expect(cells.filter((cell) => cell === null).length).toBeGreaterThan(10_000);
});

test("titles and credits go from two CSV files through all layers, again and again", async () => {
  const warehouse = await server.createDatabase();
  const connections = { lake: store.connection("netflix"), warehouse: warehouse.connection() };
  const pipeline = readSamplePipeline("netflix", connections);
  for (const uid of ["uid-1", "uid-2"]) {
    expect(await pipeline.run("raw", uid)).toMatchObject({ rows: TITLES.length + CREDITS.length });
    const models = await pipeline.run("models", uid);
    expect(models).toMatchObject({ tests: { passed: 21, failed: 0, errored: 0 }, health: HEALTH });
    const quality = await pipeline.run("quality", uid);
    expect(quality).toMatchObject({ tests: { passed: 2, failed: 0, errored: 0 } });
    expect(await pipeline.run("docs", uid)).toMatchObject({ message: expect.stringMatching(/8 models, 2 sources/) });
    // The data health score: tests passed of those that ran, and how much of the models is tested and described.
    const nodes = [models, quality].map((outcome) => nodeOf(outcome as Outcome));
    const tests = { passed: 23, warned: 0, failed: 0, errored: 0 };
    expect(runHealth(nodes, tests).health).toEqual({
      tests: { good: 23, of: 23, percent: 100 },
      models: { good: 6, of: 8, percent: 75 },
      columns: { good: 10, of: 51, percent: 19 },
    });
  }
  const titles = await warehouse.query("SELECT * FROM raw.titles ORDER BY substr(id, 3)::integer");
  expect(titles).toEqual(asText(TITLES));
  const credits = await warehouse.query("SELECT * FROM raw.credits ORDER BY substr(id, 3)::integer, person_id");
  const byPerson = CREDITS.toSorted(
    (left, right) => Number(left.id.slice(2)) - Number(right.id.slice(2)) || left.person_id - right.person_id,
  );
  expect(credits).toEqual(asText(byPerson));

  const counted = TITLES.filter(({ genres, imdb_votes: votes }) => genres.includes("'war'") && Number(votes) >= 10_000);
  const mean = counted.reduce((sum, { imdb_score: score }) => sum + Number(score), 0) / counted.length;
  const [war] = await warehouse.query("SELECT titles, average_score FROM analytics.genre_scores WHERE genre = 'war'");
  expect(war?.titles).toBe(String(counted.length));
  expect(Number(war?.average_score)).toBeCloseTo(mean, 1);
});
