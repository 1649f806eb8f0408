import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { type Lake, startLake } from "../../support/loads/load-files.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

type Load = WorkOf<"load">["load"];

const NOVEMBER = { column: "day", from: "2026-11-01", to: "2026-12-01" };

describe.each(POSTGRES_VERSIONS)("Postgres %s: a range that is deleted and filled again", (version) => {
  const databases = useLoadDatabases(version);
  beforeEach(async () => {
    await databases.source.query(`CREATE TABLE rentals (id int, day date, title text);
      INSERT INTO rentals VALUES (1, '2026-10-31', 'before'), (2, '2026-11-01', 'first'), (3, '2026-11-30', 'last'),
        (4, '2026-12-01', 'after'), (5, NULL, 'never')`);
    await databases.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.rentals (id int, day date, title text);
      INSERT INTO raw.rentals VALUES (10, '2026-10-31', 'kept'), (20, '2026-11-01', 'old'), (30, '2026-11-30', 'old'),
        (40, '2026-12-01', 'kept'), (50, NULL, 'kept')`);
  });

  function runLoad(parts: Partial<Load> = {}, uid?: string) {
    const from = { connection: "source", schema: "public", tables: ["rentals"] };
    const to = { connection: "warehouse", schema: "raw" };
    return databases.load({ from, to, mode: "deleteInsert", range: NOVEMBER, ...parts }, { uid });
  }
  const rows = async () =>
    (await databases.warehouse.query("SELECT concat_ws(' ', id, day, title) AS row FROM raw.rentals ORDER BY id")).map(
      ({ row }) => row,
    );
  const UNTOUCHED = ["10 2026-10-31 kept", "20 2026-11-01 old", "30 2026-11-30 old", "40 2026-12-01 kept", "50 kept"];
  const REPLACED = ["2 2026-11-01 first", "3 2026-11-30 last", "10 2026-10-31 kept", "40 2026-12-01 kept", "50 kept"];

  test("holds the source's rows of it, and nothing else of the target has changed", async () => {
    expect(await runLoad()).toMatchObject({ message: "1 table, 2 rows" });
    expect(await rows()).toEqual(REPLACED);
    expect(await databases.warehouse.query("SELECT tables->0->>'published' AS how FROM raw._kelt_loads")).toEqual([
      { how: "deleteInserted" },
    ]);
  });

  test("is read by several readers, and by a query", async () => {
    await runLoad({ from: { connection: "source", schema: "public", tables: ["rentals"], parallel: 2 } });
    expect(await rows()).toEqual(REPLACED);
    const query = "SELECT * FROM rentals WHERE title <> 'last'";
    await runLoad({
      from: { connection: "source", schema: "public", query },
      to: { connection: "warehouse", schema: "raw", table: "rentals" },
    });
    expect(await rows()).toEqual(REPLACED.filter((row) => !row?.includes("last")));
  });

  test("is empty where the source has no rows of it", async () => {
    await databases.source.query("DELETE FROM rentals WHERE day >= '2026-11-01'");
    expect(await runLoad()).toMatchObject({ message: "1 table, 0 rows" });
    expect(await rows()).toEqual(["10 2026-10-31 kept", "40 2026-12-01 kept", "50 kept"]);
  });

  test("may be bounded on one side alone", async () => {
    await runLoad({ range: { column: "day", from: "2026-11-30" } });
    expect(await rows()).toEqual([
      ...["3 2026-11-30 last", "4 2026-12-01 after", "10 2026-10-31 kept", "20 2026-11-01 old", "50 kept"],
    ]);
  });

  test("makes a table that is not there, with an index by which the next load finds its rows", async () => {
    await databases.warehouse.query("DROP TABLE raw.rentals");
    await runLoad();
    expect(await rows()).toEqual(["2 2026-11-01 first", "3 2026-11-30 last"]);
    expect(
      await databases.warehouse.query("SELECT indexdef AS def FROM pg_indexes WHERE tablename = 'rentals'"),
    ).toEqual([{ def: expect.stringContaining("(day)") }]);
  });

  test("is not replaced a second time by a load that was committed", async () => {
    await runLoad({}, "same");
    await databases.warehouse.query("UPDATE raw.rentals SET title = 'seen' WHERE id = 2");
    expect((await runLoad({}, "same")).message).toContain("loaded by attempt 1");
    expect(await rows()).toContain("2 2026-11-01 seen");
  });

  test("has the same bounds on both sides, whatever type each of them has for a moment", async () => {
    await databases.source.query("ALTER TABLE rentals ALTER day TYPE timestamp, ADD at timestamptz");
    await databases.source.query("UPDATE rentals SET at = day");
    await databases.warehouse.query("ALTER TABLE raw.rentals ADD at timestamp; UPDATE raw.rentals SET at = day");
    await databases.warehouse.query(`ALTER DATABASE ${databases.warehouse.name} SET TimeZone = 'Asia/Tokyo'`);
    await runLoad({ range: { column: "at", from: "2026-11-01T02:00:00+02:00", to: "2026-12-01" } });
    expect(await rows()).toEqual(REPLACED);
  });

  test.each([
    [
      "a column that the rows lack",
      { column: "when", from: "1" },
      "rows of public.rentals have no column when; they have: id, day, title",
    ],
    [
      "a column of texts",
      { column: "title", from: "1" },
      "load.range.column: title is text, expected whole or decimal numbers, dates",
    ],
    [
      "a bound that is no day",
      { column: "day", from: "2026-02-30" },
      `load.range.from: expected a value of date, such as 2026-11-01, found "2026-02-30"`,
    ],
    ["bounds in the wrong order", { column: "id", from: "3", to: "3" }, "from 3 and to 3, which no value lies between"],
  ])("cannot be of %s", async (_what, range, message) => {
    await expect(runLoad({ range })).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringContaining(message),
    });
    expect(await rows()).toEqual(UNTOUCHED);
  });

  test.each([
    ["lacks the column", "ALTER TABLE raw.rentals DROP day", "UnknownRange", "has no column day"],
    [
      "computes the column",
      "ALTER TABLE raw.rentals DROP day, ADD day date GENERATED ALWAYS AS ('2026-11-01'::date) STORED",
      "ComputedColumn",
      "computes day itself",
    ],
  ])("is refused where the target %s, before any row moves", async (_what, change, code, message) => {
    await databases.warehouse.query(change);
    await expect(runLoad()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await databases.warehouse.query("SELECT count(*) FROM raw.rentals")).toEqual([{ count: "5" }]);
  });

  test("leaves no row behind that a trigger keeps", async () => {
    await databases.warehouse.query(`CREATE FUNCTION raw.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER keep BEFORE DELETE ON raw.rentals FOR EACH ROW EXECUTE FUNCTION raw.keep()`);
    await expect(runLoad()).rejects.toMatchObject({
      code: "RowsLeft",
      message: expect.stringContaining("trigger keep"),
    });
    expect(await rows()).toEqual(UNTOUCHED);
  });

  test("waits for a load of another range of the same table, and neither loses a row", async () => {
    const october = { column: "day", from: "2026-10-01", to: "2026-11-01" };
    await Promise.all([runLoad(), runLoad({ range: october })]);
    expect(await rows()).toEqual([
      ...["1 2026-10-31 before", "2 2026-11-01 first", "3 2026-11-30 last", "40 2026-12-01 kept", "50 kept"],
    ]);
  });
});

describe("a range of files", () => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake();
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(async () => {
    await lake.newWarehouse();
    await lake.put("titles.csv", "id,day\n1,2026-11-01\n2,2026-11-30\n");
    await lake.load({ mode: "append" });
  });
  const load = () => lake.load({ mode: "deleteInsert", range: NOVEMBER });

  test("is replaced by what they hold now", async () => {
    await lake.put("titles.csv", "id,day\n3,2026-11-02\n");
    await load();
    expect(await lake.rows("raw.titles")).toEqual([{ id: "3", day: "2026-11-02" }]);
  });

  test("is left as it is where a row lies outside of it or has no value, and the message shows which", async () => {
    await lake.put("titles.csv", "id,day\n3,2026-11-02\n4,2026-12-01\n5,2026-12-01\n6,\n");
    await expect(load()).rejects.toMatchObject({
      kind: "data",
      code: "RowsOutsideRange",
      message: expect.stringContaining(
        "raw.titles: expected day from 2026-11-01 and before 2026-12-01, found another value in 2 rows, NULL in 1 row. Nothing has been published",
      ),
    });
    expect(await lake.rows("raw.titles")).toHaveLength(2);
  });
});
