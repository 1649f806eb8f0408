import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lake, startLake } from "../../support/loads/load-files.ts";
import { inUtc, parquetOf } from "../../support/loads/parquet-file.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

/** What a Parquet column holds, in DuckDB's SQL, and what Postgres then has: type, and each value as text. */
const TYPES: readonly (readonly [
  what: string,
  values: readonly string[],
  type: string,
  found: readonly (string | null)[],
])[] = [
  ["truth values", ["true", "false"], "boolean", ["t", "f"]],
  ["small numbers", ["(-128)::TINYINT", "127::TINYINT"], "smallint", ["-128", "127"]],
  ["unsigned small numbers", ["65535::USMALLINT"], "integer", ["65535"]],
  ["2^53 + 1", ["9007199254740993::BIGINT"], "bigint", ["9007199254740993"]],
  ["the largest unsigned number", ["18446744073709551615::UBIGINT"], "numeric(20,0)", ["18446744073709551615"]],
  [
    "38 digits, 18 of them decimal",
    ["12345678901234567890.123456789012345678::DECIMAL(38,18)", "1.1::DECIMAL(38,18)"],
    "numeric(38,18)",
    ["12345678901234567890.123456789012345678", "1.100000000000000000"],
  ],
  [
    "numbers of double precision",
    [
      "0.1::DOUBLE",
      "1e308::DOUBLE",
      "5e-324::DOUBLE",
      "'nan'::DOUBLE",
      "'-inf'::DOUBLE",
      "'inf'::DOUBLE",
      "(-0.0::DOUBLE)",
    ],
    "double precision",
    ["0.1", "1e+308", "5e-324", "NaN", "-Infinity", "Infinity", "-0"],
  ],
  [
    "numbers of single precision",
    ["0.1::FLOAT", "16777217::FLOAT", "'nan'::FLOAT"],
    "real",
    ["0.1", "1.6777216e+07", "NaN"],
  ],
  [
    "dates",
    ["DATE '0001-01-01'", "DATE '9999-12-31'", "DATE '0044-03-15 (BC)'", "DATE 'infinity'"],
    "date",
    ["0001-01-01", "9999-12-31", "0044-03-15 BC", "infinity"],
  ],
  ["times of a day", ["TIME '23:59:59.999999'"], "time without time zone", ["23:59:59.999999"]],
  [
    "times without a zone",
    ["TIMESTAMP '2026-03-29 02:30:00.123456'", "TIMESTAMP '0044-03-15 (BC) 10:00:00'", "TIMESTAMP '-infinity'"],
    "timestamp without time zone",
    ["2026-03-29 02:30:00.123456", "0044-03-15 10:00:00 BC", "-infinity"],
  ],
  [
    "times with a zone",
    ["TIMESTAMPTZ '2026-03-29 02:30:00.123456+02'"],
    "timestamp with time zone",
    ["2026-03-29 00:30:00.123456+00"],
  ],
  [
    "nanoseconds that are none",
    ["TIMESTAMP_NS '2026-01-01 00:00:00.123456'"],
    "timestamp without time zone",
    ["2026-01-01 00:00:00.123456"],
  ],
  ["intervals", ["INTERVAL '14 months 3 days 04:05:06.5'"], "interval", ["1 year 2 mons 3 days 04:05:06.5"]],
  ["UUIDs", ["'00000000-0000-4000-8000-00000000000a'::UUID"], "uuid", ["00000000-0000-4000-8000-00000000000a"]],
  ["bytes", ["unhex('00ff5c')", "''::BLOB"], "bytea", ["\\x00ff5c", "\\x"]],
  [
    "text",
    [
      "'00123'",
      "''",
      "'a\"b\\c'",
      "'x' || chr(9) || 'y' || chr(10) || chr(13)",
      "'\\.'",
      "chr(10) || '\\.' || chr(10)",
      "'\\N'",
      "'é😀'",
    ],
    "text",
    ["00123", "", 'a"b\\c', "x\ty\n\r", "\\.", "\n\\.\n", "\\N", "é😀"],
  ],
  ["JSON", ["'{\"a\": 1.10}'::JSON"], "jsonb", ['{"a": 1.10}']],
  ["lists", ["[1, NULL, 3]", "[]::INTEGER[]"], "jsonb", ["[1, null, 3]", "[]"]],
  [
    "structs and maps",
    ["{n: 9007199254740993, d: 1.10::DECIMAL(38,18), t: 'a\"' || chr(10) || '\\', m: MAP {'k': [1]}}"],
    "jsonb",
    ['{"d": 1.100000000000000000, "m": {"k": [1]}, "n": 9007199254740993, "t": "a\\"\\n\\\\"}'],
  ],
];

