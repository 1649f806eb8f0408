import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ObjectsLoad, type RedshiftLake, startRedshiftLake } from "../../support/redshift/lake.ts";

// Several runs that write one target, and what somebody else does to it between them.

let lake: RedshiftLake;

beforeAll(async () => {
  lake = await startRedshiftLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(async () => {
  await lake.newWarehouse();
  await lake.put("one.csv", "id,title\n1,a\n2,b\n");
  await lake.put("other.csv", "id,title\n2,c\n3,d\n");
});

const ONE: ObjectsLoad = { files: { titles: "one.csv" } };
const OTHER: ObjectsLoad = { files: { titles: "other.csv" } };

async function titles(): Promise<readonly (string | null | undefined)[]> {
  return (await lake.rows("raw.titles")).map(([, title]) => title);
}

test("two loads at the same time, in a schema that neither finds: each row is there once", async () => {
  for (let round = 0; round < 5; round += 1) {
    await lake.newWarehouse();
    await Promise.all([lake.load({ ...ONE, mode: "append" }), lake.load({ ...OTHER, mode: "append" })]);
    expect(await titles()).toEqual(["a", "b", "c", "d"]);
    expect(await lake.warehouse.query("SELECT FROM raw._kelt_loads")).toHaveLength(2);
  }
});

describe("onlyNew", () => {
  const onlyNew = { mode: "append", onlyNew: true } as const;

  test("takes an object without a byte for loaded, beside others", async () => {
    await lake.put("days/1.csv", "id,title\n1,a\n");
    await lake.put("days/2.csv", "");
    const days: ObjectsLoad = { ...onlyNew, files: { titles: "days/" } };
    expect(await lake.load(days)).toMatchObject({ rows: 1 });
    expect(await lake.load(days)).toMatchObject({ rows: 0 });
  });

  test("loads a file again whose rows another load has taken away", async () => {
    await lake.load({ ...ONE, ...onlyNew });
    await lake.load({ ...OTHER, mode: "truncate" });
    expect(await lake.load({ ...ONE, ...onlyNew })).toMatchObject({ rows: 2 });
    expect(await titles()).toEqual(["a", "b", "c", "d"]);
  });

  test("loads all files again into a target that was dropped, whichever of them makes it anew", async () => {
    for (const parts of [ONE, OTHER]) await lake.load({ ...parts, ...onlyNew });
    await lake.warehouse.query("DROP TABLE raw.titles");
    for (const parts of [ONE, OTHER]) expect(await lake.load({ ...parts, ...onlyNew })).toMatchObject({ rows: 2 });
    expect(await titles()).toEqual(["a", "b", "c", "d"]);
  });

  test("finds what is new among more objects than one statement asks for", async () => {
    const keys = Array.from({ length: 501 }, (_, index) => `many/${String(index).padStart(3, "0")}.csv`);
    await Promise.all(keys.map((key) => lake.put(key, `id,title\n1,${key}\n`)));
    const many: ObjectsLoad = { ...onlyNew, files: { titles: "many/" } };
    expect(await lake.load(many)).toMatchObject({ rows: 501 });
    await lake.put("many/500.csv", "id,title\n1,another\n");
    expect(await lake.load(many)).toMatchObject({ rows: 1 });
  });
});

test("a bad row is reported for its own object, where the name of another one begins with that object's", async () => {
  await lake.put("in/0.gz", "id\n1\n");
  await lake.put("in/1", "id\nx\n");
  await lake.put("in/10.gz", "id\n2\n");
  const parts = { files: { titles: "in/" }, format: { csv: {} }, columns: { titles: { id: "integer" } } };
  await expect(lake.load(parts)).rejects.toThrow("s3://lake/in/1, line 2, column id");
});
