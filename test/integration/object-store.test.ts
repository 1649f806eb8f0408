import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TaskConnectionOf } from "#api/task.ts";
import type { ObjectStore, StoredObject } from "../../task-image/object-store/object-store.ts";
import { openObjectStore } from "../../task-image/object-store/opening.ts";
import { type S3Server, startS3Server } from "../support/servers/versitygw.ts";
import { aContext } from "../support/tasks/task.ts";

let server: S3Server;
let lake: ObjectStore;

beforeAll(async () => {
  server = await startS3Server();
  lake = await open(server.connection("lake"));
  await lake.createBucket();
});
afterAll(async () => {
  await lake[Symbol.asyncDispose]();
  await server.stop();
});

function open(connection: TaskConnectionOf<"s3">, signal = new AbortController().signal): Promise<ObjectStore> {
  return openObjectStore({ connections: { lake: connection } }, "lake", aContext({ signal }));
}

const write = (key: string, text: string) => lake.write(key, Buffer.from(text), "text/plain");

async function listed(prefix: string, store = lake): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of store.list(prefix)) objects.push(object);
  return objects;
}

test("what was written is listed and read, whatever characters its key has", async () => {
  for (const key of ["odd/é +%20 &=?#.csv", "odd/b.csv", "other/c.csv"]) await write(key, key);
  const objects = await listed("odd/");
  expect(objects.map(({ key }) => key)).toEqual(["odd/b.csv", "odd/é +%20 &=?#.csv"]);
  for (const object of objects) {
    expect((await buffer(lake.read(object))).toString()).toBe(object.key);
    expect(await lake.find(object.key)).toEqual(object);
  }
  expect(await lake.find("odd")).toBeUndefined();
});

test("an empty object is read as no byte", async () => {
  await write("empty", "");
  const [object] = await listed("empty");
  expect(object).toMatchObject({ key: "empty", bytes: 0 });
  expect(await buffer(lake.read(object as never))).toHaveLength(0);
});

test("a listing goes on over its pages", { timeout: 60_000 }, async () => {
  const keys = Array.from({ length: 1003 }, (_, index) => `pages/${String(index).padStart(4, "0")}`);
  for (let from = 0; from < keys.length; from += 50) {
    await Promise.all(keys.slice(from, from + 50).map((key) => write(key, "x")));
  }
  expect((await listed("pages/")).map(({ key }) => key)).toEqual(keys);
});

test("a long object is written in parts and comes back as it was", async () => {
  const bytes = randomBytes(20 * 1024 * 1024);
  const written = await lake.write("parts", Readable.from(slices(bytes, 100_000)), "application/octet-stream");
  expect(written).toMatchObject({ key: "parts", bytes: bytes.length, etag: expect.stringMatching(/-3$/) });
  expect(digest(await buffer(lake.read(written)))).toBe(digest(bytes));
});

test("an object whose bytes end with an error is not seen, and no part of it stays", async () => {
  const body = Readable.from(failingAfter(randomBytes(18 * 1024 * 1024)));
  await expect(lake.write("broken", body, "text/plain")).rejects.toMatchObject({
    detail: expect.stringContaining("the source broke off"),
  });
  expect(await lake.find("broken")).toBeUndefined();
  expect(await unfinishedUploads("lake")).toEqual([]);
});

test("an upload that is told to stop is not seen, and no part of it stays", async () => {
  const stop = new AbortController();
  await using store = await open(server.connection("lake"), stop.signal);
  const bytes = randomBytes(18 * 1024 * 1024);
  const body = Readable.from(
    (function* () {
      yield* slices(bytes, 1_000_000);
      stop.abort();
      yield bytes;
    })(),
  );
  await expect(store.write("stopped", body, "text/plain")).rejects.toThrow("writing s3://lake/stopped");
  expect(await lake.find("stopped")).toBeUndefined();
  expect(await unfinishedUploads("lake")).toEqual([]);
});

test("an object replaced after it was listed is noticed, and the next attempt may mend it", async () => {
  const object = await write("replaced", "first");
  await write("replaced", "other");
  await expect(buffer(lake.read(object))).rejects.toMatchObject({
    kind: "transient",
    code: "PreconditionFailed",
    message: expect.stringContaining("reading s3://lake/replaced"),
  });
});

test("an object taken away after it was listed is no mistake of the manifest: the next attempt lists again", async () => {
  const object = await write("taken", "away");
  await lake.remove("taken");
  await expect(buffer(lake.read(object))).rejects.toMatchObject({
    kind: "transient",
    code: "NoSuchKey",
    message: expect.stringContaining("reading s3://lake/taken"),
  });
});

test("a bucket is created once, and removed once nothing is in it; both may be repeated", async () => {
  await using store = await open(server.connection("made-here"));
  expect(await store.createBucket()).toBe(true);
  expect(await store.createBucket()).toBe(false);
  await store.write("a/b", Buffer.from("x"), "text/plain");
  expect(await store.removeEmptyBucket()).toBe(false);
  expect((await listed("", store)).map(({ key }) => key)).toEqual(["a/b"]);
  await store.remove("a/b");
  expect(await store.removeEmptyBucket()).toBe(true);
  await expect(listed("", store)).rejects.toMatchObject({ kind: "configuration", code: "NoSuchBucket" });
  expect(await store.removeEmptyBucket()).toBe(true);
});

test("keys that the store refuses and keys that are missing name the Secret and stay secret", async () => {
  await using store = await open(server.connection("lake", { secretAccessKey: "not-the-right-one" }));
  const refused = await listed("", store).catch((error: Error) => error);
  expect(refused).toMatchObject({ kind: "configuration", code: "SignatureDoesNotMatch" });
  expect(String(refused)).toContain('Secret "lake"');
  expect(String(refused)).not.toContain("not-the-right-one");
  await expect(open(server.connection("lake", { secretAccessKey: "" }))).rejects.toMatchObject({
    code: "SecretIncomplete",
    message: expect.stringContaining("has no key secretAccessKey (found: accessKeyId)"),
  });
});

test("a store where nobody listens is an error that a retry may mend", async () => {
  await using store = await open({ ...server.connection("lake"), endpoint: "http://127.0.0.1:9" });
  await expect(store.find("x")).rejects.toMatchObject({ kind: "transient", code: "ECONNREFUSED" });
});

/** Keys whose parts the server still keeps for an upload that never ended. */
async function unfinishedUploads(Bucket: string): Promise<readonly (string | undefined)[]> {
  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  const client = new S3Client({ endpoint: server.endpoint, region: "us-east-1", forcePathStyle: true, credentials });
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  client.destroy();
  return Uploads.map(({ Key }) => Key);
}

function* slices(bytes: Buffer, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

function* failingAfter(bytes: Buffer) {
  yield* slices(bytes, 1_000_000);
  throw new Error("the source broke off");
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
