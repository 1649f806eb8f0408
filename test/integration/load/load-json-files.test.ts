import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lake, startLake } from "../../support/loads/load-files.ts";

let lake: Lake;

beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

test("lines become columns of the types that all values agree on", async () => {
  const lines = [
    '{"id":1,"price":1.10,"big":9007199254740993,"ok":true,"at":"2026-01-01T00:00:00Z","zip":"00123","n":null,"tags":["a"]}',
    '{"id":2,"price":2,"big":1,"ok":null,"at":"2026-01-02T00:00:00+02:00","zip":"1","o":{"x":1.50},"tags":"b"}',
  ];
  await lake.put("events.jsonl.gz", `${lines.join("\r\n")}\r\n\r\n`);
  await lake.load({ files: { events: "events.jsonl.gz" } });
  expect(await lake.types("raw.events")).toEqual({
    at: "timestamp with time zone",
    big: "bigint",
    id: "bigint",
    n: "text",
    o: "jsonb",
    ok: "boolean",
    price: "numeric",
    tags: "jsonb",
    zip: "text",
  });
  expect(await lake.rows("raw.events")).toEqual([
    {
      id: "1",
      price: "1.10",
      big: "9007199254740993",
      ok: "t",
      at: "2026-01-01 00:00:00+00",
      zip: "00123",
      n: null,
      o: null,
      tags: '["a"]',
    },
    {
      id: "2",
      price: "2",
      big: "1",
      ok: null,
      at: "2026-01-01 22:00:00+00",
      zip: "1",
      n: null,
      o: '{"x": 1.50}',
      tags: '"b"',
    },
  ]);
});

test("an array, one object in each of many files, and lines under the name .json", async () => {
  await lake.put("posts.json", '[\n {"id": 1,\n  "title": "a\\n\\"b\\""},\n {"id": 2}\n]');
  await lake.put("songs/A/1.json", '{"song": "x",\n "year": 1999}');
  await lake.put("songs/A/B/2.json", '{"song": "y", "year": 0}');
  await lake.put("log.json", '{"ts":1541105830796}\n{"ts":1541106106796}\n');
  await lake.load({ files: { posts: "posts.json", songs: "songs/", log: "log.json" } });
  expect(await lake.rows("raw.posts")).toEqual([
    { id: "1", title: 'a\n"b"' },
    { id: "2", title: null },
  ]);
  expect(await lake.rows("raw.songs")).toEqual([
    { song: "x", year: "1999" },
    { song: "y", year: "0" },
  ]);
  expect(await lake.rows("raw.log")).toEqual([{ ts: "1541105830796" }, { ts: "1541106106796" }]);
});

test("texts that are not documents are rejected with file, line and reason, the others are loaded", async () => {
  await lake.put("bad.jsonl", '{"a":1}\n{"a":\n[1]\n{"a":"x\\u0000"}\n{"a":2}\n{"a":"y"}\n');
  const outcome = await lake.load({
    files: { bad: "bad.jsonl" },
    columns: { bad: { a: "int" } },
    rejects: { max: 4 },
  });
  expect(outcome.message).toBe("1 table, 2 rows, 4 rejected");
  expect(await lake.rows("raw.bad")).toEqual([{ a: "1" }, { a: "2" }]);
  expect(
    await lake.warehouse.query("SELECT line, column_name, value, reason FROM raw._kelt_rejects ORDER BY line"),
  ).toEqual([
    { line: "2", column_name: null, value: '{"a":', reason: "invalid input syntax for type json" },
    { line: "3", column_name: null, value: "[1]", reason: "expected a JSON object, found array" },
    { line: "4", column_name: null, value: '{"a":"x\\u0000"}', reason: "unsupported Unicode escape sequence" },
    { line: "6", column_name: "a", value: "y", reason: 'invalid input syntax for type integer: "y"' },
  ]);
  await expect(lake.load({ files: { bad: "bad.jsonl" } })).rejects.toThrow("bad.jsonl, line 2");
});

