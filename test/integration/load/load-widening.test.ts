import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FilesLoad, type Lake, startLake } from "../../support/loads/load-files.ts";
import { parquetOf } from "../../support/loads/parquet-file.ts";

let lake: Lake;

beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

const append: FilesLoad = { mode: "append", schemaContract: { widening: "text" } };

test("a column grows from bigint to numeric to text where the manifest says so, and keeps what it holds", async () => {
  for (const [value, type] of [
    ["1", "bigint"],
    ["2.50", "numeric"],
    ["007x", "text"],
    ["10E2", "text"],
  ] as const) {
    await lake.put("titles.csv", `v\n${value}\n`);
    await lake.load(append);
    expect(await lake.types("raw.titles")).toEqual({ v: type });
  }
  expect((await lake.rows("raw.titles")).map(({ v }) => v)).toEqual(["1", "2.50", "007x", "10E2"]);
});

test("it becomes what all values fit at once, and without that they are bad ones", async () => {
  await lake.put("titles.csv", "v\n1\n");
  await lake.load();
  await lake.put("titles.csv", "v\n2.5\nx\n");
  await expect(lake.load({ mode: "append" })).rejects.toMatchObject({ code: "TooManyRejects" });
  await lake.load(append);
  expect((await lake.rows("raw.titles")).map(({ v }) => v)).toEqual(["1", "2.5", "x"]);
});

test("merges find their keys in a column that became text", async () => {
  const merge: FilesLoad = { ...append, mode: "merge", key: ["v"] };
  await lake.put("titles.csv", "v,n\n1,a\n2,b\n");
  await lake.load(merge);
  await lake.put("titles.csv", "v,n\nx,c\n1,d\n");
  await lake.load(merge);
  await lake.put("titles.csv", "v,n\n2,e\n");
  await lake.load(merge);
  expect((await lake.rows("raw.titles")).toSorted((a, b) => String(a.v).localeCompare(String(b.v)))).toEqual([
    { v: "1", n: "d" },
    { v: "2", n: "e" },
    { v: "x", n: "c" },
  ]);
});

test("Parquet of another type widens as well", async () => {
  const files = { files: { t: "t.parquet" } };
  await lake.put("t.parquet", await parquetOf("SELECT 1::BIGINT AS v"));
  await lake.load(files);
  await lake.put("t.parquet", await parquetOf("SELECT 1.5::DECIMAL(3,1) AS v"));
  await expect(lake.load({ ...files, mode: "append" })).rejects.toMatchObject({ code: "SchemaChanged" });
  await lake.load({ ...files, ...append });
  expect(await lake.types("raw.t")).toEqual({ v: "numeric" });
  expect((await lake.rows("raw.t")).map(({ v }) => v)).toEqual(["1", "1.5"]);
});
