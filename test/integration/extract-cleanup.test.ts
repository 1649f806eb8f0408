import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Extract, manifestKey } from "#api/extract.ts";
import { Load } from "#api/load.ts";
import type { TaskConnection } from "#api/task.ts";
import { extract } from "../../task-image/commands/extract.ts";
import { load } from "../../task-image/commands/load.ts";
import type { ObjectStore } from "../../task-image/object-store/object-store.ts";
import { openObjectStore } from "../../task-image/object-store/opening.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { type Fault, type PassingRequest, startStoreFront } from "../support/servers/store-front.ts";
import { type S3Server, startS3Server } from "../support/servers/versitygw.ts";
import { aContext, aTask } from "../support/tasks/task.ts";
import { runTask, startTask } from "../support/tasks/task-process.ts";

let server: PostgresServer;
let s3: S3Server;
let source: TestDatabase;
let warehouse: TestDatabase;
let bucket: string;
let buckets = 0;

beforeAll(async () => {
  [server, s3] = await Promise.all([startPostgres(), startS3Server()]);
  source = await server.createDatabase();
  await source.query(`CREATE TABLE films (film_id int, title text); CREATE TABLE users (id int);
    INSERT INTO films SELECT i, 'film ' || i FROM generate_series(1, 30) i; INSERT INTO users SELECT generate_series(1, 20)`);
});
afterAll(async () => {
  await server.stop();
  await s3.stop();
});
beforeEach(async () => {
  buckets += 1;
  bucket = `lake-${buckets}`;
  warehouse = await server.createDatabase();
});

const TO = { connection: "lake", prefix: "raw/", createBucket: true };
const lakeOf = (connection = s3.connection(bucket)) =>
  openObjectStore({ connections: { lake: connection } }, "lake", aContext());

function runExtract(uid: string) {
  const from = { connection: "source", tables: ["films", "users"] };
  const work = { verb: "extract" as const, extract: Extract.parse({ from, to: TO }) };
  const connections = { source: source.connection(), lake: s3.connection(bucket) };
  return extract(aTask({ work, connections, uid, node: "landed" }), aContext());
}

function loadTask(
  uid: string,
  cleanup: "files" | "bucket",
  more: { attempt?: number; endpoint?: string; columns?: object } = {},
) {
  const from = { connection: "lake", node: "landed", cleanup };
  const { columns, attempt = 1, endpoint = s3.endpoint } = more;
  const parsed = Load.parse({
    from,
    to: { connection: "warehouse", schema: "raw" },
    mode: "append",
    ...(columns && { columns }),
  });
  const work = { verb: "load" as const, load: parsed, manifest: manifestKey(TO) };
  const lake: TaskConnection = { ...s3.connection(bucket), endpoint };
  return aTask({ work, connections: { lake, warehouse: warehouse.connection() }, uid, attempt });
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  return keys;
}

async function expectNoBucket(): Promise<void> {
  await using lake = await lakeOf();
  await expect(keysOf(lake)).rejects.toMatchObject({ code: "NoSuchBucket" });
}

/** Every row of so many loads. */
async function expectLoaded(loads: number): Promise<void> {
  const counted = await warehouse.query(`SELECT (SELECT count(*) FROM raw.films) AS films,
    (SELECT count(*) FROM raw.users) AS users, (SELECT count(*) FROM raw._kelt_loads) AS loads`);
  expect(counted).toEqual([{ films: String(30 * loads), users: String(20 * loads), loads: String(loads) }]);
}

test("the bucket is made before and removed after, run by run", async () => {
  for (const uid of ["run-1", "run-2"]) {
    await runExtract(uid);
    const outcome = await load(loadTask(uid, "bucket"), aContext());
    expect(outcome).toMatchObject({ message: `2 tables, 50 rows; bucket ${bucket} removed`, rows: 50 });
    await expectNoBucket();
  }
  await expectLoaded(2);
});

test("an extract's files are removed, and nothing beside them", async () => {
  await runExtract("run-1");
  await using lake = await lakeOf();
  for (const key of ["raw/notes.txt", "raw/public.films.csv.bak"])
    await lake.write(key, Buffer.from("x"), "text/plain");
  expect((await load(loadTask("run-1", "files"), aContext())).message).toBe("2 tables, 50 rows; files removed");
  expect(await keysOf(lake)).toEqual(["raw/notes.txt", "raw/public.films.csv.bak"]);
});

test("a bucket with other objects is left with them, and the message names one", async () => {
  await runExtract("run-1");
  await using lake = await lakeOf();
  await lake.write("other/x", Buffer.from("x"), "text/plain");
  const { message } = await load(loadTask("run-1", "bucket"), aContext());
  expect(message).toBe(`2 tables, 50 rows; bucket ${bucket} left: other/x is still in it`);
  expect(await keysOf(lake)).toEqual(["other/x"]);
});

