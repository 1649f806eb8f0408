import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FilesLoad, type Lake, startLake } from "../../support/loads/load-files.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

describe.each(POSTGRES_VERSIONS)("JSON into Postgres %s", (version) => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake(version);
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(() => lake.newWarehouse());

  test("a document that is too deep for the server is rejected, and those that are not are loaded", async () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    const lines = [`{"id":1,"d":${nested(100_000)}}`, `{"id":2,"d":${nested(900)}}`, '{"id":3,"d":1}', '{"id":4,"d":'];
    await lake.put("deep.jsonl", lines.join("\n"));
    await expect(lake.load({ files: { deep: "deep.jsonl" } })).rejects.toMatchObject({ code: "TooManyRejects" });
    await lake.load({ files: { deep: "deep.jsonl" }, rejects: { max: 2 } });
    expect((await lake.rows("raw.deep")).map(({ id }) => id)).toEqual(["2", "3"]);
    expect(await lake.warehouse.query("SELECT line, reason FROM raw._kelt_rejects ORDER BY line")).toEqual([
      { line: "1", reason: "stack depth limit exceeded" },
      { line: "4", reason: "invalid input syntax for type json" },
    ]);
  });

  describe("a merge", () => {
    const merge: FilesLoad = { mode: "merge", key: ["id"] };
    const load = async (content: string, more: FilesLoad = {}) => {
      await lake.put("m.jsonl", content);
      return await lake.load({ files: { m: "m.jsonl" }, ...merge, ...more });
    };

    test.each([
      ["alone", '{"id":1,"a":"z"}'],
      ["beside a row that has the key", '{"id":1,"a":"z"}\n{"id":2,"b":"r"}'],
    ])("keeps what a row does not bring, %s", async (_, second) => {
      await load('{"id":1,"a":"x","b":"y"}');
      await load(second);
      expect((await lake.rows("raw.m")).find(({ id }) => id === "1")).toEqual({ a: "z", b: "y", id: "1" });
    });

    test("takes away what a row says is null, adds rows and keys, and leaves nothing of kelt's in the target", async () => {
      await load('{"id":1,"a":"x","b":"y"}\n{"id":2,"a":"x","b":"y"}\n{"id":3,"a":"x","b":"y"}');
      await load('{"id":1,"a":null}\n{"id":2,"b":null,"c":[1]}\n{"id":4,"c":null}\n{"id":3}', {
        columns: { m: { a: "varchar(3)" } },
      });
      expect((await lake.rows("raw.m")).toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual([
        { id: "1", a: null, b: "y", c: null },
        { id: "2", a: "x", b: null, c: "[1]" },
        { id: "3", a: "x", b: "y", c: null },
        { id: "4", a: null, b: null, c: null },
      ]);
    });

    test("under other names does the same, and so does a load of values that the target widens for", async () => {
      const rename = { m: { A: "a", B: "b" } };
      await load('{"id":1,"A":1,"B":2}', { rename });
      await lake.warehouse.query("ALTER TABLE raw.m ALTER a TYPE smallint, ALTER b TYPE smallint");
      await load('{"id":1,"A":9007199254740993}\n{"id":2,"B":1}', { rename });
      expect((await lake.rows("raw.m"))[0]).toEqual({ id: "1", a: "9007199254740993", b: "2" });
    });

    test.each(["append", "deleteInsert"] as const)(
      "is what tells null from a missing key: %s brings rows as a whole",
      async (mode) => {
        await load('{"id":1,"a":"x","b":"y"}\n{"id":2,"a":"x","b":"y"}');
        const id = mode === "append" ? "3" : "2";
        await load(`{"id":${id},"a":"z"}`, mode === "append" ? { mode, key: undefined } : { mode });
        expect((await lake.rows("raw.m")).at(-1)).toEqual({ a: "z", b: null, id });
      },
    );
  });
});

