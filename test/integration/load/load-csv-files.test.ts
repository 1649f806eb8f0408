import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FilesLoad, type Lake, startLake } from "../../support/loads/load-files.ts";

let lake: Lake;

beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

const csv = (format: NonNullable<FilesLoad["format"]>["csv"], more: FilesLoad = {}) =>
  lake.load({ ...more, format: { csv: format } });
const rejects = () => lake.warehouse.query("SELECT line, reason FROM raw._kelt_rejects ORDER BY line");

describe("a quote that is not at a cell's edge", () => {
  const disks = 'id,size,n\n1,5" disk,x\n2,3" disk,y\n3,plain,z\n';

  test.each([
    ["columns of unknown types", {}],
    ["declared types, which are copied straight", { columns: { titles: { id: "int", size: "text", n: "text" } } }],
  ] as const)("makes its row a bad one, with %s", async (_, more) => {
    await lake.put("titles.csv", disks);
    await expect(lake.load(more)).rejects.toMatchObject({ code: "TooManyRejects" });
    await lake.load({ ...more, rejects: { max: 2 } });
    expect(await lake.rows("raw.titles")).toEqual([{ id: "3", size: "plain", n: "z" }]);
    expect(await rejects()).toEqual(
      ["2", "3"].map((line) => ({ line, reason: "expected quotes around whole cells, found one inside of cell 2" })),
    );
  });

  test("is a part of the cell where the manifest says so", async () => {
    await lake.put("titles.csv", disks);
    await csv({ strayQuotes: "keep" });
    expect(await lake.rows("raw.titles")).toEqual([
      { id: "1", size: '5" disk', n: "x" },
      { id: "2", size: '3" disk', n: "y" },
      { id: "3", size: "plain", n: "z" },
    ]);
  });

  test("in a header is refused with its line", async () => {
    await lake.put("titles.csv", '\nid,si"ze\n1,2\n');
    await expect(lake.load()).rejects.toThrow(
      "titles.csv, line 2: expected a header in UTF-8 with quotes around whole cells, found one inside of cell 2",
    );
  });
});

describe("a second file", () => {
  const files = { files: { hl: "hl/" } };

  test.each([
    ["without a header", "2,b\n3,c\n", "found a file without id, name and with 2 others"],
    ["with another header", "id,title\n2,b\n", "found a file without name and with 1 other"],
    ["with a column more", "name,id,x\nb,2,y\n", "found a file with 1 other"],
  ])("%s is refused with its line, and no value of it is shown", async (_, second, found) => {
    await lake.put("hl/a.csv", "id,name\n1,a\n");
    await lake.put("hl/b.csv", second);
    for (const columns of [{}, { columns: { hl: { id: "int", name: "text" } } }]) {
      await expect(lake.load({ ...files, ...columns })).rejects.toMatchObject({
        kind: "data",
        code: "OtherColumns",
        message: expect.stringContaining(
          `s3://lake/hl/b.csv, line 1: expected the columns of s3://lake/hl/a.csv (id, name), ${found}`,
        ),
      });
    }
  });

  test("with other columns is taken where the manifest says union, but not by a merge", async () => {
    await lake.put("hl/a.csv", "id,name\n1,a\n");
    await lake.put("hl/b.csv", "x,id\ny,2\n");
    await csv({ headers: "union" }, files);
    expect(await lake.rows("raw.hl")).toEqual([
      { id: "1", name: "a", x: null },
      { id: "2", name: null, x: "y" },
    ]);
    await expect(csv({ headers: "union" }, { ...files, mode: "merge", key: ["id"] })).rejects.toThrow(
      "A merge cannot tell a column that a file lacks from one without a value",
    );
  });

  test("may have a line that names the separator", async () => {
    await lake.put("hl/a.csv", "id;name\n1;a\n");
    await lake.put("hl/b.csv", "sep=;\r\nname;id\r\nb;2\r\n");
    await csv({ delimiter: ";" }, files);
    expect(await lake.rows("raw.hl")).toEqual([
      { id: "1", name: "a" },
      { id: "2", name: "b" },
    ]);
  });
});

