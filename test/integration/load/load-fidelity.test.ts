import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lake, startLake } from "../../support/loads/load-files.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

/*
 * The pitfalls of files, each by its name, as CSV and as JSON lines: what arrives, or why it is refused. A dash is where a format does not
 * know the pitfall.
 */

const BOM = "\uFEFF";
const NAME = "n".repeat(63);
const utf16 = (text: string) => Buffer.from(`${BOM}${text}`, "utf16le");
const members = (...parts: readonly string[]) => Buffer.concat(parts.map((part) => gzipSync(part)));
const columns = (count: number, value: (index: number) => string, delimiter = ",") =>
  Array.from({ length: count }, (_, index) => value(index)).join(delimiter);

type Content = string | Buffer;
type Rows = readonly (readonly (string | null)[])[];
/** Columns → types, and the rows in their order. */
interface Arrival {
  readonly types: Readonly<Record<string, string>>;
  readonly rows: Rows;
}
interface Pitfall {
  readonly name: string;
  readonly csv?: Content;
  readonly jsonl?: Content;
  /** What arrives by both; `ofJson` where JSON says more, or something else. */
  readonly arrives: Arrival;
  readonly ofJson?: Arrival;
}

const text = (...rows: (string | null)[]): Arrival => ({ types: { a: "text" }, rows: rows.map((row) => [row]) });
const typed = (type: string, ...rows: (string | null)[]): Arrival => ({
  types: { a: type },
  rows: rows.map((row) => [row]),
});
const lines = (...values: string[]) => values.map((value) => `{"a":${value}}\n`).join("");

