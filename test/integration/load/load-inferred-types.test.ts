import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Lake, startLake } from "../../support/loads/load-files.ts";

let lake: Lake;

beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

/** The values of a column, its type, and what the values are afterwards where they are written in another way. */
const COLUMNS: readonly (readonly [values: readonly string[], type: string, found?: readonly string[]])[] = [
  [["10E2", "1E03", "20"], "text"],
  [["1e5", "2"], "text"],
  [["007", "1"], "text"],
  [["+5", "1"], "text"],
  [["-0", "1"], "text"],
  [["-0.0", "1"], "text"],
  [["1_000", "1"], "text"],
  [["0x1F", "1"], "text"],
  [["NaN", "1"], "text"],
  [["Infinity", "1.5"], "text"],
  [[".5", "1.5"], "text"],
  [["5.", "1.5"], "text"],
  [["1,5", "1"], "text"],
  [[" 1", "2"], "text"],
  [["1.50", "1.5", "2"], "numeric"],
  [["123456789012345678901234567890.10", "1"], "numeric"],
  [["-12", "0"], "bigint"],
  [["2024-1-5", "2024-01-05"], "text"],
  [["2024-02-30", "2024-01-05"], "text"],
  [["2024-01-05", "2024-02-29"], "date"],
  [["2024-01-05 06:00:00.1234567", "2024-01-05 06:00:00"], "text"],
  [["2024-01-05 24:00:00", "2024-01-05 06:00:00"], "text"],
  [
    ["2024-01-05T06:00", "2024-01-05 06:00:00.50"],
    "timestamp without time zone",
    ["2024-01-05 06:00:00", "2024-01-05 06:00:00.5"],
  ],
  [["2024-01-05T06:00:00+02:00"], "timestamp with time zone", ["2024-01-05 04:00:00+00"]],
  [["true", "FALSE"], "boolean", ["t", "f"]],
  [["t", "f"], "text"],
  [["yes", "no"], "text"],
  [["1", "true"], "text"],
];

test.each(COLUMNS.map(([values, type, found = values]) => ({ values, type, found })))(
  "$values of a CSV file become $type, and come back as they were",
  async ({ values, type, found }) => {
    await lake.put("titles.csv", `v\n${values.map((value) => `"${value}"`).join("\n")}\n`);
    await lake.load();
    expect(await lake.types("raw.titles")).toEqual({ v: type });
    expect((await lake.rows("raw.titles")).map(({ v }) => v)).toEqual(found);
  },
);

test("texts of JSON that look like numbers or truth values stay texts", async () => {
  await lake.put("t.json", JSON.stringify(["10E2", "1", "1.50", "true"].map((v) => ({ v }))));
  await lake.load({ files: { t: "t.json" } });
  expect((await lake.rows("raw.t")).map(({ v }) => v)).toEqual(["10E2", "1", "1.50", "true"]);
});

test("a text that a column of numbers would hold in another way is a bad value for it, unless its type is declared", async () => {
  await lake.put("titles.csv", "v\n1.5\n");
  await lake.load();
  await lake.put("titles.csv", "v\n10E2\n2\n");
  await lake.load({ mode: "append", rejects: { max: 1 } });
  expect(await lake.warehouse.query("SELECT line FROM raw._kelt_rejects")).toEqual([{ line: "2" }]);
  await lake.load({ mode: "append", columns: { titles: { v: "numeric" } } });
  expect((await lake.rows("raw.titles")).map(({ v }) => v)).toEqual(["1.5", "2", "1000", "2"]);
});