describe("cells without a value", () => {
  test("in quotes are empty texts, or NULL where the manifest says so, also in declared types", async () => {
    await lake.put("titles.csv", '"id","n"\n"1","10"\n"2",""\n');
    await lake.load();
    expect(await lake.rows("raw.titles")).toEqual([
      { id: "1", n: "10" },
      { id: "2", n: "" },
    ]);
    for (const more of [{}, { columns: { titles: { id: "bigint", n: "bigint" } } }]) {
      await csv({ quotedNull: true }, more);
      expect(await lake.types("raw.titles")).toEqual({ id: "bigint", n: "bigint" });
      expect(await lake.rows("raw.titles")).toEqual([
        { id: "1", n: "10" },
        { id: "2", n: null },
      ]);
    }
  });

  test("may be said by several words", async () => {
    await lake.put("titles.csv", 'a,b\n1,NULL\n,"NULL"\n\\N,\n');
    const nulls = ["", "NULL", "\\N"];
    for (const more of [{}, { columns: { titles: { a: "int", b: "text" } } }]) {
      await csv({ nulls }, more);
      expect(await lake.rows("raw.titles")).toEqual([
        { a: "1", b: null },
        { a: null, b: "NULL" },
        { a: null, b: null },
      ]);
    }
  });

  test("cannot be said by a word with the delimiter in it", async () => {
    await lake.put("titles.csv", "a\n1\n");
    await expect(csv({ null: "a,b" })).rejects.toMatchObject({ kind: "configuration", code: "BadFormat" });
    await expect(csv({ delimiter: '"' })).rejects.toMatchObject({ kind: "configuration", code: "BadFormat" });
  });
});

test.each<[string, string, object]>([
  ["as it is", "", {}],
  ["with a byte order mark", "\ufeff", {}],
  ["where all columns are declared as text", "", { columns: { t: { id: "text", name: "text" } } }],
])("a header that comes again, %s, is a bad row: files were put together", async (_what, mark, more) => {
  await lake.put("t.csv", `\ufeffid,name\n1,id\n${mark}id,name\n2,name\n`);
  const load = (max: number) => lake.load({ files: { t: "t.csv" }, rejects: { max }, ...more });
  await expect(load(0)).rejects.toMatchObject({
    code: "TooManyRejects",
    message: expect.stringContaining("t.csv, line 3: expected a row, found the header again"),
  });
  await load(1);
  expect(await lake.rows("raw.t")).toEqual([
    { id: "1", name: "id" },
    { id: "2", name: "name" },
  ]);
});

test.each<[string, object]>([
  ["whose types are found", {}],
  ["whose columns are declared", { columns: { t: { id: "text", name: "text" } } }],
  ["without a header", { format: { csv: { header: false, columns: ["id", "name"] } } }],
])("a byte order mark before a row of a file %s makes it a bad row: files were put together", async (_what, more) => {
  const header = "format" in more ? "" : "id,name\n";
  await lake.put("t1.csv", `\ufeff\ufeff${header}1,a\n\ufeff2,b\n3,\ufeffc\n`);
  await lake.put("t2.csv", `\ufeff${header}4,d\n`);
  const load = (max: number) => lake.load({ files: { t: "t?.csv" }, rejects: { max }, ...more });
  await expect(load(0)).rejects.toMatchObject({
    code: "TooManyRejects",
    message: expect.stringMatching(/t1\.csv, line [23]: expected a row, found a byte order mark before it/),
  });
  await load(1);
  expect(await lake.rows("raw.t")).toEqual([
    { id: "1", name: "a" },
    { id: "3", name: "\ufeffc" },
    { id: "4", name: "d" },
  ]);
});

test.each([
  ["lines that are skipped", "\ufeffReport\n\ufeffid,name\n1,a\n", 1],
  ["blank lines", "\n\n\ufeffid,name\n1,a\n", 0],
])("a byte order mark behind %s is no part of the header", async (_what, content, skipLines) => {
  await lake.put("t.csv", content);
  await lake.load({ files: { t: "t.csv" }, format: { csv: { skipLines } } });
  expect(await lake.rows("raw.t")).toEqual([{ id: "1", name: "a" }]);
});