const PITFALLS: readonly Pitfall[] = [
  { name: "leading zeros", csv: "a\n00123\n7\n", jsonl: lines('"00123"', '"7"'), arrives: text("00123", "7") },
  {
    name: "2^53 + 1",
    csv: "a\n9007199254740993\n",
    jsonl: lines("9007199254740993"),
    arrives: typed("bigint", "9007199254740993"),
  },
  {
    name: "numeric(38,18)",
    csv: "a\n12345678901234567890.123456789012345678\n1\n",
    jsonl: lines("12345678901234567890.123456789012345678", "1"),
    arrives: typed("numeric", "12345678901234567890.123456789012345678", "1"),
  },
  { name: "decimals that end in zero", csv: "a\n1.10\n", jsonl: lines("1.10"), arrives: typed("numeric", "1.10") },
  { name: "NaN", csv: "a\nNaN\n1\n", jsonl: lines('"NaN"'), arrives: text("NaN", "1"), ofJson: text("NaN") },
  {
    name: "infinity",
    csv: "a\nInfinity\n-inf\n",
    jsonl: lines('"Infinity"', '"-inf"'),
    arrives: text("Infinity", "-inf"),
  },
  // A number of JSON has no sign of zero that anything could tell it by.
  { name: "-0", csv: "a\n-0\n", jsonl: lines("-0"), arrives: text("-0"), ofJson: typed("bigint", "0") },
  // A text that would not come back as it was written stays a text; a number of JSON is one.
  {
    name: "1e400",
    csv: "a\n1e400\n",
    jsonl: lines("1e400"),
    arrives: text("1e400"),
    ofJson: typed("numeric", `1${"0".repeat(400)}`),
  },
  {
    name: "dates 0001 and 9999",
    csv: "a\n0001-01-01\n9999-12-31\n",
    jsonl: lines('"0001-01-01"', '"9999-12-31"'),
    arrives: typed("date", "0001-01-01", "9999-12-31"),
  },
  { name: "dates BC", csv: "a\n0044-03-15 BC\n", jsonl: lines('"0044-03-15 BC"'), arrives: text("0044-03-15 BC") },
  { name: "dates of no calendar", csv: "a\n2026-02-30\n", jsonl: lines('"2026-02-30"'), arrives: text("2026-02-30") },
  {
    name: "the date infinity",
    csv: "a\n2026-01-01\ninfinity\n",
    jsonl: lines('"2026-01-01"', '"infinity"'),
    arrives: text("2026-01-01", "infinity"),
  },
  {
    name: "a time without zone, where summer time leaves one out",
    csv: "a\n2026-03-29 02:30:00.123456\n",
    jsonl: lines('"2026-03-29 02:30:00.123456"'),
    arrives: typed("timestamp without time zone", "2026-03-29 02:30:00.123456"),
  },
  {
    name: "a time with zone",
    csv: "a\n2026-03-29T02:30:00+02:00\n",
    jsonl: lines('"2026-03-29T02:30:00+02:00"'),
    arrives: typed("timestamp with time zone", "2026-03-29 00:30:00+00"),
  },
  {
    name: "times with zone and without",
    csv: "a\n2026-03-29T02:30:00Z\n2026-03-29 02:30:00\n",
    arrives: text("2026-03-29T02:30:00Z", "2026-03-29 02:30:00"),
  },
  { name: "booleans", csv: "a\ntrue\nFALSE\n", jsonl: lines("true", "false"), arrives: typed("boolean", "t", "f") },
  {
    name: "a text in the last row only",
    csv: "a\n1\n2\nx\n",
    jsonl: lines("1", "2", '"x"'),
    arrives: text("1", "2", "x"),
  },
  {
    name: "no value and the empty text",
    csv: 'a,b\n,""\nx,y\n',
    jsonl: '{"a":null,"b":""}\n{"a":"x","b":"y"}\n',
    arrives: {
      types: { a: "text", b: "text" },
      rows: [
        [null, ""],
        ["x", "y"],
      ],
    },
  },
  { name: "a column without any value", csv: "a\n\n\n", jsonl: lines("null", "null"), arrives: text(null, null) },
  { name: "a byte order mark", csv: `${BOM}a\n1\n`, jsonl: `${BOM}${lines("1")}`, arrives: typed("bigint", "1") },
  { name: "UTF-16", csv: utf16("a\né\n"), jsonl: utf16(lines('"é"')), arrives: text("é") },
  { name: "CRLF", csv: "a\r\n1\r\n", jsonl: '{"a":1}\r\n\r\n', arrives: typed("bigint", "1") },
  { name: "CR and mixed line ends", csv: "a\r\n1\n2\r3", arrives: typed("bigint", "1", "2", "3") },
  {
    name: "line ends, delimiters and quotes in values",
    csv: 'a\n"x\r\ny, ""z"""\n',
    jsonl: lines('"x\\r\\ny, \\"z\\""'),
    arrives: text('x\r\ny, "z"'),
  },
  {
    name: "backslashes, \\. and \\N",
    csv: 'a\n\\.\n\\N\n"\\."\n',
    jsonl: lines('"\\\\."', '"\\\\N"', '"\\\\."'),
    arrives: text("\\.", "\\N", "\\."),
  },
  {
    name: "names quoted, in capitals, reserved and missing",
    csv: '"select",Üser,\n1,2,3\n',
    jsonl: '{"select":1,"Üser":2}\n',
    arrives: { types: { select: "bigint", Üser: "bigint", column_3: "bigint" }, rows: [["1", "2", "3"]] },
    ofJson: { types: { select: "bigint", Üser: "bigint" }, rows: [["1", "2"]] },
  },
  {
    name: "a name of 63 bytes",
    csv: `${NAME}\n1\n`,
    jsonl: `{"${NAME}":1}\n`,
    arrives: { types: { [NAME]: "bigint" }, rows: [["1"]] },
  },
  {
    name: "other orders of columns",
    csv: "b,a\n1,x\n",
    jsonl: '{"a":"x","b":1}\n{"b":2,"a":"y"}\n',
    arrives: { types: { b: "bigint", a: "text" }, rows: [["1", "x"]] },
    ofJson: {
      types: { a: "text", b: "bigint" },
      rows: [
        ["x", "1"],
        ["y", "2"],
      ],
    },
  },
  {
    name: "a delimiter at the end of all rows",
    csv: "a,\n1,\n",
    arrives: { types: { a: "bigint", column_2: "text" }, rows: [["1", null]] },
  },
  { name: "blank lines in a single column", csv: "a\nx\n\ny\n", arrives: text("x", null, "y") },
  {
    name: "blank lines between rows",
    csv: "a,b\n\n1,2\n\n",
    jsonl: '\n{"a":1,"b":2}\n\n',
    arrives: { types: { a: "bigint", b: "bigint" }, rows: [["1", "2"]] },
  },
  { name: "a header alone", csv: "a\n", arrives: text() },
  {
    name: "gzip of several members",
    csv: members("a\n1\n", "2\n", "3"),
    jsonl: members(lines("1"), lines("2", "3")),
    arrives: typed("bigint", "1", "2", "3"),
  },
  {
    name: "1590 columns",
    csv: `${columns(1590, (index) => `c${index}`)}\n${columns(1590, () => "x")}\n`,
    jsonl: `{${columns(1590, (index) => `"c${String(index).padStart(4, "0")}":"x"`)}}\n`,
    arrives: {
      types: Object.fromEntries(Array.from({ length: 1590 }, (_, index) => [`c${index}`, "text"])),
      rows: [Array.from({ length: 1590 }, () => "x")],
    },
    ofJson: {
      types: Object.fromEntries(
        Array.from({ length: 1590 }, (_, index) => [`c${String(index).padStart(4, "0")}`, "text"]),
      ),
      rows: [Array.from({ length: 1590 }, () => "x")],
    },
  },
];

