import { afterAll, beforeAll, expect, test } from "vitest";
import { Extract, manifestKey } from "#api/extract.ts";
import { Load } from "#api/load.ts";
import { EXIT, type TaskConnection } from "#api/task.ts";
import { extract as runExtract } from "../../task-image/commands/extract.ts";
import { load } from "../../task-image/commands/load.ts";
import { countTraffic, killAt, killPoint } from "../support/loads/kill-point.ts";
import { CYCLES_AT_ONCE, FIRST_SEED, POINTS as POINTS_OF_LOADS, TIMEOUT_MS } from "../support/loads/killed-load.ts";
import { startLossyProxy } from "../support/servers/lossy-proxy.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { type S3Server, startS3Server } from "../support/servers/versitygw.ts";
import { aContext, aTask } from "../support/tasks/task.ts";
import { startTask } from "../support/tasks/task-process.ts";

/** An extract has no COMMIT that it could lose: all of its points are of one kind. */
const POINTS = 2 * POINTS_OF_LOADS;

const ROWS = 3000;

let server: PostgresServer;
let s3: S3Server;
let source: TestDatabase;
let warehouse: TestDatabase;

beforeAll(async () => {
  [server, s3] = await Promise.all([startPostgres(), startS3Server()]);
  [source, warehouse] = [await server.createDatabase(), await server.createDatabase()];
  await source.query(`CREATE TABLE films AS SELECT i AS id, repeat(md5(i::text), 3) AS title FROM generate_series(1, ${ROWS}) i;
    CREATE TABLE actors AS SELECT * FROM films`);
});
afterAll(async () => {
  await server.stop();
  await s3.stop();
});

/** An extract and a load of it, by way of files of its own. */
function pipelineOf(name: string) {
  const to = { connection: "lake", prefix: `${name}/`, createBucket: true };
  const extract = Extract.parse({ from: { connection: "source", tables: ["films", "actors"] }, to });
  const loaded = Load.parse({
    from: { connection: "lake", node: "landed" },
    to: { connection: "warehouse", schema: name },
  });
  const connections = (lake: TaskConnection) => ({
    source: source.connection(),
    lake,
    warehouse: warehouse.connection(),
  });
  const extractTask = (attempt: number, lake: TaskConnection = s3.connection("lake")) =>
    aTask({ work: { verb: "extract", extract }, connections: connections(lake), node: "landed", attempt });
  const runLoad = () => {
    const work = { verb: "load" as const, load: loaded, manifest: manifestKey(to) };
    return load(aTask({ work, connections: connections(s3.connection("lake")) }), aContext());
  };
  const rows = async () =>
    await warehouse.query(`SELECT (SELECT count(*) || ' ' || sum(hashtext(f::text)::bigint) FROM ${name}.films f) AS films,
      (SELECT count(*) || ' ' || sum(hashtext(a::text)::bigint) FROM ${name}.actors a) AS actors`);
  return { extractTask, runLoad, rows };
}

async function throughProxy(rules: Parameters<typeof startLossyProxy>[1]) {
  const { hostname, port } = new URL(s3.endpoint);
  const proxy = await startLossyProxy({ host: hostname, port: Number(port) }, rules);
  const lake = { ...s3.connection("lake"), endpoint: `http://${proxy.host}:${proxy.port}` };
  return { lake, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

test("an extract killed at any point has no manifest or all its files, and its retry is whole", {
  timeout: TIMEOUT_MS,
}, async () => {
  const traffic = { exchanges: 0, bytes: 0 };
  {
    await using counting = await throughProxy(countTraffic(traffic));
    const { exitCode, output } = await startTask(pipelineOf("undisturbed").extractTask(1, counting.lake)).ended;
    expect(exitCode, output).toBe(EXIT.done);
  }
  await pipelineOf("undisturbed").runLoad();
  const whole = await pipelineOf("undisturbed").rows();
  expect(whole[0]?.films).toMatch(new RegExp(`^${ROWS} `));
  const seeds = Array.from({ length: POINTS }, (_, index) => FIRST_SEED + index);
  let killed = 0;
  const cycle = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const { extractTask, runLoad, rows } = pipelineOf(`seed_${seed}`);
      const point = killPoint(seed, traffic);
      const story = `seed ${seed}: ${JSON.stringify(point)}`;
      let kill = () => {};
      await using killing = await throughProxy(killAt(point, () => kill()));
      const first = startTask(extractTask(1, killing.lake));
      kill = () => void first.process.kill("SIGKILL");
      const { signal, exitCode, output } = await first.ended;
      expect(signal === "SIGKILL" || exitCode === EXIT.done, `${story}\n${output}`).toBe(true);
      if (signal === "SIGKILL") killed += 1;
      const early = await runLoad().catch((error: { code: string }) => error.code);
      if (typeof early === "string") expect(early, story).toMatch(/^(ManifestMissing|NoSuchBucket)$/);
      else expect(await rows(), story).toEqual(whole);
      const { rows: extracted } = await runExtract(extractTask(2), aContext());
      expect(extracted, story).toBe(2 * ROWS);
      await runLoad();
      expect(await rows(), story).toEqual(whole);
    }
  };
  await Promise.all(Array.from({ length: CYCLES_AT_ONCE }, cycle));
  expect(killed, "points that were reached before the process had ended").toBeGreaterThan(POINTS / 2);
});
