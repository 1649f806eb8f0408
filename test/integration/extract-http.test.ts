import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Extract } from "#api/extract.ts";
import type { TaskConnectionOf } from "#api/task.ts";
import { extract } from "../../task-image/commands/extract.ts";
import { readManifest } from "../../task-image/object-store/extract-manifest.ts";
import type { ObjectStore } from "../../task-image/object-store/object-store.ts";
import { openObjectStore } from "../../task-image/object-store/opening.ts";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import { type HttpApi, type Reply, type SeenRequest, startHttpApi } from "../support/servers/http-api.ts";
import { type S3Server, startS3Server } from "../support/servers/versitygw.ts";
import { aContext, aTask } from "../support/tasks/task.ts";

let s3: S3Server;
let lake: ObjectStore;

beforeAll(async () => {
  s3 = await startS3Server();
  lake = await openObjectStore({ connections: { lake: s3.connection("lake") } }, "lake", aContext());
  await lake.createBucket();
});
afterAll(async () => {
  await lake[Symbol.asyncDispose]();
  await s3.stop();
});

function run(api: HttpApi, http: object, to: object = { key: "raw/posts.json" }, base = "") {
  const connection: TaskConnectionOf<"http"> = { kind: "http", baseUrl: `${api.origin}${base}` };
  const work = {
    verb: "extract" as const,
    extract: Extract.parse({ from: { connection: "api", http }, to: { connection: "lake", ...to } }),
  };
  return extract(aTask({ work, connections: { api: connection, lake: s3.connection("lake") } }), aContext());
}

async function stored(key: string): Promise<string | undefined> {
  const object = await lake.find(key);
  return object === undefined ? undefined : text(lake.read(object));
}

test("an answer without pages is written as it came, its records are counted, and the manifest comes last", async () => {
  const body = '[\n  {"id": 9007199254740993, "price": 1.10},\n  {"id": 2}\n]\n';
  await using api = await startHttpApi(() => ({ body }));
  const outcome = await run(api, { path: "posts", query: [{ name: "q", value: "a b&c" }] }, undefined, "/v1/");
  expect(outcome).toMatchObject({ message: "1 file, 2 rows", rows: 2, bytes: body.length });
  expect(api.seen[0]?.url.href).toBe(`${api.origin}/v1/posts?q=a+b%26c`);
  expect(await stored("raw/posts.json")).toBe(body);
  expect(await readManifest(lake, "raw/posts.json.manifest.json")).toMatchObject({
    format: "json",
    files: [{ key: "raw/posts.json", bytes: body.length, rows: 2 }],
  });
});

test("records of gzip that no header tells of are counted in its text, in the result and in the manifest", async () => {
  const text = '{"id":1}\n{"id":2}\n{"id":3}\n';
  await using api = await startHttpApi(() => ({ body: gzipSync(text) }));
  expect(await run(api, { path: "posts", format: "jsonl" }, { key: "raw/packed.jsonl" })).toMatchObject({ rows: 3 });
  expect(await stored("raw/packed.jsonl")).toBe(text);
  expect(await readManifest(lake, "raw/packed.jsonl.manifest.json")).toMatchObject({ files: [{ rows: 3 }] });
});

test("a POST sends its body, and CSV and JSON lines are taken as they are", async () => {
  await using api = await startHttpApi(({ body, url }) => ({
    body: url.pathname === "/csv" ? "a,b\n1,2\n" : `${body}\n${body}\n`,
  }));
  expect(await run(api, { path: "jsonl", method: "POST", body: '{"a":1}', format: "jsonl" })).toMatchObject({
    rows: 2,
  });
  expect(api.seen[0]).toMatchObject({ method: "POST", headers: { "content-type": "application/json" } });
  expect(await stored("raw/posts.json")).toBe('{"a":1}\n{"a":1}\n');
  expect(await run(api, { path: "csv", format: "csv" }, { key: "raw/a.csv.gz", compression: "gzip" })).toMatchObject({
    message: expect.stringMatching(/^1 file, \d+ bytes$/),
  });
  const object = (await lake.find("raw/a.csv.gz")) ?? expect.fail("no object");
  const chunks: Buffer[] = [];
  for await (const chunk of lake.read(object)) chunks.push(chunk as Buffer);
  expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe("a,b\n1,2\n");
});