const REFUSALS: readonly (readonly [string, string, Content, string])[] = [
  ["an empty file", "titles.csv", "", "expected a header that names the columns, found an empty file"],
  ["an empty file", "titles.jsonl", "", "expected JSON objects whose keys name the columns, found none"],
  ["a gzip of zero bytes", "titles.csv.gz", Buffer.alloc(0), "found an empty file"],
  [
    "a name that stands twice",
    "titles.csv",
    "a,b,a\n1,2,3\n",
    "titles.csv, line 1, column 3: expected a name of its own, found a name, which column 1",
  ],
  ["a name of 64 bytes", "titles.csv", `${"n".repeat(64)}\n1\n`, "of 64 bytes; Postgres keeps 63"],
  [
    "a name of 64 bytes",
    "titles.jsonl",
    `{"${"n".repeat(64)}":1}\n`,
    "expected keys of 1 to 63 bytes, found one of 64 bytes, which cannot be a column",
  ],
  [
    "1601 columns",
    "titles.csv",
    `${columns(1601, (index) => `c${index}`)}\n`,
    "expected at most 1600 columns, found 1601",
  ],
  [
    "a row with a cell too many",
    "titles.csv",
    "a,b\n1,2\n1,2,3\n",
    "titles.csv, line 3: expected 2 cells as in the header, found 3",
  ],
  [
    "a row with a cell too few",
    "titles.csv",
    "a,b\n1\n",
    "titles.csv, line 2: expected 2 cells as in the header, found 1",
  ],
  [
    "a delimiter at the end of the rows alone",
    "titles.csv",
    "a,b\n1,2,\n",
    "titles.csv, line 2: expected 2 cells as in the header, found 3",
  ],
  ["a quote that stays open", "titles.csv", 'a,b\n1,2\n"x,3\n4,5\n', "titles.csv, line 3: a quote"],
  ["a zero byte", "titles.csv", "a\nx\0y\n", "titles.csv, line 2: expected text, found a zero byte"],
  ["a zero byte", "titles.jsonl", '{"a":1}\n{"a":"x\0y"}\n', "titles.jsonl, line 2"],
  ["an escaped zero byte", "titles.jsonl", '{"a":"x\\u0000y"}\n', "titles.jsonl, line 1"],
  [
    "latin1 that is not said to be",
    "titles.csv",
    Buffer.from("a\n\xe9\n", "latin1"),
    "titles.csv, line 2: expected text, found bytes that are not UTF-8",
  ],
  ["latin1 that is not said to be", "titles.jsonl", Buffer.from('{"a":"\xe9"}\n', "latin1"), "titles.jsonl, line 1"],
  ["CR as the end of lines", "titles.jsonl", '{"a":1}\r{"a":2}\n', "titles.jsonl, line 1"],
  [
    "a name twice",
    "titles.jsonl",
    '{"a":1,"a":2}\n',
    "titles.jsonl, line 1: expected each name of an object once, found one twice",
  ],
  ["NaN that is no text", "titles.jsonl", '{"a":NaN}\n', "titles.jsonl, line 1"],
  ["leading zeros of a number", "titles.jsonl", '{"a":00123}\n', "titles.jsonl, line 1"],
];