test.each([
  ["bigint", ["7", "-7", " 7"], ["007", "-07", "+7", "0x7", "1_000", "-0"]],
  ["numeric", ["7", "1.50", ".5", "NaN", "Infinity"], ["007", "+7", "0x10", "1_000", "-0", "-0.00", "1e3"]],
  ["double precision", ["7", "1.5", "-0", "1e3", "Infinity"], ["007", "+7", "0x10", "1e400", "1e-400"]],
])("a text that a target of type %s would change is a bad row, unless it is declared", async (type, good, bad) => {
  await lake.newWarehouse();
  await lake.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.t (a ${type}, b text)`);
  await lake.put("t.csv", ["a,b", ...good.map((a) => `${a},good`), ...bad.map((a) => `${a},bad`)].join("\n"));
  const load = (more: object) => lake.load({ files: { t: "t.csv" }, mode: "append", ...more });
  await load({ rejects: { max: bad.length } });
  expect((await lake.rows("raw.t")).map(({ b }) => b)).toEqual(good.map(() => "good"));
  const rejected = await lake.warehouse.query("SELECT value FROM raw._kelt_rejects ORDER BY line");
  expect(rejected.map(({ value }) => value)).toEqual(bad);
  await lake.put("t.csv", "a,b\n007,declared\n");
  await load({ columns: { t: { a: type } } });
  expect(await lake.warehouse.query("SELECT a::int AS a FROM raw.t WHERE b = 'declared'")).toEqual([{ a: "7" }]);
});

test("a value that is called as the one column of its file is a row", async () => {
  await lake.put("t.csv", "word\nnoun\nword\n");
  await lake.load({ files: { t: "t.csv" } });
  expect(await lake.rows("raw.t")).toEqual([{ word: "noun" }, { word: "word" }]);
});

test.each([
  ["<!DOCTYPE html>\n<html><body>Not found</body></html>\n", "a page of HTML or XML"],
  ['{"error":"expired"}', "JSON"],
  ['[{"id":1}]\n', "JSON"],
])("%s is no CSV, whatever the file is called", async (content, found) => {
  await lake.put("t.csv", content);
  await expect(lake.load({ files: { t: "t.csv" } })).rejects.toMatchObject({
    code: "BadHeader",
    message: expect.stringContaining(
      `line 1: expected a header in UTF-8 with quotes around whole cells, found ${found}`,
    ),
  });
});

test("lines before the header and after the rows are passed over, and lines are counted as in the file", async () => {
  await lake.put("titles.csv", 'Report "Q1\nmade by hand\na,b\n1,2\nx\nSum: 3,,\n');
  const format = { skipLines: 2, skipLastLines: 1 };
  for (const more of [{}, { columns: { titles: { a: "int", b: "int" } } }]) {
    await csv(format, { ...more, rejects: { max: 1 } });
    expect(await lake.rows("raw.titles")).toEqual([{ a: "1", b: "2" }]);
  }
  expect((await rejects()).map(({ line }) => line)).toEqual(["5", "5"]);
});

test.each([
  ["numeric(5000,2)", "load.columns.titles.n: type numeric(5000,2): "],
  ["nosuch", 'load.columns.titles.n: type nosuch: type "nosuch" does not exist'],
  ["email", "load.columns.titles.n: email is a domain, and the column would be made without its checks. Declare text"],
])("a declared type that cannot be made is named with its column: %s", async (type, message) => {
  await lake.warehouse.query("CREATE DOMAIN email AS text CHECK (VALUE !~ ' ')");
  await lake.put("titles.csv", "id,n\n1,2\n");
  await expect(lake.load({ columns: { titles: { id: "int", n: type } } })).rejects.toThrow(message);
});

describe("names that a table cannot have, or should not", () => {
  test.each(["xmin", "ctid", "tableoid"])(
    "%s is refused with a way out, and loaded under another name",
    async (name) => {
      await lake.put("titles.csv", `id,${name}\n1,2\n`);
      await expect(lake.load()).rejects.toThrow(
        `titles.csv, line 1, column 2: expected a name of its own, found "${name}", which every table of the warehouse has for itself. Give it another one in load.rename`,
      );
      const rename = { titles: { [name]: "other", id: "Id" } };
      await lake.load({ rename });
      expect(await lake.rows("raw.titles")).toEqual([{ Id: "1", other: "2" }]);
      await lake.load({ rename, columns: { titles: { Id: "int", other: "text" } } });
      expect(await lake.types("raw.titles")).toEqual({ Id: "integer", other: "text" });
    },
  );

  test("keys of JSON and columns of files without names are renamed as well", async () => {
    await lake.put("a.json", '[{"ctid":1,"b":"x"},{"b":"y"}]');
    await expect(lake.load({ files: { a: "a.json" } })).rejects.toMatchObject({ code: "BadKey" });
    for (const columns of [{}, { columns: { a: { place: "int" } } }]) {
      await lake.load({ files: { a: "a.json" }, rename: { a: { ctid: "place" } }, ...columns });
      expect(await lake.rows("raw.a")).toEqual([
        { b: "x", place: "1" },
        { b: "y", place: null },
      ]);
    }
    await lake.put("titles.csv", "id,\n1,2\n");
    await lake.load({ rename: { titles: { column_2: "n" } } });
    expect(await lake.rows("raw.titles")).toEqual([{ id: "1", n: "2" }]);
  });

  test("a name that the files do not have cannot be renamed, nor two to one", async () => {
    await lake.put("titles.csv", "id,n\n1,2\n");
    await expect(lake.load({ rename: { titles: { m: "o" } } })).rejects.toThrow(
      "load.rename.titles renames m, which the files do not have",
    );
    await expect(lake.load({ rename: { titles: { n: "id" } } })).rejects.toMatchObject({ code: "BadHeader" });
  });
});

describe("long and wide rows", () => {
  test("a cell of 20 MiB is loaded, with its type declared or not", async () => {
    const bytes = 20 * 1024 * 1024;
    await lake.put("titles.csv.gz", `id,t\n1,"${"x".repeat(bytes)}"\n2,""\n`);
    for (const columns of [{}, { columns: { titles: { id: "int", t: "text" } } }]) {
      await lake.load({ files: { titles: "titles.csv.gz" }, ...columns });
      expect(await lake.warehouse.query("SELECT id, length(t) AS length FROM raw.titles ORDER BY id")).toEqual([
        { id: "1", length: String(bytes) },
        { id: "2", length: "0" },
      ]);
    }
  });

  test("a row above the limit is refused with the limit and both reasons that it can have", async () => {
    await lake.put("titles.csv.gz", `id,t\n1,"${"x".repeat(65 * 1024 * 1024)}"\n`);
    await expect(lake.load({ files: { titles: "titles.csv.gz" } })).rejects.toMatchObject({
      kind: "data",
      code: "RecordTooLong",
      message: expect.stringMatching(
        /line 2: expected rows of at most 67108864 bytes \(64 MiB\).*Or a cell is that long/,
      ),
    });
  });

  test("1,600 columns are loaded with the types of their values, and bad rows are told", async () => {
    const names = Array.from({ length: 1600 }, (_, index) => `c${index}`);
    const days = names.map(() => "2026-01-01").join(",");
    await lake.put("titles.csv", `${names.join(",")}\n${days}\n"",${days.slice(11)}\n,${days.slice(11)}\n1\n`);
    const types = { columns: { titles: { c0: "date" } } };
    const outcome = await lake.load({ ...types, rejects: { max: 2 } });
    expect(outcome.message).toBe("1 table, 2 rows, 2 rejected");
    expect(new Set(Object.values(await lake.types("raw.titles")))).toEqual(new Set(["date"]));
    expect(await lake.warehouse.query("SELECT c0, c1::text, c1599::text FROM raw.titles WHERE c0 IS NULL")).toEqual([
      { c0: null, c1: "2026-01-01", c1599: "2026-01-01" },
    ]);
    expect(await lake.warehouse.query("SELECT line, column_name FROM raw._kelt_rejects ORDER BY line")).toEqual([
      { line: "3", column_name: "c0" },
      { line: "5", column_name: null },
    ]);
  });

  test("more columns come with a later file", async () => {
    const names = Array.from({ length: 301 }, (_, index) => `c${index}`);
    await lake.put("w/1.csv", "c0,c1\n1,x\n");
    await lake.put("w/2.csv", `${names.toReversed().join(",")}\n${names.map((name) => `in ${name}`).toReversed()}\n`);
    await csv({ headers: "union" }, { files: { w: "w/" } });
    expect(await lake.warehouse.query("SELECT c0, c1, c300 FROM raw.w ORDER BY c0")).toEqual([
      { c0: "1", c1: "x", c300: null },
      { c0: "in c0", c1: "in c1", c300: "in c300" },
    ]);
  });
});
