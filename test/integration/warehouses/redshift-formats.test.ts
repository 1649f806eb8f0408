import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RedshiftLake, startRedshiftLake } from "../../support/redshift/lake.ts";

let lake: RedshiftLake;

beforeAll(async () => {
  lake = await startRedshiftLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

describe("objects for Redshift", () => {
  test("with other columns are refused unless the manifest says union, and lines before the header are passed over", async () => {
    await lake.put("heads/1.csv", "made\nid,title\n1,a\n");
    await lake.put("heads/2.csv", "made\ntitle,id\nb,2\n");
    const format = { csv: { skipLines: 1 } };
    expect(await lake.load({ files: { titles: "heads/" }, format })).toMatchObject({ rows: 2 });
    await lake.put("heads/2.csv", "made\n2,b\n3,c\n");
    await expect(lake.load({ files: { titles: "heads/" }, format })).rejects.toMatchObject({ code: "OtherColumns" });
  });

  test("of JSON are not merged: a missing key and null are the same for COPY", async () => {
    await lake.put("t.jsonl", '{"id":1}');
    const load = lake.load({ files: { t: "t.jsonl" }, columns: { t: { id: "int" } }, mode: "merge", key: ["id"] });
    await expect(load).rejects.toMatchObject({ kind: "configuration", code: "UnsupportedFormat" });
  });

  test.each([
    [{ nulls: ["", "NULL"] }, "csv.nulls"],
    [{ skipLastLines: 1 }, "csv.skipLastLines"],
    [{ strayQuotes: "keep" }, "csv.strayQuotes keep"],
  ] as const)("written as Redshift does not read them are refused: %j", async (csv, field) => {
    await lake.put("titles.csv", "id\n1\n");
    const load = lake.load({ files: { titles: "titles.csv" }, format: { csv: csv as object } });
    await expect(load).rejects.toMatchObject({ kind: "configuration", message: expect.stringContaining(field) });
  });
});
