import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lake, startLake } from "../../support/loads/load-files.ts";
import { parquetFilesOf } from "../../support/loads/parquet-writers.ts";

/** A column in Python, and what Postgres then has: type, and each value as text. */
const TYPES: readonly (readonly [what: string, column: string, type: string, values: readonly (string | null)[]])[] = [
  ["truth values", "pa.array([True, None])", "boolean", ["t", null]],
  ["small numbers", "pa.array([-128, 127], pa.int8())", "smallint", ["-128", "127"]],
  ["unsigned numbers of 16 bits", "pa.array([65535, 0], pa.uint16())", "integer", ["65535", "0"]],
  ["unsigned numbers of 32 bits", "pa.array([4294967295, 0], pa.uint32())", "bigint", ["4294967295", "0"]],
  [
    "unsigned numbers of 64 bits",
    "pa.array([2**64-1, 0], pa.uint64())",
    "numeric(20,0)",
    ["18446744073709551615", "0"],
  ],
  ["numbers of half precision", "pa.array([1.5, -65504.0], pa.float16())", "real", ["1.5", "-65504"]],
  ["numbers of single precision", "pa.array([0.1, float('nan')], pa.float32())", "real", ["0.1", "NaN"]],
  ["numbers of double precision", "pa.array([0.1, float('-inf')])", "double precision", ["0.1", "-Infinity"]],
  ["decimals of 9 digits", "pa.array([D('1.50'), D('-2.25')], pa.decimal128(9, 2))", "numeric(9,2)", ["1.50", "-2.25"]],
  [
    "decimals of 38 digits",
    "pa.array([D('9'*36 + '.99'), D('-0.02')], pa.decimal128(38, 2))",
    "numeric(38,2)",
    [`${"9".repeat(36)}.99`, "-0.02"],
  ],
  ["days", "pa.array([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)])", "date", ["0001-01-01", "9999-12-31"]],
  ["days in milliseconds", "pa.array([datetime.date(2026, 2, 28), None], pa.date64())", "date", ["2026-02-28", null]],
  [
    "times of a day in milliseconds",
    "pa.array([86399999, None], pa.time32('ms'))",
    "time without time zone",
    ["23:59:59.999", null],
  ],
  [
    "times of a day in microseconds",
    "pa.array([1, None], pa.time64('us'))",
    "time without time zone",
    ["00:00:00.000001", null],
  ],
  [
    "times in seconds",
    "pa.array([1001, None], pa.timestamp('s'))",
    "timestamp without time zone",
    ["1970-01-01 00:16:41", null],
  ],
  [
    "times without a zone",
    "pa.array([-1, None], pa.timestamp('us'))",
    "timestamp without time zone",
    ["1969-12-31 23:59:59.999999", null],
  ],
  [
    "times of UTC",
    "pa.array([0, None], pa.timestamp('us', tz='UTC'))",
    "timestamp with time zone",
    ["1970-01-01 00:00:00+00", null],
  ],
  [
    "times of a zone, which Parquet keeps as UTC",
    "pa.array([0, None], pa.timestamp('ms', tz='Europe/Berlin'))",
    "timestamp with time zone",
    ["1970-01-01 00:00:00+00", null],
  ],
  [
    "whole microseconds in nanoseconds",
    "pa.array([1000, None], pa.timestamp('ns'))",
    "timestamp without time zone",
    ["1970-01-01 00:00:00.000001", null],
  ],
  ["categories", "pa.array(['a', 'b']).dictionary_encode()", "text", ["a", "b"]],
  ["large strings", "pa.array(['a\\tb', ''], pa.large_string())", "text", ["a\tb", ""]],
  ["views of strings", "pa.array(['é😀', None], pa.string_view())", "text", ["é😀", null]],
  ["bytes", "pa.array([b'\\x00\\xff', b''])", "bytea", ["\\x00ff", "\\x"]],
  ["views of bytes", "pa.array([b'a', None], pa.binary_view())", "bytea", ["\\x61", null]],
  ["bytes of one length", "pa.array([b'ab', None], pa.binary(2))", "bytea", ["\\x6162", null]],
  ["UUIDs", "pa.array([b'0123456789abcdef', None], pa.uuid())", "uuid", ["30313233-3435-3637-3839-616263646566", null]],
  ["JSON", "pa.array(['{\"a\": 1.10}', None], pa.json_())", "jsonb", ['{"a": 1.10}', null]],
  ["nothing but NULL", "pa.nulls(2)", "integer", [null, null]],
  ["lists", "pa.array([[1, None], []])", "jsonb", ["[1, null]", "[]"]],
  ["lists of one length", "pa.array([[1, 2], None], pa.list_(pa.int64(), 2))", "jsonb", ["[1, 2]", null]],
  [
    "lists of large unsigned numbers",
    "pa.array([[2**64-1], None], pa.list_(pa.uint64()))",
    "jsonb",
    ["[18446744073709551615]", null],
  ],
  [
    "lists of decimals",
    "pa.array([[D('12345678901234567890123456789012345.678')], None], pa.list_(pa.decimal128(38, 3)))",
    "jsonb",
    ["[12345678901234567890123456789012345.678]", null],
  ],
  [
    "lists of nanoseconds",
    "pa.array([[1001], None], pa.list_(pa.timestamp('ns')))",
    "jsonb",
    ['["1970-01-01 00:00:00.000001001"]', null],
  ],
  [
    "structs",
    "pa.array([{'d': datetime.date(2026, 1, 1), 't': 'x', 'n': None}, None])",
    "jsonb",
    ['{"d": "2026-01-01", "n": null, "t": "x"}', null],
  ],
  [
    "maps",
    "pa.array([[('k', 1), ('l', 2)], None], pa.map_(pa.string(), pa.int64()))",
    "jsonb",
    ['{"k": 1, "l": 2}', null],
  ],
  [
    "maps and lists of maps in a struct",
    "pa.array([{'m': [('k', [[('l', 1)], [('l', 2)]])]}, {'m': None}], pa.struct([('m', pa.map_(pa.string(), pa.list_(pa.map_(pa.string(), pa.int64()))))]))",
    "jsonb",
    ['{"m": {"k": [{"l": 1}, {"l": 2}]}}', '{"m": null}'],
  ],
];