/** Every pitfall of a format, with the table that it goes to. */
const pitfallsOf = (format: "csv" | "jsonl") =>
  PITFALLS.flatMap(({ name, arrives, ofJson = arrives, ...content }, index) => {
    const written = content[format];
    if (written === undefined) return [];
    return [
      {
        name,
        table: `${format}_${index}`,
        file: `${index}.${format}`,
        written,
        arrival: format === "csv" ? arrives : ofJson,
      },
    ];
  });

/** Texts that look like values of many types, and some that just do not. */
const part = (...values: string[]) => fc.oneof({ weight: 4, arbitrary: fc.constant("") }, fc.constantFrom(...values));
const whole =
  "0|1|12|007|999999999999999999|9223372036854775808|2026-02-28|2026-02-30|0001-01-01|9999-12-31|true|FALSE";
const likely = fc
  .tuple(
    part("-", "+", " ", "0", "-0", "t", "f"),
    fc.constantFrom(...whole.split("|")),
    part(".0", ".10", ".", "e5", "E-7", "e400", " 23:59", "T00:00:00.5", " 10:00:00.1234567", " 24:00:00"),
    part("Z", "+02", "-15:30", "+14:30", "rue", "d", " "),
  )
  .map((parts) => parts.join(""));
const quoted = (value: string) => `"${value}"`;
const exactly = (value: string) => {
  const [, sign = "", whole = "", decimals = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(value) ?? [];
  // Trailing zeros aside, what is left is the number in one way of writing alone.
  const digits = `${whole}${decimals}`.replace(/^0+/, "");
  const scale = Number(exponent) - decimals.length + (digits.length - digits.replace(/0+$/, "").length);
  return `${sign}${digits.replace(/0+$/, "")}e${digits === "" ? 0 : scale}`;
};
const moment = (value: string) => Date.parse(value.replace(" ", "T").replace(/[+-]\d{2}$/, "$&:00"));
/** Type → whether a value of it says what the text did. */
const same: Readonly<Record<string, (written: string, found: string) => boolean>> = {
  numeric: (written, found) => exactly(written) === exactly(found),
  boolean: (written, found) => written.charAt(0).toLowerCase() === found,
  "timestamp without time zone": (written, found) => moment(written) === moment(found),
  "timestamp with time zone": (written, found) => moment(written) === moment(found),
};

describe.each(POSTGRES_VERSIONS)("on Postgres %s", (version) => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake(version);
  });
  afterAll(() => lake[Symbol.asyncDispose]());

  describe.each(["csv", "jsonl"] as const)("%s arrives as it is written:", (format) => {
    const pitfalls = pitfallsOf(format);
    beforeAll(async () => {
      await lake.newWarehouse();
      for (const { file, written } of pitfalls) await lake.put(file, written);
      await lake.load({ files: Object.fromEntries(pitfalls.map(({ table, file }) => [table, file])) });
    });

    test.each(pitfalls)("$name", async ({ table, arrival }) => {
      expect(await lake.types(`raw.${table}`)).toEqual(arrival.types);
      expect((await lake.rows(`raw.${table}`)).map((row) => Object.values(row))).toEqual(arrival.rows);
    });
  });

  describe("is refused with its place, and nothing is published:", () => {
    beforeEach(() => lake.newWarehouse());

    test.each(REFUSALS)("%s in %s", async (_, file, content, message) => {
      await lake.store.write(file, Buffer.from(content as string), "application/octet-stream");
      await expect(lake.load({ files: { titles: file } })).rejects.toThrow(message);
      expect(
        await lake.warehouse.query("SELECT relname FROM pg_class WHERE relname ~ 'titles|staging|landing'"),
      ).toEqual([]);
      expect(await lake.rows("raw._kelt_loads")).toEqual([]);
    });
  });

  test("types hold their values exactly, whatever looks like a number, a truth or a time", async () => {
    await lake.newWarehouse();
    const written = fc.sample(likely, { numRuns: 500, seed: 7 });
    await lake.put("likely.csv", `${columns(500, (at) => `c${at}`)}\n${written.map(quoted).join(",")}\n`);
    await lake.load({ files: { likely: "likely.csv" } });
    const types = await lake.types("raw.likely");
    const [row = {}] = await lake.rows("raw.likely");
    for (const [at, value] of written.entries()) {
      const [type, found] = [types[`c${at}`] ?? "", row[`c${at}`] ?? ""];
      expect(same[type]?.(value, found) ?? value === found, `${value} as ${type} is ${found}`).toBe(true);
    }
    expect(Object.values(types).filter((type) => type !== "text").length).toBeGreaterThan(100);
  });

  test("declared types mean the same in capitals: nothing is cut to fit", async () => {
    await lake.newWarehouse();
    await lake.put("a.jsonl", '{"v":"abcd","b":"10101","n":"1"}\n{"v":"abc","b":"101","n":"2"}\n');
    const declared = { a: { v: "VARCHAR(3)", b: "BIT(3)", n: "Integer" } };
    await lake.load({ files: { a: "a.jsonl" }, columns: declared, rejects: { max: 1 } });
    expect(await lake.types("raw.a")).toEqual({ b: "bit(3)", n: "integer", v: "character varying(3)" });
    expect(await lake.rows("raw.a")).toEqual([{ b: "101", n: "2", v: "abc" }]);
    const unknown = lake.load({ files: { a: "a.jsonl" }, columns: { a: { v: "numbr" } } });
    await expect(unknown).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringContaining('load.columns.a.v: type numbr: type "numbr" does not exist'),
    });
  });

  test("names that Postgres would cut are refused: two of them could become one table", async () => {
    await lake.newWarehouse();
    await lake.put("a.csv", "a\n1\n");
    const [one, other] = ["ä".repeat(32), "ä".repeat(33)];
    const load = lake.load({ files: { [one]: "a.csv", [other]: "a.csv" } });
    await expect(load).rejects.toMatchObject({ kind: "configuration", code: "NameTooLong" });
    expect(await lake.warehouse.query("SELECT relname FROM pg_class WHERE relname ~ 'ä'")).toEqual([]);
  });

  test("latin1 and UTF-16 without a mark arrive where the manifest says so", async () => {
    await lake.newWarehouse();
    await lake.put("latin1.csv", Buffer.from("a\né\n", "latin1"));
    await lake.put("utf16.csv", Buffer.from("a\né\n", "utf16le"));
    await lake.load({ files: { titles: "latin1.csv" }, format: { csv: { encoding: "latin1" } } });
    expect(await lake.rows("raw.titles")).toEqual([{ a: "é" }]);
    await lake.load({ files: { titles: "utf16.csv" }, format: { csv: { encoding: "utf-16" } } });
    expect(await lake.rows("raw.titles")).toEqual([{ a: "é" }]);
  });
});
