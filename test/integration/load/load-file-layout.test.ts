import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lake, startLake } from "../../support/loads/load-files.ts";

let lake: Lake;

beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

describe("CSV without a header", () => {
  test("columns have the names that the manifest gives them, in every file, and an empty file has no rows", async () => {
    await lake.put("log/1.csv", '1,"a\nb"\n2,c');
    await lake.put("log/2.csv.gz", "3,d\n");
    await lake.put("log/3.csv", "");
    const csv = { header: false, columns: ["id", "Name"] };
    await lake.load({ files: { log: "log/" }, format: { csv } });
    expect(await lake.types("raw.log")).toEqual({ id: "bigint", Name: "text" });
    expect(await lake.rows("raw.log")).toEqual([
      { id: "1", Name: "a\nb" },
      { id: "2", Name: "c" },
      { id: "3", Name: "d" },
    ]);
  });

  test("types that are declared are copied straight, the first row too", async () => {
    await lake.put("n.csv", "00123;7\n1;8\n");
    const csv = { header: false, columns: ["zip", "n"], delimiter: ";" };
    await lake.load({ files: { n: "n.csv" }, format: { csv }, columns: { n: { zip: "text", n: "smallint" } } });
    expect(await lake.rows("raw.n")).toEqual([
      { zip: "00123", n: "7" },
      { zip: "1", n: "8" },
    ]);
  });

  test("without names the columns are numbered, as many as the first row has", async () => {
    await lake.put("a.csv", "\r\n1,x\r\n2,y\r\n");
    await lake.load({ files: { a: "a.csv" }, format: { csv: { header: false } } });
    expect(await lake.rows("raw.a")).toEqual([
      { column_1: "1", column_2: "x" },
      { column_1: "2", column_2: "y" },
    ]);
  });

  test("a row of another length is rejected with its line", async () => {
    await lake.put("a.csv", "1,2\n3\n");
    const load = lake.load({ files: { a: "a.csv" }, format: { csv: { header: false, columns: ["x", "y"] } } });
    await expect(load).rejects.toMatchObject({
      code: "TooManyRejects",
      message: expect.stringContaining("s3://lake/a.csv, line 2: expected 2 cells for as many columns, found 1"),
    });
  });

  test("a name that is given twice is refused by where it stands", async () => {
    await lake.put("a.csv", "1,2\n");
    const load = lake.load({ files: { a: "a.csv" }, format: { csv: { header: false, columns: ["x", "x"] } } });
    await expect(load).rejects.toThrow(
      "load.from.format.csv.columns, column 2: expected a name of its own, found a name, which column 1 is called too",
    );
  });
});

describe("JSON records below a path", () => {
  const format = { json: { records: "data.items" } };

  test("are loaded byte by byte as they are written, with their lines, from packed files too", async () => {
    await lake.put(
      "1.json",
      '{"total": 2,\n "data": {"items": [\n{"id": 1.10, "t": "[{"},\n{"id": 9007199254740993}]}}',
    );
    await lake.put("2.json.gz", '{"data":{"items":[]}}');
    await lake.load({ files: { items: "*.json*" }, format });
    expect(await lake.rows("raw.items")).toEqual([
      { id: "1.10", t: "[{" },
      { id: "9007199254740993", t: null },
    ]);
  });

  test("that are no objects are rejected with the line of the file", async () => {
    await lake.put("1.json", '{"data":\n{"items":[{"id":1},\n7]}}');
    await lake.load({ files: { items: "1.json" }, format, rejects: { max: 1 } });
    expect(await lake.warehouse.query("SELECT line, value FROM raw._kelt_rejects")).toEqual([
      { line: "3", value: "7" },
    ]);
  });

  test("that are not there, or cut off, fail the load and name the file", async () => {
    await lake.put("1.json", '{"data":{"item":[]}}');
    await expect(lake.load({ files: { items: "1.json" }, format })).rejects.toMatchObject({
      kind: "data",
      code: "NoRecords",
      message: expect.stringContaining("s3://lake/1.json: expected one JSON document with an array at data.items"),
    });
    await lake.put("1.json", '{"data":{"items":[{"id":1}]}');
    await expect(lake.load({ files: { items: "1.json" }, format })).rejects.toMatchObject({ code: "TruncatedJson" });
    expect(await lake.warehouse.query("SELECT to_regclass('raw.items') AS t")).toEqual([{ t: null }]);
  });
});