/** A column that cannot be carried exactly: how its file is written, and what the failure says. */
const REFUSED: readonly (readonly [what: string, column: string, code: string, says: string])[] = [
  [
    "decimals of 39 digits",
    "pa.array([D('1.50')], pa.decimal256(39, 2))",
    "UnreadableDecimal",
    "column x holds decimals of 39 digits, 2 of them",
  ],
  [
    "decimals of 76 digits",
    "pa.array([D('1.50')], pa.decimal256(76, 2))",
    "UnreadableDecimal",
    "column x holds decimals of 76 digits",
  ],
  [
    "a list of such",
    "pa.array([[D('1.50')]], pa.list_(pa.decimal256(39, 2)))",
    "UnreadableDecimal",
    "column x.list.element holds",
  ],
  [
    "a struct of such",
    "pa.array([{'a': D('1.50')}], pa.struct([('a', pa.decimal256(39, 2))]))",
    "UnreadableDecimal",
    "column x.a holds",
  ],
  [
    "a map of such",
    "pa.array([[('k', D('1'))]], pa.map_(pa.string(), pa.decimal256(39, 2)))",
    "UnreadableDecimal",
    "column x.key_value.value holds",
  ],
  ["nanoseconds", "pa.array([1001], pa.timestamp('ns'))", "NanosecondsCut", "column x holds"],
  [
    "nanoseconds of UTC",
    "pa.array([1000], pa.timestamp('ns', tz='UTC'))",
    "NanosecondsCut",
    "column x holds times in nanoseconds (of UTC",
  ],
  ["nanoseconds of a day", "pa.array([1001], pa.time64('ns'))", "NanosecondsCut", "column x holds"],
  [
    "a list of nanoseconds of UTC",
    "pa.array([[1]], pa.list_(pa.timestamp('ns', tz='UTC')))",
    "NanosecondsCut",
    "column x.list.element holds",
  ],
  [
    "a map with a key twice",
    "pa.array([[('k', 1), ('k', 2)]], pa.map_(pa.string(), pa.int64()))",
    "RepeatedKey",
    "column x holds a map with a key twice",
  ],
  [
    "a list of such maps",
    "pa.array([[[('k', 1), ('k', 2)]]], pa.list_(pa.map_(pa.string(), pa.int64())))",
    "RepeatedKey",
    "column x holds a map with a key twice",
  ],
  [
    "a map of such maps",
    "pa.array([[('a', [('k', 1), ('k', 2)])]], pa.map_(pa.string(), pa.map_(pa.string(), pa.int64())))",
    "RepeatedKey",
    "column x holds a map with a key twice",
  ],
  [
    "a struct with such a map in a list",
    `pa.array([{'a "b': [{"it's": [('k', 1), ('k', 2)]}]}], pa.struct([('a "b', pa.list_(pa.struct([("it's", pa.map_(pa.string(), pa.int64()))])))]))`,
    "RepeatedKey",
    "column x holds a map with a key twice",
  ],
  [
    "a struct of names that differ in case alone",
    "pa.array([[{'a': 1, 'A': 2}]], pa.list_(pa.struct([('a', pa.int64()), ('A', pa.int64())])))",
    "RepeatedKey",
    "(x.list.element.a, x.list.element.A)",
  ],
  ["NaN in a list", "pa.array([[1.5, float('nan')]])", "NoJsonNumber", "column x holds NaN or infinity in a list"],
  [
    "infinity in a struct in a map",
    "pa.array([[('k', {'a': float('-inf')})]], pa.map_(pa.string(), pa.struct([('a', pa.float32())])))",
    "NoJsonNumber",
    "column x holds NaN or infinity",
  ],
  [
    "a time beyond the calendar",
    "pa.array([-2**63 + 9], pa.timestamp('us'))",
    "ValueOutOfRange",
    "column x holds a value",
  ],
];