test("what is no object is rejected wherever the types come from: arrays, numbers, texts, nothing", async () => {
  await lake.put("odd.json", '[{"a":1},[1],["a"],[],2,"a",null,{"a":3}]');
  const odd = { files: { odd: "odd.json" }, rejects: { max: 6 } };
  for (const more of [{}, { columns: { odd: { a: "int" } } }]) {
    const outcome = await lake.load({ ...odd, ...more });
    expect(outcome.message).toBe("1 table, 2 rows, 6 rejected");
    expect(await lake.rows("raw.odd")).toEqual([{ a: "1" }, { a: "3" }]);
  }
});

test.each([
  ["an empty array", "[]"],
  ["nothing", ""],
])("%s empties a table or adds nothing to it, and makes none", async (_, content) => {
  const songs = { files: { songs: "songs.json" } };
  await lake.put("songs.json", content);
  await expect(lake.load(songs)).rejects.toMatchObject({
    kind: "data",
    code: "NoKeys",
    message: expect.stringContaining("s3://lake/songs.json"),
  });
  await lake.put("songs.json", '{"song":"x","year":1999}');
  await lake.load(songs);
  await lake.put("songs.json", content);
  for (const [mode, left] of [
    ["append", 1],
    ["merge", 1],
    ["truncate", 0],
    ["replace", 0],
  ] as const) {
    expect(await lake.load({ ...songs, mode, key: ["song"] })).toMatchObject({ rows: 0 });
    expect(await lake.rows("raw.songs")).toHaveLength(left);
  }
  expect(await lake.types("raw.songs")).toEqual({ song: "text", year: "bigint" });
});

describe("an object without keys", () => {
  test("among others is a row of NULLs", async () => {
    await lake.put("songs.json", '{"song":"x"}{}{"song":null}');
    expect(await lake.load({ files: { songs: "songs.json" } })).toMatchObject({ rows: 3 });
    expect(await lake.rows("raw.songs")).toEqual([{ song: "x" }, { song: null }, { song: null }]);
  });

  test("where all documents are rejected, the place and the reason of the first ones are said", async () => {
    await lake.put("songs.json", '[{"a":1 "b":2}]');
    await expect(lake.load({ files: { songs: "songs.json" }, rejects: { max: 5 } })).rejects.toMatchObject({
      code: "NoKeys",
      message: expect.stringMatching(
        /all 1 documents are rejected: s3:\/\/lake\/songs.json, line 1: invalid input syntax/,
      ),
    });
  });

  test("names no column: without a target it is refused", async () => {
    await lake.put("songs.json", "{}{}");
    await expect(lake.load({ files: { songs: "songs.json" } })).rejects.toMatchObject({ code: "NoKeys" });
  });

  test.each([
    ["append", 3],
    ["truncate", 2],
    ["replace", 2],
  ] as const)("is a row of NULLs in the target that mode %s writes, besides what fills itself", async (mode, count) => {
    await lake.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.songs (id int GENERATED ALWAYS AS IDENTITY, song text, year int);
      INSERT INTO raw.songs (song, year) VALUES ('x', 1999)`);
    await lake.put("songs.json", "{}{}");
    expect(await lake.load({ files: { songs: "songs.json" }, mode })).toMatchObject({ rows: 2 });
    const rows = await lake.rows("raw.songs");
    expect(rows).toHaveLength(count);
    expect(rows.slice(-2)).toEqual([
      { id: expect.anything(), song: null, year: null },
      { id: expect.anything(), song: null, year: null },
    ]);
  });

  test("has no key to be merged by, and is refused", async () => {
    await lake.put("songs.json", '{"song":"x"}');
    await lake.load({ files: { songs: "songs.json" } });
    await lake.put("songs.json", "{}");
    await expect(lake.load({ files: { songs: "songs.json" }, mode: "merge", key: ["song"] })).rejects.toMatchObject({
      kind: "data",
      code: "UnusableKey",
    });
  });
});

test("documents that are all broken are named, not the keys that they lack", async () => {
  await lake.put("songs.json", "[1]");
  await expect(lake.load({ files: { songs: "songs.json" } })).rejects.toMatchObject({ code: "TooManyRejects" });
});

test("a file that was cut off is refused", async () => {
  await lake.put("cut.json", '[{"a":1},{"a":');
  await expect(lake.load({ files: { cut: "cut.json" } })).rejects.toThrow("cut.json, line 1: expected the end");
});