describe("what is no JSON", () => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake();
  });
  afterAll(() => lake[Symbol.asyncDispose]());

  test.each([
    [
      "a missing comma",
      '[{"id":1}{"id":2}]',
      "line 1, column 10 (in bytes): expected a comma between documents, found none",
    ],
    ["a missing comma in a later line", '[\n{"id":1}\n  {"id":2}]', "line 3, column 3 (in bytes): expected a comma"],
    [
      "a comma too many",
      '[{"id":1},{"id":2},]',
      "line 1, column 20 (in bytes): expected another JSON document after the comma",
    ],
    ["two commas", '[{"id":1},,{"id":2}]', "line 1, column 11 (in bytes): expected a JSON document, found a comma"],
    ["a comma first", '[,{"id":1}]', "line 1, column 2 (in bytes): expected a JSON document, found a comma"],
    [
      "a comma between documents without an array",
      '{"id":1},\n{"id":2}',
      "line 1, column 9 (in bytes): expected a JSON document, found a comma",
    ],
    ["something after the array", '[{"id":1}]\nx', "line 2, column 1 (in bytes): expected nothing after the array"],
    ["a second array", '[{"id":1}] [{"id":2}]', "line 1, column 12 (in bytes): expected nothing after the array"],
    ["a bracket too many", '[{"id":1}}]', "line 1, column 10 (in bytes): expected a comma between documents"],
    ["a bracket alone", "}", "line 1, column 1 (in bytes): expected a JSON document, found a closing bracket"],
    ["an array that does not end", '[{"id":1},{"id":2}', "expected the end of a JSON document"],
    ["a text that does not end", '[{"id":"1},{"id":2}]', "expected the end of a JSON document"],
  ])("%s is refused with its place", async (_, content, says) => {
    await lake.put("t.json", content);
    await expect(lake.load({ files: { t: "t.json" }, rejects: { max: 9 } })).rejects.toMatchObject({
      kind: "data",
      message: expect.stringContaining(says),
    });
  });

  test.each([
    [
      "a missing comma around the records",
      '{"a":1 "d":[{"id":1}]}',
      "line 1, column 8 (in bytes): expected a comma or the closing bracket",
    ],
    [
      "a comma too many around the records",
      '{"d":[{"id":1}],}',
      "line 1, column 17 (in bytes): expected a name in quotation marks",
    ],
    ["a word that is none", '{"d":[{"id":1}],"n":NaN}', "line 1, column 24 (in bytes): expected a value"],
    [
      "a comma too many in the records",
      '{"d":[{"id":1},]}',
      "line 1, column 16 (in bytes): expected another JSON document",
    ],
    ["the other bracket", '{"a":[1},"d":[]}', "line 1, column 8 (in bytes): expected a comma or the closing bracket"],
  ])("%s is refused with its place", async (_, content, says) => {
    await lake.put("t.json", content);
    await expect(lake.load({ files: { t: "t.json" }, format: { json: { records: "d" } } })).rejects.toMatchObject({
      code: "BadJson",
      message: expect.stringContaining(says),
    });
  });

  test.each([
    ["NaN", '{"id":NaN}'],
    ["a comment", '{"id":1 /* one */}'],
    ["a comma missing in an object", '{"id":1 "a":2}'],
    ["a comma too many in an object", '{"id":1,}'],
    ["half of a pair of surrogates", '{"id":"\\ud800"}'],
    ["bytes that are not UTF-8", Buffer.from('{"id":"\xff"}', "latin1")],
    ["two documents on a line", '{"id":1} {"id":2}'],
    ["a comma after it", '{"id":1},'],
  ])("%s rejects its line alone", async (_, line) => {
    await lake.newWarehouse();
    await lake.put(
      "t.jsonl",
      Buffer.concat([Buffer.from('{"id":0}\n'), Buffer.from(line as string), Buffer.from('\n{"id":9}')]),
    );
    await lake.load({ files: { t: "t.jsonl" }, rejects: { max: 1 } });
    expect((await lake.rows("raw.t")).map(({ id }) => id)).toEqual(["0", "9"]);
    expect(await lake.warehouse.query("SELECT line FROM raw._kelt_rejects")).toEqual([{ line: "2" }]);
  });

  test("a byte order mark is no part of the document, of a second file and inside of one neither", async () => {
    await lake.put("t1.json", '\ufeff[{"id":1}]');
    await lake.put("t2.json", '\ufeff{"id":2}\n\ufeff{"id":3}');
    await lake.load({ files: { t: "t?.json" } });
    expect(await lake.rows("raw.t")).toEqual([{ id: "1" }, { id: "2" }, { id: "3" }]);
  });

  test.each([
    ["an array", "t.json", '[{"id":1},\n{"id":2,"id":3}]'],
    ["documents that follow each other", "t.json", '{"id":1}\n{"id":2,"id":3}'],
    ["lines", "t.jsonl", '{"id":1}\n{"id":2,"\\u0069d":3}'],
    ["lines, deep inside", "t.jsonl", '{"id":1}\n{"id":2,"x":[{"a":1,"a":1}]}'],
  ])("a key that an object of %s has twice rejects its document", async (_, name, content) => {
    await lake.newWarehouse();
    await lake.put(name, content);
    const load = (max: number) => lake.load({ files: { t: name }, rejects: { max } });
    await expect(load(0)).rejects.toMatchObject({
      code: "TooManyRejects",
      message: expect.stringContaining(`${name}, line 2: expected each name of an object once, found one twice`),
    });
    await load(1);
    expect((await lake.rows("raw.t")).map(({ id }) => id)).toEqual(["1"]);
    expect(await lake.warehouse.query("SELECT line FROM raw._kelt_rejects")).toEqual([{ line: "2" }]);
  });
});