/** What of these is whole where the column is declared as text. */
const WHOLE_AS_TEXT: Readonly<Record<string, string>> = {
  nanoseconds: "1970-01-01 00:00:00.000001001",
  "nanoseconds of a day": "00:00:00.000001001",
  "NaN in a list": "[1.5,NaN]",
  "infinity in a struct in a map": '{"k":{"a":-Infinity}}',
};

const SCRIPT = [
  `write("types", {${TYPES.map(([, column], index) => `"c${index}": ${column}`).join(", ")}})`,
  ...REFUSED.map(([, column], index) => `write("refused${index}", {"n": pa.array([1]), "x": ${column}})`),
  `write("int96", {"x": pa.array([1001], pa.timestamp('ns'))}, use_deprecated_int96_timestamps=True)`,
  `write("unnamed", {"": pa.array([1]), "b": pa.array([2])})`,
  `write("unmarked", {"x": pa.array([b'\\xc3\\xa9\\t\\\\', None, b''])})`,
  `write("nottext", {"x": pa.array([b'\\xff'])})`,
  `pl.DataFrame({"d": [D('1.50')], "t": ['x'], "c": pl.Series(['a'], dtype=pl.Categorical), "e": pl.Series(['lo'], dtype=pl.Enum(['lo', 'hi'])),
    "at": [datetime.datetime(2026, 1, 1)], "l": [[1, 2]], "s": [{"a": 1}], "u": pl.Series([255], dtype=pl.UInt8), "i": pl.Series([2**100], dtype=pl.Int128).cast(pl.String)}).write_parquet(f"{directory}/polars.parquet")`,
].join("\n");

let lake: Lake;
let fileOf: Awaited<ReturnType<typeof parquetFilesOf>>;

beforeAll(async () => {
  fileOf = await parquetFilesOf(SCRIPT);
  lake = await startLake();
}, 300_000);
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

async function put(name: string): Promise<{ readonly files: { readonly t: string } }> {
  await lake.put(`${name}.parquet`, await fileOf(name));
  return { files: { t: `${name}.parquet` } };
}

describe("Parquet of pyarrow", () => {
  test("every type arrives exactly as its writer says it", async () => {
    await lake.load(await put("types"));
    const found = await lake.rows("raw.t");
    const types = await lake.types("raw.t");
    const seen = TYPES.map(([what], index) => [what, types[`c${index}`], found.map((row) => row[`c${index}`])]);
    expect(seen).toEqual(TYPES.map(([what, , type, values]) => [what, type, values]));
  });

  test.each(REFUSED.map((row, index) => [...row, index] as const))(
    "%s cannot be carried exactly: refused with the column",
    async (what, _column, code, says, index) => {
      const files = await put(`refused${index}`);
      await expect(lake.load(files)).rejects.toMatchObject({
        kind: "data",
        code,
        message: expect.stringContaining(says),
      });
      // Another type is no way around it, unless the reader has the whole value and the column takes any text.
      const declared = lake.load({ ...files, columns: { t: { x: "text" } } });
      const whole = WHOLE_AS_TEXT[what];
      if (whole === undefined) return await expect(declared).rejects.toMatchObject({ code });
      await declared;
      expect((await lake.rows("raw.t")).map(({ x }) => x)).toEqual([whole]);
    },
  );

  test("INT96 is refused with its column, and read in microseconds when that is asked for", async () => {
    const files = await put("int96");
    await expect(lake.load(files)).rejects.toMatchObject({ code: "NanosecondsCut" });
    await lake.load({ ...files, format: { parquet: { nanoseconds: "cut" } } });
    expect(await lake.rows("raw.t")).toEqual([{ x: "1970-01-01 00:00:00.000001" }]);
  });

  test("a column without a name is called by its number", async () => {
    await lake.load(await put("unnamed"));
    expect(await lake.rows("raw.t")).toEqual([{ column_1: "1", b: "2" }]);
  });

  test("bytes without a mark are text when the load asks for that, and those that are not text are refused", async () => {
    const text = { format: { parquet: { binary: "text" } } } as const;
    await lake.load({ ...(await put("unmarked")), ...text });
    expect(await lake.types("raw.t")).toEqual({ x: "text" });
    expect(await lake.rows("raw.t")).toEqual([{ x: "é\t\\" }, { x: null }, { x: "" }]);
    await expect(lake.load({ ...(await put("nottext")), ...text })).rejects.toMatchObject({
      code: "NotText",
      message: expect.stringContaining("column x holds bytes that are not UTF-8"),
    });
  });
});

test("Parquet of polars arrives as it is", async () => {
  await lake.load(await put("polars"));
  expect(await lake.rows("raw.t")).toEqual([
    {
      d: "1.50",
      t: "x",
      c: "a",
      e: "lo",
      at: "2026-01-01 00:00:00",
      l: "[1, 2]",
      s: '{"a": 1}',
      u: "255",
      i: String(2n ** 100n),
    },
  ]);
});