describe.each(POSTGRES_VERSIONS)("Parquet into Postgres %s", (version) => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake(version);
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(() => lake.newWarehouse());

  test("every type arrives exactly as it is stored, and NULL in each of them", async () => {
    const rows = Math.max(...TYPES.map(([, values]) => values.length)) + 1;
    const columns = TYPES.map(([, values], column) => {
      const cases = Array.from({ length: rows }, (_, row) => `WHEN ${row} THEN ${values[row] ?? "NULL"}`);
      return `CASE r ${cases.join(" ")} END AS c${column}`;
    });
    await lake.put(
      "types.parquet",
      await parquetOf(`SELECT ${columns.join(", ")} FROM range(${rows}) AS t(r) ORDER BY r`),
    );
    await lake.load({ files: { types: "types.parquet" } });
    const found = await lake.rows("raw.types");
    const types = Object.values(await lake.types("raw.types"));
    const seen = TYPES.map(([what], column) => [what, types[column], found.map((row) => row[`c${column}`])]);
    const nulls = (count: number) => Array.from({ length: count }, () => null);
    expect(seen).toEqual(
      TYPES.map(([what, , type, values]) => [what, type, [...values, ...nulls(rows - values.length)]]),
    );
  });

  test("rows with values that a declared type refuses are rejected with file and row; the others keep every value", async () => {
    const select = "SELECT * FROM (VALUES ('1', 'a' || chr(10) || '\\.'), ('x', 'b'), ('3', NULL)) AS t(n, s)";
    await lake.put("bad.parquet", await parquetOf(select));
    const load = () =>
      lake.load({ files: { bad: "bad.parquet" }, columns: { bad: { n: "integer" } }, rejects: { max: 1 } });
    await expect(load()).resolves.toMatchObject({ rows: 2, message: "1 table, 2 rows, 1 rejected" });
    expect(await lake.rows("raw.bad")).toEqual([
      { n: "1", s: "a\n\\." },
      { n: "3", s: null },
    ]);
    const [reject] = await lake.warehouse.query("SELECT uri, line, column_name, value FROM raw._kelt_rejects");
    expect(reject).toEqual({ uri: "s3://lake/bad.parquet", line: "2", column_name: "n", value: "x" });
  });
});