const RECORDS = Array.from({ length: 7 }, (_, index) => `{"id": ${9007199254740993n + BigInt(index)}}`);
const LINES = `${RECORDS.join("\n")}\n`;
const page = (from: number, size = 3) => `[${RECORDS.slice(from, from + size).join(",")}]`;
const number = ({ url }: SeenRequest, name: string) => Number(url.searchParams.get(name));

describe("all pages become one object with a record a line, by", () => {
  const extracted = async (http: object, reply: (request: SeenRequest) => Reply) => {
    await using api = await startHttpApi(reply);
    expect(await run(api, http)).toMatchObject({ rows: 7 });
    expect(await stored("raw/posts.json")).toBe(LINES);
    expect(await readManifest(lake, "raw/posts.json.manifest.json")).toMatchObject({ format: "jsonl" });
    return api.seen.map(({ url }) => url.search);
  };

  test("page number, even where the server gives less than was asked for", async () => {
    const paging = { page: { param: "page", start: 0, sizeParam: "n", size: 100 } };
    const asked = await extracted({ paging }, (request) => ({ body: page(number(request, "page") * 3) }));
    expect(asked).toEqual([0, 1, 2, 3].map((each) => `?page=${each}&n=100`));
  });

  test("offset, counting what came", async () => {
    const paging = { offset: { param: "from", limitParam: "limit", limit: 100 } };
    const asked = await extracted({ paging }, (request) => ({ body: page(number(request, "from")) }));
    expect(asked).toEqual([0, 3, 6, 7].map((each) => `?from=${each}&limit=100`));
  });

  test("cursor, with records at a path, and a first answer that has to be asked for twice", async () => {
    const http = { records: "data.items", paging: { cursor: { param: "after", field: "meta.next" } } };
    const asked = await extracted(http, (request) => {
      if (request.number === 1) return { status: 502 };
      const from = number(request, "after") - 9007199254740000;
      const next = from < 6 ? `"9007199254740${String(Math.max(from, 0) + 3).padStart(3, "0")}"` : "null";
      return { body: `{"meta": {"next": ${next}}, "data": {"items": ${page(Math.max(from, 0))}}}` };
    });
    expect(asked).toEqual(["", "", "?after=9007199254740003", "?after=9007199254740006"]);
  });

  test("cursor and size in the body of a POST, whose other members stay as they are written", async () => {
    const bodies: string[] = [];
    const paging = { cursor: { param: "start", field: "next" }, place: "body" };
    const http = { method: "POST", body: '{"filter": {"min": 1.10}, "start": null}', records: "items", paging };
    await extracted(http, ({ body }) => {
      bodies.push(body);
      const from = (JSON.parse(body) as { start?: number }).start ?? 0;
      return { body: `{"next": ${from < 6 ? from + 3 : '""'}, "items": ${page(from)}}` };
    });
    expect(bodies).toEqual([
      '{"filter": {"min": 1.10},"start": null}',
      '{"filter": {"min": 1.10},"start":3}',
      '{"filter": {"min": 1.10},"start":6}',
    ]);
  });

  test("offset in the body of a POST that has none of its own", async () => {
    const paging = { offset: { param: "from", limitParam: "limit", limit: 3 }, place: "body" };
    const asked: unknown[] = [];
    await extracted({ method: "POST", paging }, ({ body }) => {
      asked.push(JSON.parse(body));
      return { body: page((JSON.parse(body) as { from: number }).from) };
    });
    expect(asked).toEqual([0, 3, 6, 7].map((from) => ({ from, limit: 3 })));
  });

  test("the header Link, relative or not", async () => {
    const asked = await extracted({ paging: { link: {} } }, (request) => {
      const from = number(request, "from");
      const link = `</first>; rel="first", <?from=${from + 3}>; title="a, b"; rel="last next"`;
      return { body: page(from), headers: from < 6 ? { link } : {} };
    });
    expect(asked).toEqual(["", "?from=3", "?from=6"]);
  });
});