test("what another run has extracted since is left to it", async () => {
  await runExtract("run-1");
  await load(loadTask("run-1", "bucket"), aContext());
  await runExtract("run-2");
  const { message } = await load(loadTask("run-1", "bucket", { attempt: 2 }), aContext());
  expect(message).toMatch(/loaded by attempt 1; files left: run \S+ has written s3:\S+manifest.json since$/);
  expect(await load(loadTask("run-2", "bucket"), aContext())).toMatchObject({ rows: 50 });
  await expectLoaded(2);
});

test("an object that somebody has replaced is left, and so is its bucket", async () => {
  await runExtract("run-1");
  await using front = await startStoreFront(s3.endpoint, ({ method }) => (method === "DELETE" ? "refuse" : "pass"));
  const failed = await runTask(loadTask("run-1", "bucket", { endpoint: front.endpoint }));
  expect(failed.parsed).toMatchObject({ outcome: "failed", error: { kind: "transient" } });
  expect(failed.parsed.error?.message).toMatch(/^the rows are loaded; removing the extract's files is not done: .*503/);
  await using lake = await lakeOf();
  await lake.write("raw/public.users.csv", Buffer.from("id\n7\n"), "text/csv");
  const { message } = await load(loadTask("run-1", "bucket", { attempt: 2 }), aContext());
  expect(message).toContain(`loaded by attempt 1; bucket ${bucket} left: raw/public.users.csv is still in it`);
  await expectLoaded(1);
});

test("a bucket that the store does not call empty is left, although nothing is listed", async () => {
  await runExtract("run-1");
  await using lake = await lakeOf();
  const somethingInIt = async ({ method, path }: PassingRequest): Promise<Fault> => {
    const [place] = path.split("?");
    if (place?.replace(/\/$/, "") !== `/${bucket}`) return "pass";
    if (method === "DELETE") await lake.write("unseen", Buffer.from("x"), "text/plain");
    else await lake.remove("unseen");
    return "pass";
  };
  await using front = await startStoreFront(s3.endpoint, somethingInIt);
  const { message } = await load(loadTask("run-1", "bucket", { endpoint: front.endpoint }), aContext());
  expect(message).toMatch(new RegExp(`; bucket ${bucket} left: the store calls it not empty`));
  expect(await keysOf(lake)).toEqual([]);
});

test("two pods of one load: one commits and cleans up before the other reads the manifest", async () => {
  await runExtract("run-1");
  let rivals = 0;
  const rivalFirst = async ({ method, path }: PassingRequest): Promise<Fault> => {
    if (rivals > 0 || method !== "HEAD" || !path.endsWith("manifest.json")) return "pass";
    rivals += 1;
    await load(loadTask("run-1", "bucket"), aContext());
    return "pass";
  };
  await using front = await startStoreFront(s3.endpoint, rivalFirst);
  const late = await load(loadTask("run-1", "bucket", { attempt: 2, endpoint: front.endpoint }), aContext());
  expect(late.message).toBe(`2 tables, 50 rows, loaded by attempt 1; bucket ${bucket} removed`);
  expect(rivals).toBe(1);
  await expectLoaded(1);
});

test("a load whose extract is gone and that was never loaded says so", async () => {
  await expect(load(loadTask("run-1", "bucket"), aContext())).rejects.toMatchObject({
    code: "ManifestMissing",
    message: expect.stringMatching(/another run has removed it.*Runs that overlap need prefixes of their own/),
  });
});

test("a load that fails leaves its files to be looked at", async () => {
  await runExtract("run-1");
  const task = loadTask("run-1", "bucket", { columns: { films: { title: "integer" } } });
  await expect(load(task, aContext())).rejects.toMatchObject({ kind: "data" });
  await using lake = await lakeOf();
  expect(await keysOf(lake)).toEqual(["raw/manifest.json", "raw/public.films.csv", "raw/public.users.csv"]);
});

/** Two objects, the manifest, the bucket. */
describe.each([1, 2, 3, 4])("a process killed between the commit and the end, at deletion %i", (deletion) => {
  test.each([
    ["before the store has done it", "refuse"],
    ["after the store has done it", "lose"],
  ] as const)("%s: the next attempt loads nothing and removes the rest", async (_, fault) => {
    await runExtract("run-1");
    let deletions = 0;
    const onRequest = ({ method }: PassingRequest): Fault => {
      if (method !== "DELETE") return "pass";
      deletions += 1;
      if (deletions < deletion) return "pass";
      if (fault === "refuse") first.process.kill("SIGKILL");
      return fault;
    };
    await using front = await startStoreFront(s3.endpoint, onRequest, () => first.process.kill("SIGKILL"));
    const first = startTask(loadTask("run-1", "bucket", { endpoint: front.endpoint }));
    expect(await first.ended).toMatchObject({ signal: "SIGKILL" });
    expect(deletions).toBe(deletion);
    const { message } = await load(loadTask("run-1", "bucket", { attempt: 2 }), aContext());
    expect(message).toBe(`2 tables, 50 rows, loaded by attempt 1; bucket ${bucket} removed`);
    await expectNoBucket();
    await expectLoaded(1);
  });
});
