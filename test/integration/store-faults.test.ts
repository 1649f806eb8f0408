import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Load } from "#api/load.ts";
import { load } from "../../task-image/commands/load.ts";
import type { ObjectStore, StoredObject } from "../../task-image/object-store/object-store.ts";
import { openObjectStore } from "../../task-image/object-store/opening.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { type Fault, type PassingRequest, startStoreFront } from "../support/servers/store-front.ts";
import { type S3Server, startS3Server } from "../support/servers/versitygw.ts";
import { aContext, aTask } from "../support/tasks/task.ts";

const KB = 1000;
const SLOW_DOWN = { status: 503, code: "SlowDown" };
const TIMEOUT_MS = 180_000;

let server: S3Server;
let lake: ObjectStore;
let postgres: PostgresServer;
let warehouse: TestDatabase;

beforeAll(async () => {
  [postgres, server] = await Promise.all([startPostgres(), startS3Server()]);
  lake = await open(server.endpoint);
  await lake.createBucket();
});
afterAll(async () => {
  await lake[Symbol.asyncDispose]();
  await server.stop();
  await postgres.stop();
});
beforeEach(async () => {
  warehouse = await postgres.createDatabase();
});

const through = (endpoint: string) => ({ ...server.connection("lake"), endpoint });
const open = (endpoint: string) => openObjectStore({ connections: { lake: through(endpoint) } }, "lake", aContext());
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

async function listed(store: ObjectStore, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of store.list(prefix)) objects.push(object);
  return objects;
}

describe("an object is read to its last byte, once", () => {
  const bytes = randomBytes(600 * KB);
  const ETAG = createHash("md5").update(bytes).digest("hex");

  test.each<[string, (get: PassingRequest) => Fault]>([
    ["that is slowed down by 503", ({ number }) => (number < 3 ? SLOW_DOWN : "pass")],
    ["of a proxy that answers 503", ({ number }) => (number < 3 ? "refuse" : "pass")],
    ["whose connection is reset again and again", ({ number }) => ({ resetAt: 90 * KB * number })],
    ["whose answer is lost", ({ number }) => (number === 1 ? "lose" : "pass")],
    ["that is cut short without a word", ({ number }) => ({ endAt: 130 * KB + number })],
    ["that comes slowly", () => ({ slowMs: 20 })],
    [
      "that comes from its first byte again",
      ({ range }) => (range === undefined ? { resetAt: 70 * KB } : { whole: bytes, etag: ETAG }),
    ],
  ])("%s", { timeout: TIMEOUT_MS }, async (_what, fault) => {
    const object = await lake.write("bytes", bytes, "application/octet-stream");
    await using front = await startStoreFront(server.endpoint, fault);
    await using store = await open(front.endpoint);
    expect(digest(await buffer(store.read(object)))).toBe(digest(bytes));
    expect(front.requests.filter(({ fault: what }) => what !== "pass").length).toBeGreaterThan(0);
  });
});

test("an object that was replaced is noticed by its etag where the store does not know If-Match", async () => {
  const object = await lake.write("other", Buffer.from("first"), "text/plain");
  await using front = await startStoreFront(server.endpoint, () => ({ whole: Buffer.from("other"), etag: "another" }));
  await using store = await open(front.endpoint);
  await expect(buffer(store.read(object))).rejects.toMatchObject({ kind: "transient", code: "PreconditionFailed" });
});

test("an object that is replaced in the middle of reading is not two halves", async () => {
  const object = await lake.write("halves", Buffer.alloc(300 * KB, "a"), "text/plain");
  await using front = await startStoreFront(server.endpoint, async ({ what, number }) => {
    if (what !== "get" || number !== 2) return { resetAt: 100 * KB };
    await lake.write("halves", Buffer.alloc(300 * KB, "b"), "text/plain");
    return "pass";
  });
  await using store = await open(front.endpoint);
  await expect(buffer(store.read(object))).rejects.toMatchObject({ kind: "transient", code: "PreconditionFailed" });
});

describe("a listing is whole or an error", () => {
  beforeAll(async () => {
    const keys = Array.from({ length: 1002 }, (_, index) => `many/${String(index).padStart(4, "0")}`);
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => lake.write(key, Buffer.from("x"), "text/plain")));
    }
  }, TIMEOUT_MS);

  test.each<[string, Fault]>([
    ["answers 503", SLOW_DOWN],
    ["is lost", "lose"],
    ["breaks off", { resetAt: 500 }],
  ])("a page that %s is asked for again", { timeout: TIMEOUT_MS }, async (_what, fault) => {
    await using front = await startStoreFront(server.endpoint, ({ number }) => (number === 2 ? fault : "pass"));
    await using store = await open(front.endpoint);
    expect(await listed(store, "many/")).toHaveLength(1002);
    expect(front.requests).toHaveLength(3);
  });

  test.each<[string, (xml: string) => string]>([
    ["names no next one", (xml) => xml.replace(/<NextContinuationToken>.*?<\/NextContinuationToken>/, "")],
    [
      "leads to itself",
      (xml) =>
        xml
          .replace(/<IsTruncated>false/, "<IsTruncated>true")
          .replace(/<NextContinuationToken>.*?<\/NextContinuationToken>/, "")
          .replace("</IsTruncated>", "</IsTruncated><NextContinuationToken>same</NextContinuationToken>"),
    ],
    ["ends in the middle of a key", (xml) => xml.slice(0, xml.length / 2)],
  ])("a page that %s is an error that a retry may mend", { timeout: TIMEOUT_MS }, async (_what, rewrite) => {
    await using front = await startStoreFront(server.endpoint, () => ({ rewrite }));
    await using store = await open(front.endpoint);
    await expect(listed(store, "many/")).rejects.toMatchObject({ kind: "transient" });
  });
});

