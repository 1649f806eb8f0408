import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ObjectsLoad, type RedshiftLake, startRedshiftLake } from "../../support/redshift/lake.ts";

let lake: RedshiftLake;

beforeAll(async () => {
  lake = await startRedshiftLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

const TEXT = "character varying(65535)";

describe("CSV arrives as it is written", () => {
  test.each<readonly [string, string | Buffer, Record<string, string>, readonly (readonly (string | null)[])[]]>([
    ["leading zeros stay text", "a\n00123\n7\n", { a: TEXT }, [["00123"], ["7"]]],
    ["2^53 + 1", "a\n9007199254740993\n", { a: "bigint" }, [["9007199254740993"]]],
    [
      "38 digits, 18 of them decimal",
      "a\n12345678901234567890.123456789012345678\n1\n",
      { a: "numeric(38,18)" },
      [["1.000000000000000000"], ["12345678901234567890.123456789012345678"]],
    ],
    ["more than 38 digits", `a\n${"9".repeat(39)}.5\n`, { a: TEXT }, [[`${"9".repeat(39)}.5`]]],
    ["an exponent stays text", "a\n1e5\n", { a: TEXT }, [["1e5"]]],
    ["-0 and NaN are no numbers", "a,b\n-0,NaN\n", { a: TEXT, b: TEXT }, [["-0", "NaN"]]],
    ["a text in the last row only", "a\n1\n2\nx\n", { a: TEXT }, [["1"], ["2"], ["x"]]],
    ["dates, and the 29th of February", "a\n0001-01-01\n2024-02-29\n", { a: "date" }, [["0001-01-01"], ["2024-02-29"]]],
    [
      "days that no calendar has",
      "a,b,c\n2026-02-29,2026-04-31,1900-02-29\n",
      { a: TEXT, b: TEXT, c: TEXT },
      [["2026-02-29", "2026-04-31", "1900-02-29"]],
    ],
    [
      "times without a zone",
      "a\n2026-03-29T02:30:00.123456\n",
      { a: "timestamp without time zone" },
      [["2026-03-29 02:30:00.123456"]],
    ],
    [
      "times with a zone",
      "a\n2026-03-29T02:30:00Z\n2026-03-29 02:30:00+02\n",
      { a: "timestamp with time zone" },
      [["2026-03-29 00:30:00+00"], ["2026-03-29 02:30:00+00"]],
    ],
    ["booleans", "a\ntrue\nFALSE\n", { a: "boolean" }, [["f"], ["t"]]],
    ["a column without any value", "a,b\n,1\n", { a: TEXT, b: "bigint" }, [[null, "1"]]],
    ["CRLF", "a,b\r\n1,x\r\n", { a: "bigint", b: TEXT }, [["1", "x"]]],
    [
      "line ends, delimiters and quotes in cells",
      'a,b\n"x\r\ny, ""z""",1\n',
      { a: TEXT, b: "bigint" },
      [['x\r\ny, "z"', "1"]],
    ],
    ["backslashes", "a\n\\N\n\\.\n", { a: TEXT }, [["\\."], ["\\N"]]],
    ["a byte order mark", "\uFEFFa,b\n1,2\n", { a: "bigint", b: "bigint" }, [["1", "2"]]],
    [
      "a header in capitals, reserved or empty",
      '"SELECT",Price,\n1,2,3\n',
      { select: "bigint", price: "bigint", column_3: "bigint" },
      [["1", "2", "3"]],
    ],
    ["a header alone", "a,b\n", { a: TEXT, b: TEXT }, []],
  ])("%s", async (_name, content, types, rows) => {
    await lake.put("titles.csv", content);
    await lake.load();
    expect(await lake.types("raw.titles")).toEqual(types);
    expect(await lake.rows("raw.titles")).toEqual(rows);
  });

  test("an empty cell is NULL, and so is an empty text in quotes where COPY does not look at quotes", async () => {
    await lake.put("titles.csv", 'a,b\n,""\nx,y\n');
    await lake.load();
    expect(await lake.rows("raw.titles")).toEqual([
      ["x", "y"],
      [null, null],
    ]);
  });

  test("a dialect with another delimiter, quote and NULL", async () => {
    await lake.put("titles.csv", "a;b\n'x;y';NA\n;''\n");
    await lake.load({ format: { csv: { delimiter: ";", quote: "'", null: "NA" } } });
    expect(await lake.rows("raw.titles")).toEqual([
      ["", ""],
      ["x;y", null],
    ]);
  });

  test("without a header columns are numbered, or named by the manifest", async () => {
    await lake.put("titles.csv", "1,a\n2,b\n");
    await lake.load({ format: { csv: { header: false } } });
    expect(await lake.types("raw.titles")).toEqual({ column_1: "bigint", column_2: TEXT });
    await lake.load({ format: { csv: { header: false, columns: ["id", "title"] } } });
    expect(await lake.warehouse.query("SELECT id, title FROM raw.titles ORDER BY id")).toEqual([
      { id: "1", title: "a" },
      { id: "2", title: "b" },
    ]);
  });

  test("declared types win, and numbers are rounded to their scale as Postgres does", async () => {
    await lake.put("titles.csv", "id,price,at\n7,1.235,2026-01-01 10:00:00\n");
    await lake.load({ columns: { titles: { id: "varchar(5)", price: "decimal(10,2)", at: "timestamp" } } });
    expect(await lake.types("raw.titles")).toEqual({
      id: "character varying(5)",
      price: "numeric(10,2)",
      at: "timestamp without time zone",
    });
    expect(await lake.rows("raw.titles")).toEqual([["7", "1.24", "2026-01-01 10:00:00"]]);
  });
});

describe("numbers for a target that keeps its types", () => {
  const append = { mode: "append" } as const;
  beforeEach(async () => {
    await lake.put("titles.csv", "id,price\n1,1.50\n");
    await lake.load({ columns: { titles: { price: "decimal(10,2)" } } });
  });

  test("are refused where they would be rounded, with the column and one of them", async () => {
    await lake.put("titles.csv", "id,price\n2,2.5\n3,1.235\n4,-0.001\n");
    await expect(lake.load(append)).rejects.toMatchObject({
      kind: "data",
      message: expect.stringContaining(
        "column price is numeric(10,2), and 2 of its values have more digits, -0.001 among them",
      ),
    });
    expect(await lake.rows("raw.titles")).toEqual([["1", "1.50"]]);
  });

  test("fit with zeros behind, up to as many digits as the type has before the point, and not with more", async () => {
    await lake.put("titles.csv", "id,price\n2,12345678.90000\n3,\n");
    await lake.load(append);
    expect(await lake.rows("raw.titles")).toEqual([
      ["1", "1.50"],
      ["2", "12345678.90"],
      ["3", null],
    ]);
    await lake.put("titles.csv", "id,price\n4,123456789\n");
    await expect(lake.load(append)).rejects.toThrow("s3://lake/titles.csv, line 2, column price");
  });

  test("of JSON too", async () => {
    await lake.put("titles.json", '{"id": 2, "price": 2.125}\n');
    await expect(lake.load({ ...append, files: { titles: "titles.json" } })).rejects.toMatchObject({
      code: "TooManyDigits",
    });
  });

  test("of a declared type are rounded, because that was asked for", async () => {
    await lake.put("titles.csv", "id,price\n2,1.235\n");
    await lake.load({ ...append, columns: { titles: { price: "decimal(10,2)" } } });
    expect((await lake.rows("raw.titles")).map(([, price]) => price)).toEqual(["1.50", "1.24"]);
  });
});

describe("several objects", () => {
  test("columns in another order, missing ones, and objects packed in different ways come together by name", async () => {
    await lake.put("parts/1.csv", "id,title\n1,a\n");
    await lake.put("parts/2.csv.gz", "title,id\nb,2\n");
    await lake.put("parts/3.csv.zst", "id,year\n3,2026\n");
    await lake.put("parts/4.csv", "");
    expect(await lake.load({ files: { titles: "parts/" }, format: { csv: { headers: "union" } } })).toMatchObject({
      rows: 3,
    });
    expect(await lake.warehouse.query("SELECT id, title, year FROM raw.titles ORDER BY id")).toEqual([
      { id: "1", title: "a", year: null },
      { id: "2", title: "b", year: null },
      { id: "3", title: null, year: "2026" },
    ]);
    expect(await lake.warehouse.query("SELECT count(*) FROM raw._kelt_files")).toEqual([{ count: "4" }]);
  });

  test("two tables are published together, or not at all", async () => {
    await lake.put("titles.csv", "id\n1\n");
    await lake.put("credits.csv", "id\nx\n");
    const parts: ObjectsLoad = { files: { titles: "titles.csv", credits: "credits.csv" } };
    await expect(lake.load({ ...parts, columns: { credits: { id: "integer" } } })).rejects.toMatchObject({
      kind: "data",
    });
    expect(await lake.warehouse.query("SELECT to_regclass('raw.titles') AS found")).toEqual([{ found: null }]);
    expect(await lake.load(parts)).toMatchObject({ message: "2 tables, 2 rows" });
  });

  test.each<readonly [string, Record<string, string | Buffer>, ObjectsLoad, string]>([
    ["no object", {}, { files: { t: "none/" } }, "expected at least one file of connection lake, found none"],
    [
      "empty objects only",
      { "e/1.csv": "" },
      { files: { t: "e/" } },
      "expected a header that names the columns, found empty files only",
    ],
    [
      "names that differ in capital letters only",
      { "c.csv": "Id,ID\n1,2\n" },
      { files: { t: "c.csv" } },
      "which for Redshift is the name of column 1 too",
    ],
    [
      "a header that goes on in the next line",
      { "h.csv": '"a\nb",c\n1,2\n' },
      { files: { t: "h.csv" } },
      "a cell that goes on in the next line",
    ],
    ["an empty first line", { "b.csv": "\na,b\n1,2\n" }, { files: { t: "b.csv" } }, "found an empty line"],
    ["line ends of CR alone", { "r.csv": "a,b\r1,2\r" }, { files: { t: "r.csv" } }, "line ends of CR alone"],
    ["UTF-16", { "u.csv": Buffer.from("\uFEFFa\né\n", "utf16le") }, { files: { t: "u.csv" } }, "expected UTF-8"],
    [
      "another encoding",
      { "l.csv": "a\n1\n" },
      { files: { t: "l.csv" }, format: { csv: { encoding: "latin1" } } },
      "load.from.format.csv.encoding latin1",
    ],
    [
      "another escape",
      { "s.csv": "a\n1\n" },
      { files: { t: "s.csv" }, format: { csv: { escape: "\\" } } },
      "load.from.format.csv.escape",
    ],
    [
      "a damaged archive",
      { "d.csv": Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) },
      { files: { t: "d.csv" } },
      "expected a complete gzip or zstd file",
    ],
    [
      "a declared column that no object has",
      { "m.csv": "a\n1\n" },
      { files: { t: "m.csv" }, columns: { t: { b: "integer" } } },
      "load.columns declares b, which the files do not have; they have: a",
    ],
    [
      "Parquet",
      { "p.parquet": "PAR1" },
      { files: { t: "p.parquet" } },
      "found Parquet, which is not loaded into Redshift yet",
    ],
    [
      "records below a path",
      { "n.json": '{"a": []}' },
      { files: { t: "n.json" }, format: { json: { records: "a" } } },
      "load.from.format.json.records",
    ],
    [
      "a JSON array",
      { "a.json": '[{"a": 1}]' },
      { files: { t: "a.json" }, columns: { t: { a: "integer" } } },
      "expected JSON objects that follow each other",
    ],
    [
      "JSON whose keys nobody names",
      { "k.json": '{"a": 1}' },
      { files: { t: "k.json" } },
      "Declare the columns in load.columns.t",
    ],
    [
      "tables of a name",
      { "x.csv": "a\n1\n" },
      { files: { T: "x.csv", t: "x.csv" } },
      "which is the target of x.csv too",
    ],
    [
      "a type that Redshift does not have",
      { "y.csv": "a\n1\n" },
      { files: { t: "y.csv" }, columns: { t: { a: "jsonb" } } },
      'type "jsonb" does not exist',
    ],
  ])("%s is refused", async (_name, objects, parts, message) => {
    for (const [key, content] of Object.entries(objects)) await lake.put(key, content);
    await expect(lake.load(parts)).rejects.toThrow(message);
  });
});

describe("rows that cannot be loaded", () => {
  const BAD = "id,title,price\n1,a,1.5\nx,b,2\n3,c,dear\n4\n5,e,5,6\n";
  const TYPES = { titles: { id: "integer", price: "decimal(10,2)" } };

  test("none may be, unless the manifest says so: the first one is named", async () => {
    await lake.put("titles.csv", BAD);
    await expect(lake.load({ columns: TYPES })).rejects.toThrow(
      /4 rows or more are rejected and none may be; nothing has been published\. s3:\/\/lake\/titles\.csv, line 3, column id: Invalid digit/,
    );
    expect(await lake.warehouse.query("SELECT count(*) FROM raw._kelt_loads")).toEqual([{ count: "0" }]);
  });

  test("up to the limit they go to the table of rejects with their place, value and reason", async () => {
    await lake.put("titles.csv.gz", BAD);
    const outcome = await lake.load({ files: { titles: "titles.csv.gz" }, columns: TYPES, rejects: { max: 4 } });
    expect(outcome).toMatchObject({ rows: 1, message: "1 table, 1 rows, 4 rejected" });
    expect(await lake.rows("raw.titles")).toEqual([["1", "a", "1.50"]]);
    expect(
      await lake.warehouse.query("SELECT uri, line, column_name, value, record FROM raw._kelt_rejects ORDER BY line"),
    ).toEqual([
      { uri: "s3://lake/titles.csv.gz", line: "3", column_name: "id", value: "x", record: "x,b,2" },
      { uri: "s3://lake/titles.csv.gz", line: "4", column_name: "price", value: "dear", record: "3,c,dear" },
      { uri: "s3://lake/titles.csv.gz", line: "5", column_name: null, value: "", record: "4" },
      { uri: "s3://lake/titles.csv.gz", line: "6", column_name: null, value: "", record: "5,e,5,6" },
    ]);
  });

  test("one above the limit, and nothing is published", async () => {
    await lake.put("titles.csv", BAD);
    await expect(lake.load({ columns: TYPES, rejects: { max: 3 } })).rejects.toThrow(
      "at most 3 may be (load.rejects.max)",
    );
    await expect(lake.load({ columns: TYPES, rejects: { percent: "50%" } })).rejects.toThrow(
      "at most 50% of the 5 rows read may be (load.rejects.percent)",
    );
    expect(await lake.warehouse.query("SELECT count(*) FROM raw._kelt_rejects")).toEqual([{ count: "0" }]);
  });

  test("texts longer than their column are rejected, not cut", async () => {
    await lake.put("titles.csv", "a\nétés\n");
    await expect(lake.load({ columns: { titles: { a: "varchar(5)" } } })).rejects.toThrow(
      "String length exceeds DDL length",
    );
    await lake.load({ columns: { titles: { a: "varchar(6)" } } });
    expect(await lake.rows("raw.titles")).toEqual([["étés"]]);
  });

  test("a workgroup without STL_LOAD_ERRORS names them too, without their values", async () => {
    await lake.put("titles.csv", BAD);
    await lake.warehouse.query("DROP VIEW stl_load_errors");
    await lake.load({ columns: TYPES, rejects: { max: 4 } });
    expect(
      await lake.warehouse.query("SELECT line, column_name, value FROM raw._kelt_rejects ORDER BY line LIMIT 1"),
    ).toEqual([{ line: "3", column_name: "id", value: null }]);
  });
});

describe("JSON", () => {
  const LINES = '{"userId": "7", "page": "Home", "at": {"ms": 9007199254740993}}\n{"userId": "", "page": null}\n';

  test("declared keys become columns, folded as Redshift folds them", async () => {
    await lake.put("events.jsonl", LINES);
    await lake.load({
      files: { events: "events.jsonl" },
      columns: { events: { userId: "varchar(10)", page: "text", none: "integer" } },
    });
    expect(await lake.types("raw.events")).toEqual({
      userid: "character varying(10)",
      page: "character varying(256)",
      none: "integer",
    });
    expect(await lake.rows("raw.events")).toEqual([
      ["", null, null],
      ["7", "Home", null],
    ]);
  });

  test("objects over several lines, packed", async () => {
    await lake.put("songs/a.json.gz", '{\n  "id": 1,\n  "title": "a \\"b\\" {"\n}\n{"id": 2}');
    await lake.load({ files: { songs: "songs/" }, columns: { songs: { id: "integer", title: "text" } } });
    expect(await lake.rows("raw.songs")).toEqual([
      ["1", 'a "b" {'],
      ["2", null],
    ]);
  });

  test("without declared columns keys fill the target's, in any case", async () => {
    await lake.warehouse.query("CREATE SCHEMA raw; CREATE TABLE raw.events (userid varchar(10), page varchar(10))");
    await lake.put("events.jsonl", LINES);
    await lake.load({ files: { events: "events.jsonl" }, mode: "append" });
    expect(await lake.rows("raw.events")).toEqual([
      ["", null],
      ["7", "Home"],
    ]);
  });

  test("a JSONPaths object fills the target's columns in their order, or names them", async () => {
    await lake.put("events.jsonl", LINES);
    await lake.put("paths.json", `{"jsonpaths": ["$['at']['ms']", "$.page"]}`);
    const parts: ObjectsLoad = { files: { events: "events.jsonl" }, format: { jsonl: { jsonPaths: "paths.json" } } };
    await lake.load({ ...parts, columns: { events: { ms: "bigint" } } });
    expect(await lake.types("raw.events")).toEqual({ ms: "bigint", page: TEXT });
    expect(await lake.rows("raw.events")).toEqual([
      ["9007199254740993", "Home"],
      [null, null],
    ]);
    await lake.put("paths.json", `{"jsonpaths": ["$.page"]}`);
    await expect(lake.load(parts)).rejects.toThrow(
      "s3://lake/paths.json has 1 paths, and the table has 2 columns (ms, page)",
    );
    await lake.put("paths.json", `["$.page"]`);
    await expect(lake.load(parts)).rejects.toThrow("expected s3://lake/paths.json to be a JSONPaths object");
  });

  test("broken objects are rejected by the line that they end in", async () => {
    await lake.put("events.jsonl", '{"id": 1}\n{"id": oops}\n{"id": 3}\n');
    await lake.load({ files: { events: "events.jsonl" }, columns: { events: { id: "integer" } }, rejects: { max: 1 } });
    expect(await lake.rows("raw.events")).toEqual([["1"], ["3"]]);
    expect(await lake.warehouse.query("SELECT line, reason FROM raw._kelt_rejects")).toEqual([
      { line: "2", reason: "Invalid JSON object" },
    ]);
  });
});
