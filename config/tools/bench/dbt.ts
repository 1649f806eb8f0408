import { startLossyProxy } from "../../../test/support/servers/lossy-proxy.ts";
import { startPostgres } from "../../../test/support/servers/postgres.ts";
import { type BenchmarkLine, comparePairs, median, PAIRS, round } from "./benchmark-line.ts";
import { type Builders, type ProjectFiles, prepareBuilders } from "./dbt-build.ts";
import type { Measured } from "./measured-task.ts";

const THREADS = 4;
const SETTINGS = "name: lab\nprofile: lab\nversion: '1.0'\nmodels: {lab: {+materialized: view}}\n";

const MODELS = 200;
/** Each model of a layer reads the one below it in the layer before. */
const LAYER = 20;
const WALL_MAX = 0.15;
const RSS_MAX = 350_000_000;

const SLEEPERS = 12;
/** Twelve seconds of the server's, four at a time. */
const IDEAL_SECONDS = 3;
const IDEAL_MAX = 1.1;

const SMALL = 25;
const START_MAX = 0.1;
const START_SECONDS_MAX = 1;

/** 200 trivial views with two tests each, by kelt and by real dbt in turns, each from the start of its process to its end. */
export async function dbt200(): Promise<BenchmarkLine> {
  await using server = await startPostgres();
  const files = viewsOf(MODELS);
  const { kelt, dbt } = await takeTurns(await prepareBuilders(server), files);
  const { ratio, figures } = comparePairs(secondsOf(kelt), secondsOf(dbt));
  const peakRssBytes = Math.max(...kelt.map((each) => each.peakRssBytes));
  return {
    benchmark: "dbt-200",
    ratio,
    bars: {
      [`ratio <= ${WALL_MAX}`]: ratio <= WALL_MAX,
      [`rss <= ${RSS_MAX / 1_000_000} MB`]: peakRssBytes <= RSS_MAX,
    },
    figures: {
      ...{ models: MODELS, tests: 2 * MODELS, threads: THREADS },
      keltSeconds: secondsOf(kelt).map(round),
      dbtSeconds: secondsOf(dbt).map(round),
      keltPeakMegabytes: round(peakRssBytes / 1_000_000),
      ...figures,
    },
  };
}

/** Twelve independent tables of one second each on four threads. The ratio is of whole processes to the ideal three seconds. */
export async function dbtSleep(): Promise<BenchmarkLine> {
  await using server = await startPostgres();
  const sleepers = Array.from({ length: SLEEPERS }, (_, i): readonly [string, string] => [
    `models/m${i}.sql`,
    "{{ config(materialized='table') }} select 1 as id from pg_sleep(1)",
  ]);
  const files = { "dbt_project.yml": SETTINGS, ...Object.fromEntries(sleepers) };
  const { kelt, dbt } = await takeTurns(await prepareBuilders(server), files);
  const ratio = round(median(secondsOf(kelt)) / IDEAL_SECONDS);
  const toDbt = comparePairs(secondsOf(kelt), secondsOf(dbt));
  return {
    benchmark: "dbt-sleep",
    ratio,
    bars: { [`ratio <= ${IDEAL_MAX}`]: ratio <= IDEAL_MAX, "below dbt": toDbt.ratio < 1 },
    figures: {
      ...{ models: SLEEPERS, threads: THREADS, idealSeconds: IDEAL_SECONDS, ratioToDbt: toDbt.ratio },
      keltSeconds: secondsOf(kelt).map(round),
      dbtSeconds: secondsOf(dbt).map(round),
      ...toDbt.figures,
    },
  };
}

/** Seconds from the start of a process to the statement that builds the first of 25 views, as a proxy before the server sees it. */
export async function dbtStart(): Promise<BenchmarkLine> {
  await using server = await startPostgres();
  const builders = await prepareBuilders(server);
  const files = viewsOf(SMALL);
  const firstStatement = async (build: Builders["kelt"]): Promise<number> => {
    let seen: number | undefined;
    const sent = (bytes: Buffer) => {
      if (/create view/i.test(bytes.toString("latin1"))) seen ??= performance.now();
      return false;
    };
    await using proxy = await startLossyProxy(server, { sent, received: () => false });
    const begun = performance.now();
    await build(files, THREADS, proxy);
    if (seen === undefined) throw new Error("no statement that makes a view was seen");
    return (seen - begun) / 1000;
  };
  const kelt: number[] = [];
  const dbt: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    kelt.push(await firstStatement(builders.kelt));
    dbt.push(await firstStatement(builders.dbt));
  }
  const { ratio, figures } = comparePairs(kelt, dbt);
  return {
    benchmark: "dbt-start",
    ratio,
    bars: {
      [`ratio <= ${START_MAX}`]: ratio <= START_MAX,
      [`seconds <= ${START_SECONDS_MAX}`]: median(kelt) <= START_SECONDS_MAX,
    },
    figures: { models: SMALL, keltSeconds: kelt.map(round), dbtSeconds: dbt.map(round), ...figures },
  };
}

async function takeTurns(builders: Builders, files: ProjectFiles) {
  const kelt: Measured[] = [];
  const dbt: Measured[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    kelt.push(await builders.kelt(files, THREADS));
    dbt.push(await builders.dbt(files, THREADS));
  }
  return { kelt, dbt };
}

function secondsOf(measured: readonly Measured[]): number[] {
  return measured.map(({ seconds }) => seconds);
}

/** Views in layers, each with a test of uniqueness and one of presence. */
function viewsOf(count: number): ProjectFiles {
  const models = Array.from({ length: count }, (_, i): readonly [string, string] => [
    `models/m${i}.sql`,
    i < LAYER ? `select ${i} as id` : `select id from {{ ref('m${i - LAYER}') }}`,
  ]);
  const properties = models.map((_, i) => `  - {name: m${i}, columns: [{name: id, data_tests: [unique, not_null]}]}\n`);
  return {
    "dbt_project.yml": SETTINGS,
    "models/schema.yml": `models:\n${properties.join("")}`,
    ...Object.fromEntries(models),
  };
}
