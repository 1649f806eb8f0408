import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lake, startLake } from "../../support/loads/load-files.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

/** Rows of files that do not have the shape of their target: they are known by file and line. */
describe.each(POSTGRES_VERSIONS)("files into Postgres %s", (version) => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake(version);
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(() => lake.newWarehouse());

  const rejects = () =>
    lake.warehouse.query(
      "SELECT substring(uri FROM '[^/]+$') AS file, line, column_name, value, action FROM raw._kelt_rejects ORDER BY line, column_name",
    );
  const aTarget = (columns: string) => lake.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.titles (${columns})`);

  const formats = [
    ["CSV", "titles.csv", "id,name,v\n1,a,x\n2,b,\n3,c,7\n"],
    [
      "JSON lines",
      "titles.jsonl",
      '{"id":1,"name":"a","v":"x"}\n{"id":2,"name":"b","v":null}\n{"id":3,"name":"c","v":7}\n',
    ],
  ] as const;

  describe.each(formats)("%s", (_, file, content) => {
    const first = file === "titles.csv" ? 2 : 1;
    const line = (row: number) => String(first + row - 1);
    const load = (parts: Parameters<Lake["load"]>[0]) =>
      lake.load({ files: { titles: file }, mode: "append", ...parts });
    beforeEach(() => lake.put(file, content));

    test("a missing table", async () => {
      await expect(load({ schemaContract: { tables: "freeze" } })).rejects.toThrow("does not exist and is not made");
      const outcome = await load({ schemaContract: { tables: "discardRow" } });
      expect(outcome.message).toBe("1 table, 0 rows, 3 rows discarded");
      expect(await rejects()).toEqual(
        [1, 2, 3].map((row) => ({ file, line: line(row), column_name: null, value: "", action: "discardRow" })),
      );
      expect(await lake.warehouse.query("SELECT FROM pg_class WHERE relname ~ '^titles|staging|landing'")).toEqual([]);
    });

    test.each([{}, { columns: { titles: { id: "int", name: "text", v: "text" } } }])(
      "a new column, with %o declared",
      async (declared) => {
        await aTarget("id int, name text");
        const rows = await load({ ...declared, schemaChange: "discardRow" });
        expect(rows.message).toBe("1 table, 1 rows, 2 rows discarded");
        expect(await lake.rows("raw.titles")).toEqual([{ id: "2", name: "b" }]);
        expect(await rejects()).toEqual([
          { file, line: line(1), column_name: "v", value: "x", action: "discardRow" },
          { file, line: line(3), column_name: "v", value: "7", action: "discardRow" },
        ]);
        const values = await load({ ...declared, schemaContract: { columns: "discardValue" } });
        expect(values.message).toBe("1 table, 3 rows, 2 values discarded");
        expect(await lake.types("raw.titles")).toEqual({ id: "integer", name: "text" });
      },
    );

    test("a value that does not fit its column's type", async () => {
      await aTarget("id int, name text, v int");
      await expect(load({})).rejects.toMatchObject({ code: "TooManyRejects" });
      await expect(load({ schemaChange: "freeze" })).rejects.toMatchObject({ code: "TooManyRejects" });
      expect((await load({ schemaChange: "discardRow" })).message).toBe("1 table, 2 rows, 1 rows discarded");
      expect(await lake.rows("raw.titles")).toEqual([
        { id: "2", name: "b", v: null },
        { id: "3", name: "c", v: "7" },
      ]);
      const replaced = await load({ mode: "replace", schemaContract: { types: "discardValue" } });
      expect(replaced.message).toBe("1 table, 3 rows, 1 values discarded");
      expect(await lake.rows("raw.titles")).toEqual([
        { id: "1", name: "a", v: null },
        { id: "2", name: "b", v: null },
        { id: "3", name: "c", v: "7" },
      ]);
      expect(await rejects()).toEqual([
        { file, line: line(1), column_name: "v", value: "x", action: "discardRow" },
        { file, line: line(1), column_name: "v", value: "x", action: "discardValue" },
      ]);
    });

    test("a value that cannot be left out of a column without NULL", async () => {
      await aTarget("id int, name text, v int NOT NULL");
      await expect(load({ schemaChange: "discardValue" })).rejects.toThrow(
        "column v of raw.titles is integer NOT NULL",
      );
    });

    test("a declared type is a promise of the files, not of the table", async () => {
      await aTarget("id int, name text, v int");
      const columns = { titles: { v: "int" } };
      await expect(load({ columns, schemaChange: "discardValue" })).rejects.toMatchObject({ code: "TooManyRejects" });
      const outcome = await load({ columns, schemaChange: "discardValue", rejects: { max: 1 } });
      expect(outcome.message).toBe("1 table, 2 rows, 1 rejected");
    });
  });

  test.each([
    ["smallint", "70000", "bigint"],
    ["integer", "5000000000", "bigint"],
    ["numeric(4,2)", "1.005", "numeric"],
    ["varchar(3)", "abcd", "text"],
    ["timestamp(0)", "2026-01-01 10:00:00.5", "timestamp without time zone"],
    ["time(0)", "10:00:00.5", "time without time zone"],
    ["real", "16777217", "double precision"],
  ])("under evolve %s is widened for %s", async (existing, value, expected) => {
    await aTarget(`id int, v ${existing}`);
    await lake.put("titles.csv", `id,v\n1,${value}\n`);
    await lake.load({ mode: "append" });
    expect(await lake.types("raw.titles")).toEqual({ id: "integer", v: expected });
    expect(await lake.rows("raw.titles")).toEqual([{ id: "1", v: value }]);
  });

  test.each([
    ["date", "2026-01-01 10:00"],
    ["timestamp", "2026-01-01 10:00+02"],
    ["integer", "1.5"],
    ["boolean", "maybe"],
    ["date", "today"],
    ["timestamptz", "now"],
    ["timestamptz", "2026-01-01T10:00:00.1234567Z"],
    ["time", "10:00:00+02"],
    ["time", "2026-01-01 10:00:00"],
    ["timetz", "10:00:00.1234567+02"],
    ["interval day", "1 day 3 hours"],
    ["money", "1.005"],
    ["double precision", "9007199254740993"],
    ["bit(3)", "10101"],
    ["bit(3)", "1"],
    ["bit varying(3)", "10101"],
    ["name", "n".repeat(64)],
    ['"char"', "no"],
  ])("%s takes nothing away from %s: the row is rejected", async (existing, value) => {
    await aTarget(`id int, v ${existing}`);
    await lake.put("titles.csv", `id,v\n1,${value}\n2,\n`);
    await expect(lake.load({ mode: "append" })).rejects.toMatchObject({ code: "TooManyRejects" });
    const outcome = await lake.load({ mode: "append", rejects: { max: 1 } });
    expect(outcome.message).toBe("1 table, 1 rows, 1 rejected");
    expect(await rejects()).toMatchObject([{ line: "2", column_name: "v", value, action: "reject" }]);
  });

  test.each([
    ["date", "date", ["2026-01-01", "0044-03-15 BC", "infinity", "2026-01-01 00:00:00"]],
    ["timestamp", "timestamp without time zone", ["2026-01-01T10:00:00Z", "2026-01-01 10:00:00.123456"]],
    ["numeric(4,2)", "numeric(4,2)", ["1.5", "1.50", "1.500", "NaN"]],
    ["timestamptz", "timestamp with time zone", ["2026-01-01T10:00:00.123456000Z", "2026-01-01 10:00", "infinity"]],
    ["time", "time without time zone", ["10:00", "10:00:00.123456", "10:00 PM", "24:00:00"]],
    ["interval(0)", "interval(0)", ["1 day", "P1Y2M", "00:00:02"]],
    ["double precision", "double precision", ["0.1", "0.10000000000000001", "9007199254740992", "1e300", "NaN"]],
    ["money", "money", ["1.00", "$2.50"]],
    ["bit(3)", "bit(3)", ["101", "B101"]],
    ["text[]", "text[]", ['"{a,NULL}"', '"{}"']],
    ["json", "json", ['"{""a"": 1}"', "5"]],
    ["name", "name", ["n".repeat(63)]],
  ])("%s stays %s for %j", async (existing, type, values) => {
    await aTarget(`v ${existing}`);
    await lake.put("titles.csv", `v\n${values.join("\n")}\n`);
    expect(await lake.load({ mode: "append" })).toMatchObject({ rows: values.length });
    expect(await lake.types("raw.titles")).toEqual({ v: type });
  });

  test("files without a column of the target are refused, not emptied", async () => {
    await aTarget("other int");
    await lake.put("titles.csv", "id,v\n1,2\n");
    await expect(lake.load({ mode: "append", schemaChange: "discardValue" })).rejects.toThrow(
      "raw.titles has none of the columns of the files",
    );
  });
});
