import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { HttpCall } from "../../../operator/kube/http-call.ts";
import { WatchCorrupt, type WatchEvent } from "../../../operator/kube/kube.ts";
import { readWatch } from "../../../operator/kube/watch-stream.ts";

const BYTES_MAX = 100_000;
const CALL: HttpCall = { verb: "watch", resource: "jobs", method: "GET", path: "/", pool: "watch", idempotent: true };

async function read(...parts: (string | Buffer)[]): Promise<WatchEvent<unknown>[]> {
  const events: WatchEvent<unknown>[] = [];
  const body = Readable.from(parts.map((part) => Buffer.from(part as string)));
  for await (const event of readWatch(CALL, body, { objectBytesMax: BYTES_MAX })) events.push(event);
  return events;
}

const added = (name: string) => ({ type: "ADDED", object: { metadata: { name, resourceVersion: "7" } } });
const line = (value: unknown) => `${JSON.stringify(value)}\n`;

describe("a watch's stream", () => {
  it("is one event per line, wherever the chunks end", async () => {
    const bytes = Buffer.from(line(added("Größe")) + line(added("b")) + line(added("c")));
    const whole = await read(bytes);
    expect(whole).toEqual([added("Größe"), added("b"), added("c")]);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(whole);
    }
  });

  it("loses an event that was cut off, for the next watch begins before it", async () => {
    expect(await read(line(added("a")), line(added("b")).slice(0, -5))).toEqual([added("a")]);
  });

  it("takes bookmarks for what they are and empty lines for nothing", async () => {
    const bookmark = { type: "BOOKMARK", object: { metadata: { resourceVersion: "42" } } };
    expect(await read("\n\r\n", line(bookmark))).toEqual([{ type: "BOOKMARK", resourceVersion: "42" }]);
  });

  it("throws what the server calls an error, with its code and its wish to be left alone", async () => {
    const status = { code: 429, reason: "TooManyRequests", message: "busy", details: { retryAfterSeconds: 3 } };
    await expect(read(line({ type: "ERROR", object: status }))).rejects.toMatchObject({
      ...{ name: "ApiError", status: 429, reason: "TooManyRequests", retryAfterMs: 3_000 },
    });
    await expect(read(line({ type: "ERROR", object: {} }))).rejects.toMatchObject({ name: "ApiError", status: 500 });
  });

  it.each([
    ["garbage", "<html>\n"],
    ["a cut line", '{"type":"ADDED","obj\n'],
    ["JSON that is not an object", "[1]\n"],
    ["an event without an object", line({ type: "ADDED" })],
    ["an unknown type", line({ type: "RENAMED", object: added("a").object })],
    ["an object without a version", line({ type: "ADDED", object: { metadata: { name: "a" } } })],
    ["a version that is no number", line({ type: "BOOKMARK", object: { metadata: { resourceVersion: "x" } } })],
  ])("is corrupt when it holds %s", async (_, text) => {
    await expect(read(text)).rejects.toBeInstanceOf(WatchCorrupt);
  });

  it("does not quote what it could not read", async () => {
    await expect(read("password=secret\n")).rejects.not.toThrow(/secret/);
  });

  it("is corrupt when a line has no end", async () => {
    const piece = Buffer.alloc(10_000, "x");
    await expect(read(...Array.from({ length: 11 }, () => piece))).rejects.toThrow(/at most 100000 bytes/);
  });

  const large = (type: string) => {
    const metadata = {
      annotations: { metadata: '"name":"no' },
      namespace: "ns",
      name: "a",
      uid: "u",
      resourceVersion: "8",
    };
    return { type, object: { apiVersion: "v1", kind: "Job", metadata, spec: 'x"}{'.repeat(BYTES_MAX) } };
  };
  const identity = { namespace: "ns", name: "a", uid: "u", resourceVersion: "8" };

  it("says who an object is that is too large, and goes on behind it, wherever the chunks end", async () => {
    for (const size of [1, 7, 64, 4_096, 1_000_000].map((factor) => Math.max(factor, 64))) {
      const bytes = Buffer.from(line(large("MODIFIED")) + line(added("b")) + line(large("ADDED")) + line(added("c")));
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const why = expect.stringContaining("larger than 100000 bytes");
      const unread = { type: "UNREAD", object: { metadata: identity, why } };
      expect(await read(...chunks)).toEqual([unread, added("b"), unread, added("c")]);
    }
  });

  it("says that an object has gone, however large it was", async () => {
    const events = await read(line(large("DELETED")));
    expect(events).toMatchObject([{ type: "DELETED", object: { metadata: identity } }]);
  });

  it("says which object a projection could not take", async () => {
    const object = { metadata: { ...identity } };
    const project = () => {
      throw new TypeError("labels is no object");
    };
    const body = Readable.from([Buffer.from(line({ type: "ADDED", object }))]);
    const events: unknown[] = [];
    for await (const event of readWatch(CALL, body, { objectBytesMax: BYTES_MAX, project })) events.push(event);
    const why = expect.stringContaining("labels is no object");
    expect(events).toEqual([{ type: "UNREAD", object: { metadata: identity, why } }]);
  });
});