describe("an upload", () => {
  const bytes = randomBytes(17_000 * KB);
  const write = (store: ObjectStore) => store.write("long", Readable.from([bytes]), "application/octet-stream");

  test("goes through a store that answers 503 and loses answers", { timeout: TIMEOUT_MS }, async () => {
    await using front = await startStoreFront(server.endpoint, ({ what, number }) => {
      if (what !== "upload") return "pass";
      if (number === 1) return SLOW_DOWN;
      return number === 3 ? "lose" : "pass";
    });
    await using store = await open(front.endpoint);
    const written = await write(store);
    expect(digest(await buffer(lake.read(written)))).toBe(digest(bytes));
  });

  test("that has ended before it is ended, because the answer was lost, is made again", {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using front = await startStoreFront(server.endpoint, ({ what, number }) =>
      what === "complete" && number === 1 ? { status: 404, code: "NoSuchUpload" } : "pass",
    );
    await using store = await open(front.endpoint);
    await expect(write(store)).rejects.toMatchObject({ kind: "transient", code: "NoSuchUpload" });
    const written = await write(store);
    expect(digest(await buffer(lake.read(written)))).toBe(digest(bytes));
  });
});

describe("a load of files", () => {
  const ROWS = 4000;
  const rowsOf = (file: number) =>
    Array.from({ length: ROWS }, (_, index) => `${file * ROWS + index},film ${randomBytes(20).toString("hex")}\n`);
  const files = [0, 1, 2].map((file) => `id,title\n${rowsOf(file).join("")}`);

  beforeEach(async () => {
    for (const [index, text] of files.entries()) {
      await lake.write(`films/${index}.csv.gz`, gzipSync(text), "text/csv");
    }
  });

  function runLoad(endpoint: string) {
    const from = { connection: "lake", files: { films: "films/*.csv.gz" } };
    const parsed = Load.parse({ from, to: { connection: "warehouse", schema: "raw" } });
    const connections = { lake: through(endpoint), warehouse: warehouse.connection() };
    return load(aTask({ work: { verb: "load", load: parsed }, connections }), aContext());
  }
  const loaded = () => warehouse.query("SELECT count(*), count(DISTINCT id) AS ids, sum(id) FROM raw.films");
  const all = 3 * ROWS;
  const WHOLE = [{ count: String(all), ids: String(all), sum: String((all * (all - 1)) / 2) }];

  test("comes through every fault at once with each row once", { timeout: TIMEOUT_MS }, async () => {
    const faults: Fault[] = [SLOW_DOWN, { resetAt: 40 * KB }, "refuse", { endAt: 30 * KB }, "lose", { slowMs: 10 }];
    await using front = await startStoreFront(server.endpoint, ({ what, number }) => {
      if (what === "list" && number === 1) return SLOW_DOWN;
      return faults[number - 1] ?? "pass";
    });
    await runLoad(front.endpoint);
    expect(await loaded()).toEqual(WHOLE);
  });

  test("of which the store refuses one leaves nothing, and its retry is whole", async () => {
    await using front = await startStoreFront(server.endpoint, ({ what, key }) =>
      what === "get" && key === "films/2.csv.gz" ? { status: 403, code: "AccessDenied" } : "pass",
    );
    await expect(runLoad(front.endpoint)).rejects.toMatchObject({ kind: "configuration", code: "AccessDenied" });
    expect(await warehouse.query("SELECT FROM pg_class WHERE relname ~ '^(films|_kelt_(landing|staging))'")).toEqual(
      [],
    );
    await runLoad(server.endpoint);
    expect(await loaded()).toEqual(WHOLE);
  });

  test("of which one is replaced after the listing fails, and its retry has the new one", async () => {
    const changed = files[1]?.replaceAll("film ", "FILM ") ?? "";
    await using front = await startStoreFront(server.endpoint, async ({ what, key, number }): Promise<Fault> => {
      if (what === "get" && key === "films/0.csv.gz" && number === 1) {
        await lake.write("films/1.csv.gz", gzipSync(changed), "text/csv");
      }
      return "pass";
    });
    await expect(runLoad(front.endpoint)).rejects.toMatchObject({ kind: "transient", code: "PreconditionFailed" });
    await runLoad(front.endpoint);
    expect(await loaded()).toEqual(WHOLE);
    expect(await warehouse.query("SELECT count(*) FROM raw.films WHERE title LIKE 'FILM %'")).toEqual([
      { count: String(ROWS) },
    ]);
  });
});
