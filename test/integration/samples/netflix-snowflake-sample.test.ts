import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../../config/base/demo/store/random.mts";
import { makeCredits } from "../../../config/samples/netflix/demo/credits.mts";
import { makeTitles } from "../../../config/samples/netflix/demo/titles.mts";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import { only, renderKustomization } from "../../support/cluster/chart.ts";
import { startFilledStore } from "../../support/servers/filled-store.ts";
import type { S3Server } from "../../support/servers/versitygw.ts";
import { type SnowflakeServer, startSnowflake } from "../../support/snowflake/snowflake.ts";
import { samplePipeline } from "../../support/tasks/sample.ts";

const RANDOM = new Random(1);
const TITLES = makeTitles(RANDOM);
const CREDITS = makeCredits(RANDOM, TITLES);

/** The stand-in holds all rows in memory and is not fast. */
const LOADS_TIMEOUT_MS = 300_000;

let store: S3Server;
let snowflake: SnowflakeServer;

beforeAll(async () => {
  store = await startFilledStore("netflix");
  snowflake = await startSnowflake({ store });
});
afterAll(async () => {
  await snowflake?.stop();
  await store?.stop();
});

type Cell = string | number | null;

/** Rows as texts in any order; numbers as numbers, whatever zeros stand behind their point. */
function asSet(rows: readonly Readonly<Record<string, Cell>>[], numbers: ReadonlySet<string>): ReadonlySet<string> {
  const textOf = (name: string, value: Cell) => (numbers.has(name) && value !== null ? Number(value) : value);
  return new Set(
    rows.map((row) =>
      JSON.stringify(
        Object.entries(row)
          .map(([name, value]) => [name.toUpperCase(), textOf(name.toUpperCase(), value)])
          .sort(),
      ),
    ),
  );
}

const overlay = () => only(renderKustomization("config/samples/netflix-snowflake"), "Pipeline", "netflix").spec;

test("nothing but the connection is different, and what cannot run on Snowflake is left out", () => {
  const base = only(renderKustomization("config/samples/netflix"), "Pipeline", "netflix").spec;
  const { connections: ownConnections, nodes: ownNodes, ...rest } = base;
  const { connections, nodes, ...others } = overlay();
  const quality = { ...ownNodes.quality, needs: ["raw"] };
  const report = { ...ownNodes.report, needs: ["raw", "quality"] };
  expect(nodes).toEqual({ raw: ownNodes.raw, quality, report });
  expect(others).toEqual(rest);
  expect(connections).toEqual({ ...ownConnections, warehouse: { snowflake: expect.anything() } });
  expect(validatePipeline(overlay())).toMatchObject({ ok: true });
});

test(
  "titles and credits go from the bucket into Snowflake, every cell as it is in the files, again and again",
  async () => {
    const connections = { lake: store.connection("netflix"), warehouse: snowflake.connection() };
    const pipeline = samplePipeline("netflix", overlay(), connections);
    for (const uid of ["uid-1", "uid-2"]) {
      expect(await pipeline.run("raw", uid)).toMatchObject({ rows: TITLES.length + CREDITS.length });
      expect(await pipeline.run("quality", uid)).toMatchObject({ tests: { passed: 2, failed: 0, errored: 0 } });
    }
    const { titles, credits } = overlay().nodes.raw.load.columns;
    const numbersOf = (columns: Readonly<Record<string, string>>) =>
      new Set(Object.keys(columns).flatMap((name) => (columns[name] === "text" ? [] : [name.toUpperCase()])));
    const titlesThere = await snowflake.query(`SELECT * FROM "RAW"."TITLES"`);
    expect(titlesThere).toHaveLength(TITLES.length);
    expect(asSet(titlesThere, numbersOf(titles))).toEqual(asSet(TITLES, numbersOf(titles)));
    const creditsThere = await snowflake.query(`SELECT * FROM "RAW"."CREDITS"`);
    expect(creditsThere).toHaveLength(CREDITS.length);
    expect(asSet(creditsThere, numbersOf(credits))).toEqual(asSet(CREDITS, numbersOf(credits)));
  },
  LOADS_TIMEOUT_MS,
);
