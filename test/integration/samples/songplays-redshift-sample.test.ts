import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../../config/base/demo/store/random.mts";
import { objects } from "../../../config/samples/songplays/demo/objects.mts";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import { only, renderKustomization } from "../../support/cluster/chart.ts";
import { type Redshift, startRedshift } from "../../support/redshift/server.ts";
import { startFilledStore } from "../../support/servers/filled-store.ts";
import type { S3Server } from "../../support/servers/versitygw.ts";
import { type SamplePipeline, samplePipeline } from "../../support/tasks/sample.ts";

type Row = Readonly<Record<string, string | number | null>>;

const MADE = [...objects(new Random(1))];
const EVENTS = rowsBelow("log_data/");
const SONGS = rowsBelow("song_data/");

let store: S3Server;
let redshift: Redshift;

beforeAll(async () => {
  store = await startFilledStore("songplays");
  redshift = await startRedshift(store);
});
afterAll(async () => {
  await redshift?.[Symbol.asyncDispose]();
  await store?.stop();
});

function rowsBelow(prefix: string): Row[] {
  const texts = MADE.filter(([key]) => key.startsWith(prefix)).map(([, text]) => text);
  return texts.flatMap((text) => text.split("\n").filter((line) => line !== "")).map((line) => JSON.parse(line) as Row);
}

/** Rows as texts, in any order. */
function asSet(rows: readonly Row[], columns: readonly string[]): ReadonlySet<string> {
  return new Set(rows.map((row) => columns.map((name) => (row[name] === null ? "NULL" : String(row[name]))).join("|")));
}

const overlay = () => only(renderKustomization("config/samples/songplays-redshift"), "Pipeline", "songplays").spec;

test("nothing but the connections is different, and what cannot run on Redshift is left out", () => {
  const base = only(renderKustomization("config/samples/songplays"), "Pipeline", "songplays").spec;
  const { connections: ownConnections, nodes: ownNodes, ...rest } = base;
  const { connections, nodes, ...others } = overlay();
  const { events, songs } = ownNodes;
  expect(nodes).toEqual({ events, songs });
  expect(others).toEqual(rest);
  expect(connections.warehouse).toEqual({ redshift: { secretRef: "redshift", iamRole: "default" } });
  expect(validatePipeline(overlay())).toMatchObject({ ok: true });
});

test("events and songs go from the bucket into Redshift, and no day goes twice", async () => {
  const warehouse = await redshift.createDatabase();
  const connection = { ...redshift.connection(warehouse), iamRole: "default" };
  const pipeline: SamplePipeline = samplePipeline("songplays-redshift", overlay(), {
    lake: store.connection("songplays"),
    warehouse: connection,
  });
  expect(await pipeline.run("events", "uid-1")).toMatchObject({ rows: EVENTS.length });
  expect(await pipeline.run("events", "uid-2")).toMatchObject({ rows: 0 });
  expect(await pipeline.run("songs", "uid-1")).toMatchObject({ rows: SONGS.length });
  expect(await pipeline.run("songs", "uid-2")).toMatchObject({ rows: SONGS.length });
  const columns = Object.keys(EVENTS[0] ?? {});
  const events = await warehouse.query(`SELECT ${columns.join(", ")} FROM staging.staging_events`);
  expect(events).toHaveLength(EVENTS.length);
  expect(
    asSet(
      events,
      columns.map((name) => name.toLowerCase()),
    ),
  ).toEqual(asSet(EVENTS, columns));
  const keys = Object.keys(SONGS[0] ?? {});
  const songs = await warehouse.query(`SELECT ${keys.join(", ")} FROM staging.staging_songs`);
  expect(songs).toHaveLength(SONGS.length);
  expect(asSet(songs, keys)).toEqual(asSet(SONGS, keys));
});