describe("Parquet files", () => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake();
  });
  afterAll(() => lake[Symbol.asyncDispose]());
  beforeEach(() => lake.newWarehouse());

  test("files of other columns, orders and types meet in the type that holds all of them exactly", async () => {
    await lake.put(
      "p/1.parquet",
      await parquetOf("SELECT 1::INTEGER AS n, 0.1::FLOAT AS f, 1.5::DECIMAL(3,1) AS d, 'x' AS t"),
    );
    await lake.put(
      "p/2.parquet",
      await parquetOf("SELECT DATE '2026-01-01' AS t, 0.1::DOUBLE AS f, 9007199254740993 AS n, 7 AS d"),
    );
    await lake.put("p/3.parquet", await parquetOf("SELECT true AS more, NULL::INTEGER AS n, 'X' AS \"T\""));
    await lake.load({ files: { all: "p/" }, format: { parquet: { schemas: "union" } } });
    expect(await lake.types("raw.all")).toEqual({
      n: "bigint",
      f: "double precision",
      d: "numeric",
      t: "text",
      more: "boolean",
      T: "text",
    });
    expect(await lake.rows("raw.all")).toEqual([
      { n: "1", f: "0.10000000149011612", d: "1.5", t: "x", more: null, T: null },
      { n: "9007199254740993", f: "0.1", d: "7", t: "2026-01-01", more: null, T: null },
      { n: null, f: null, d: null, t: null, more: "t", T: "X" },
    ]);
  });

  test("a file of other columns is refused with both names of the column, unless it is renamed or the field says union", async () => {
    await lake.put("r/1.parquet", await parquetOf("SELECT 1 AS id, 'a' AS value"));
    await lake.put("r/2.parquet", await parquetOf("SELECT 'b' AS valeu, 2 AS id"));
    const load = (more: object = {}) => lake.load({ files: { r: "r/*.parquet" }, ...more });
    await expect(load()).rejects.toMatchObject({
      kind: "data",
      code: "OtherColumns",
      message: expect.stringMatching(
        /r\/2\.parquet: expected the columns of .*r\/1\.parquet \(id, value\), found a file without value and with valeu\. .*format\.parquet\.schemas to union/,
      ),
    });
    expect(await lake.warehouse.query("SELECT to_regclass('raw.r') AS r")).toEqual([{ r: null }]);
    await load({ rename: { r: { valeu: "value" } } });
    const rows = [
      { id: "1", value: "a" },
      { id: "2", value: "b" },
    ];
    expect(await lake.rows("raw.r")).toEqual(rows);
    const union = { format: { parquet: { schemas: "union" } } } as const;
    await expect(load({ ...union, mode: "merge", key: ["id"] })).rejects.toMatchObject({ code: "OtherColumns" });
    await load(union);
    expect(await lake.rows("raw.r")).toEqual([
      { id: "1", value: "a", valeu: null },
      { id: "2", value: null, valeu: "b" },
    ]);
  });

  test("a file of other columns is refused too where rows land as text, because one of them is bad", async () => {
    await lake.put("l/1.parquet", await parquetOf("SELECT 'x' AS n, 'a' AS value"));
    await lake.put("l/2.parquet", await parquetOf("SELECT '2' AS n"));
    const load = { files: { l: "l/*.parquet" }, columns: { l: { n: "integer" } }, rejects: { max: 9 } };
    await expect(lake.load(load)).rejects.toMatchObject({ code: "OtherColumns" });
  });

  test("names that differ in case alone, which DuckDB numbers, stay as the file has them", async () => {
    const file = await parquetOf('SELECT 1 AS name_a, {x: 1, y: 2} AS s, 2 AS "NAME_B", 3 AS "q""r"');
    await lake.put("names.parquet", Buffer.from(file.toString("latin1").replaceAll("NAME_B", "NAME_A"), "latin1"));
    await lake.load({ files: { names: "names.parquet" } });
    expect(await lake.rows("raw.names")).toEqual([{ name_a: "1", s: '{"x": 1, "y": 2}', NAME_A: "2", 'q"r': "3" }]);
  });

  test("only new files are appended, and a target keeps its wider types", async () => {
    await lake.put("n/1.parquet", await parquetOf("SELECT 1::BIGINT AS id, '7' AS v"));
    const load = () => lake.load({ files: { n: "n/*.parquet" }, mode: "append", onlyNew: true });
    await lake.warehouse.query("CREATE SCHEMA raw");
    await lake.warehouse.query("CREATE TABLE raw.n (id numeric, v integer)");
    await load();
    await lake.put("n/2.parquet", await parquetOf("SELECT 2::SMALLINT AS id, '8' AS v"));
    await expect(load()).resolves.toMatchObject({ rows: 1 });
    expect(await lake.rows("raw.n")).toEqual([
      { id: "1", v: "7" },
      { id: "2", v: "8" },
    ]);
  });

  test("a value that the target would round is refused where types are frozen, left out, or widens its column", async () => {
    await lake.warehouse.query("CREATE SCHEMA raw");
    await lake.warehouse.query("CREATE TABLE raw.r (v numeric(10,2))");
    await lake.put("r.parquet", await parquetOf("SELECT 1.555::DECIMAL(10,3) AS v"));
    const load = (schemaChange: "freeze" | "discardRow" | "discardValue" | "evolve") =>
      lake.load({ files: { r: "r.parquet" }, mode: "append", schemaChange });
    await expect(load("freeze")).rejects.toMatchObject({ code: "SchemaChanged" });
    expect((await load("discardRow")).message).toBe("1 table, 0 rows, 1 rows discarded");
    expect((await load("discardValue")).message).toBe("1 table, 1 rows, 1 values discarded");
    await load("evolve");
    expect(await lake.rows("raw.r")).toEqual([{ v: null }, { v: "1.555" }]);
    expect(await lake.types("raw.r")).toEqual({ v: "numeric(11,3)" });
  });

  test("times in nanoseconds are refused before they are cut, cut when that is asked for, whole as text", async () => {
    const exact = await parquetOf("SELECT TIMESTAMP_NS '1969-12-31 23:59:59.123456789' AS at");
    await lake.put("ns.parquet", exact);
    const load = (more: object) => lake.load({ files: { ns: "ns.parquet" }, ...more });
    await expect(load({})).rejects.toMatchObject({
      kind: "data",
      code: "NanosecondsCut",
      message: expect.stringMatching(
        /s3:\/\/lake\/ns\.parquet: column at holds .*a time with nanoseconds.*, and Postgres keeps microseconds/,
      ),
    });
    await load({ format: { parquet: { nanoseconds: "cut" } } });
    expect(await lake.rows("raw.ns")).toEqual([{ at: "1969-12-31 23:59:59.123456" }]);
    await load({ columns: { ns: { at: "text" } } });
    expect(await lake.rows("raw.ns")).toEqual([{ at: "1969-12-31 23:59:59.123456789" }]);
    await lake.put("ns.parquet", inUtc(exact));
    await expect(load({})).rejects.toMatchObject({
      code: "NanosecondsCut",
      message: expect.stringContaining(
        "column at holds times in nanoseconds (of UTC, or of a day), of which microseconds can be read",
      ),
    });
    await load({ format: { parquet: { nanoseconds: "cut" } } });
    expect(await lake.types("raw.ns")).toEqual({ at: "timestamp with time zone" });
  });

  test("what is wrong in a late row is said as in the first one", async () => {
    const at =
      "CASE WHEN i = 299999 THEN TIMESTAMP_NS '2026-01-01 00:00:00.123456789' ELSE TIMESTAMP_NS '2026-01-01' END";
    await lake.put("late.parquet", await parquetOf(`SELECT i, ${at} AS at FROM range(300000) AS r(i)`));
    await expect(lake.load({ files: { late: "late.parquet" } })).rejects.toMatchObject({
      code: "NanosecondsCut",
      message: expect.stringMatching(/column at holds .*a time with nanoseconds/),
    });
  });

  test("a text that Postgres cannot hold rejects its row alone", async () => {
    await lake.put("zero.parquet", await parquetOf("SELECT * FROM (VALUES ('a'), ('b' || chr(0)), ('c')) AS t(s)"));
    await lake.load({ files: { zero: "zero.parquet" }, rejects: { max: 1 } });
    expect(await lake.rows("raw.zero")).toEqual([{ s: "a" }, { s: "c" }]);
    expect(await lake.warehouse.query("SELECT line, value FROM raw._kelt_rejects")).toEqual([
      { line: "2", value: "b\\0" },
    ]);
  });

  test("a row that is refused while a large file is still read disturbs nothing", async () => {
    const select =
      "SELECT CASE range WHEN 3 THEN 'x' ELSE range::VARCHAR END AS n, md5(range::VARCHAR) AS m FROM range(60000)";
    await lake.put("large.parquet", await parquetOf(select));
    const bad = { files: { large: "large.parquet" }, columns: { large: { n: "integer" } } };
    await expect(lake.load(bad)).rejects.toMatchObject({ code: "TooManyRejects" });
    await expect(lake.load({ ...bad, rejects: { max: 1 } })).resolves.toMatchObject({ rows: 59_999 });
    expect(await lake.warehouse.query("SELECT line, value FROM raw._kelt_rejects")).toEqual([
      { line: "4", value: "x" },
    ]);
  });

  test("no rows at all bring the columns", async () => {
    await lake.put("none.parquet", await parquetOf("SELECT 1 AS a, 'x' AS b LIMIT 0"));
    await expect(lake.load({ files: { none: "none.parquet" } })).resolves.toMatchObject({ rows: 0 });
    expect(await lake.types("raw.none")).toEqual({ a: "integer", b: "text" });
  });

  test("damaged files are named, and nothing is published", async () => {
    const whole = await parquetOf("SELECT range AS n, 'abc' || range AS s FROM range(50000)");
    const holed = Buffer.from(whole);
    holed.fill(7, 1000, 3000);
    await lake.put("good.parquet", whole);
    for (const [bytes, found] of [
      [Buffer.alloc(0), "a file that is too small for one"],
      [Buffer.from("PAR1 something else PAR1"), "an error in the length of its footer"],
      [whole.subarray(0, -100), "no magic bytes at its end"],
      [holed, "a page that cannot be unpacked"],
    ] as const) {
      await lake.put("bad.parquet", bytes);
      await expect(lake.load({ files: { t: "*.parquet" } })).rejects.toMatchObject({
        kind: "data",
        code: "DamagedParquet",
        message: expect.stringMatching(
          new RegExp(`s3://lake/bad.parquet: expected a complete Parquet file, found .*${found}`),
        ),
      });
    }
    expect(await lake.warehouse.query("SELECT to_regclass('raw.t') AS t")).toEqual([{ t: null }]);
  });

  test("nothing stays in the work directory", async () => {
    await lake.put("good.parquet", await parquetOf("SELECT 1 AS n"));
    await lake.load({ files: { t: "good.parquet" } });
    expect(await readdir(lake.workDirectory)).toEqual([]);
  });
});