test("a next page on another host is asked for without the credentials of this one", async () => {
  await using other = await startHttpApi(() => ({ body: "[2]" }));
  await using api = await startHttpApi(() => ({ body: "[1]", headers: { link: `<${other.origin}/2>; rel=next` } }));
  const secretDirectory = temporaryDirectory("api-key");
  writeFileSync(join(secretDirectory, "apiKey"), "key-of-this-host");
  const auth = { apiKey: { query: "key" } };
  const connection: TaskConnectionOf<"http"> = {
    kind: "http",
    baseUrl: api.origin,
    auth,
    secretName: "k",
    secretDirectory,
  };
  const http = { paging: { link: {} } };
  const parsed = Extract.parse({
    from: { connection: "api", http },
    to: { connection: "lake", key: "raw/linked.json" },
  });
  const work = { verb: "extract" as const, extract: parsed };
  await extract(aTask({ work, connections: { api: connection, lake: s3.connection("lake") } }), aContext());
  expect(await stored("raw/linked.json")).toBe("1\n2\n");
  expect(api.seen[0]?.url.search).toBe("?key=key-of-this-host");
  expect(other.seen[0]?.url.search).toBe("");
});

describe("refused, and nothing is written:", () => {
  const refused = async (http: object, reply: (request: SeenRequest) => Reply) => {
    await lake.write("raw/posts.json", Buffer.from("old"), "text/plain");
    await using api = await startHttpApi(reply);
    const failure: unknown = await run(api, http).catch((error: unknown) => error);
    expect(await stored("raw/posts.json")).toBe("old");
    expect(await stored("raw/posts.json.manifest.json")).toBeUndefined();
    return failure;
  };
  const byPage = { paging: { page: { param: "page" } } };

  test("a page that comes a second time", async () => {
    expect(await refused(byPage, () => ({ body: page(0) }))).toMatchObject({
      kind: "data",
      code: "PageRepeated",
      message: expect.stringContaining("page 2 is the same as page 1"),
    });
  });

  test("a cursor that leads in a circle", async () => {
    const http = { records: "items", paging: { cursor: { param: "c", field: "next" } } };
    const reply = ({ number: n }: SeenRequest) => ({ body: `{"next": "${n % 2}", "items": [${n}]}` });
    expect(await refused(http, reply)).toMatchObject({ code: "PageRepeated" });
  });

  test("a body that has no place for the page", async () => {
    const http = { method: "POST", body: "[1]", paging: { page: { param: "p" }, place: "body" } };
    expect(await refused(http, () => ({ body: "[]" }))).toMatchObject({
      kind: "configuration",
      code: "BadBody",
      message: expect.stringContaining(
        "from.http.body: expected a JSON object that parameters of pages can be put into",
      ),
    });
  });

  test("more pages than there may be", async () => {
    const http = { paging: { page: { param: "page" }, maxPages: 2 } };
    expect(await refused(http, ({ number: n }) => ({ body: `[${n}]` }))).toMatchObject({ code: "TooManyPages" });
  });

  test("an answer that is no JSON, or is cut off", async () => {
    const html = { body: "<html>Sign in</html>", headers: { "content-type": "text/html" } };
    const failure = { kind: "data", code: "NotJson", message: expect.stringContaining("text/html") };
    expect(await refused({}, () => html)).toMatchObject(failure);
    expect(await refused(byPage, () => html)).toMatchObject(failure);
    expect(await refused({}, () => ({ body: '[{"a": 1}, {"b"' }))).toMatchObject({ code: "NotJson" });
  });

  test("records that are not where they should be", async () => {
    expect(
      await refused({ records: "data.items" }, () => ({ body: '{"data": {"things": [], "next": 1}}' })),
    ).toMatchObject({
      kind: "data",
      code: "NoRecords",
      message: expect.stringContaining(
        "expected a list of records at data.items, found nothing there: data has the fields things, next. Set",
      ),
    });
  });

  test.each(["../admin", "../v10/posts", "%2e%2e/admin", "posts/../../admin"])(
    "the path %s below /v1",
    async (path) => {
      await using api = await startHttpApi(() => ({ body: "[]" }));
      await expect(run(api, { path }, undefined, "/v1")).rejects.toMatchObject({ code: "OutsideBaseUrl" });
      expect(api.seen).toEqual([]);
    },
  );
});
