import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lake, startLake } from "../../support/loads/load-files.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

/** What servers do differently: checks of input came with 16, and a line of `\.` is data in CSV since 18. */
describe.each(POSTGRES_VERSIONS)("Postgres %s", (version) => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake(version);
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(() => lake.newWarehouse());

  test("rows with values that do not fit their type are rejected with their places", async () => {
    await lake.put("titles.csv", "a,b,c,d\n1,abc,1.5,2026-02-28\nx,abcd,2,2026-02-30\n2,'\\,99999,\n3,,,\n");
    const columns = { titles: { a: "int", b: "varchar(3)", c: "numeric(4,2)", d: "date" } };
    const outcome = await lake.load({ columns, rejects: { max: 2 } });
    expect(outcome.message).toBe("1 table, 2 rows, 2 rejected");
    expect((await lake.rows("raw.titles")).map(({ a }) => a)).toEqual(["1", "3"]);
    expect(
      await lake.warehouse.query("SELECT line, column_name, value FROM raw._kelt_rejects ORDER BY line, column_name"),
    ).toEqual([
      { line: "3", column_name: "a", value: "x" },
      { line: "3", column_name: "b", value: "abcd" },
      { line: "3", column_name: "d", value: "2026-02-30" },
      { line: "4", column_name: "c", value: "99999" },
    ]);
  });

  test("days that no calendar has stay text", async () => {
    await lake.put("titles.csv", "a,b\n2026-02-30,2024-02-29\n");
    await lake.load();
    expect(await lake.types("raw.titles")).toEqual({ a: "text", b: "date" });
  });

  test("a line of \\. ends nothing", async () => {
    await lake.put("titles.csv", "a\nx\n\\.\ny\n");
    for (const more of [{}, { columns: { titles: { a: "text" } } }]) {
      await lake.load(more);
      expect(await lake.rows("raw.titles")).toEqual([{ a: "x" }, { a: "\\." }, { a: "y" }]);
    }
  });

  test("texts that are not documents are rejected, and the others loaded", async () => {
    await lake.put("bad.jsonl", '{"a":1}\n{"a":\n\\.\n{"a":"\\u0000"}\n{"a":2}\n');
    const outcome = await lake.load({ files: { bad: "bad.jsonl" }, rejects: { max: 3 } });
    expect(outcome.message).toBe("1 table, 2 rows, 3 rejected");
    expect(await lake.rows("raw.bad")).toEqual([{ a: "1" }, { a: "2" }]);
    expect(await lake.warehouse.query("SELECT line FROM raw._kelt_rejects ORDER BY line")).toEqual(
      ["2", "3", "4"].map((line) => ({ line })),
    );
  });
});
