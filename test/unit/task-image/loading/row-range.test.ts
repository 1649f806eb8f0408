import { describe, expect, test } from "vitest";
import { LoadRange } from "#api/load/range.ts";
import { withinRange } from "../../../../task-image/loading/row-range.ts";

const condition = (type: string, bounds: { from?: string; to?: string }) =>
  withinRange({ column: "c", ...bounds }, { name: "c", type });

describe("the condition of a range", () => {
  test("is half-open, and has the bounds that are there", () => {
    expect(condition("date", { from: "2026-11-01", to: "2026-12-01" })).toBe(
      `"c" >= CAST('2026-11-01' AS date) AND "c" < CAST('2026-12-01' AS date)`,
    );
    expect(condition("bigint", { from: "10" })).toBe('"c" >= 10');
    expect(condition("bigint", { to: "-10" })).toBe('"c" < -10');
  });

  test.each([
    ["smallint", "7", "7"],
    ["numeric(38,18)", "+0.000000000000000001", "0.000000000000000001"],
    ["NUMBER(38,0)", "9007199254740993", "9007199254740993"],
    ["date", "2024-02-29", "CAST('2024-02-29' AS date)"],
    ["date", "2026-11-01T00:00:00Z", "CAST('2026-11-01' AS date)"],
    ["date", "2026-11-01T01:00+01:00", "CAST('2026-11-01' AS date)"],
    ["timestamp(3) without time zone", "2026-11-01", "CAST('2026-11-01 00:00:00' AS timestamp without time zone)"],
    [
      "timestamp without time zone",
      "2026-11-01T08:30:15.123450+02:00",
      "CAST('2026-11-01 06:30:15.12345' AS timestamp without time zone)",
    ],
    ["timestamp with time zone", "2026-11-01 08:30", "CAST('2026-11-01 08:30:00+00:00' AS timestamp with time zone)"],
    ["TIMESTAMP_NTZ(9)", "2026-11-01T23:30:00-02:00", "CAST('2026-11-02 01:30:00' AS TIMESTAMP_NTZ)"],
    ["TIMESTAMP_LTZ(9)", "2026-11-01", "CAST('2026-11-01 00:00:00+00:00' AS TIMESTAMP_LTZ)"],
  ])("a bound of %s that is written %s", (type, bound, literal) => {
    expect(condition(type, { from: bound })).toBe(`"c" >= ${literal}`);
  });

  test.each([
    ["date", "2026-02-30"],
    ["date", "2026-11-01T08:30:00Z"],
    ["date", "2026-11-01T00:00:00+02:00"],
    ["date", "42"],
    ["date", "yesterday"],
    ["timestamp without time zone", "2026-11-01T25:00:00Z"],
    ["timestamp with time zone", "now"],
    ["timestamp with time zone", "0000-01-01T00:00:00+02:00"],
    ["integer", "2026-11-01"],
    ["integer", "1e3"],
    ["numeric", "1; DROP TABLE films"],
  ])("a bound of %s cannot be %s", (type, bound) => {
    expect(() => condition(type, { to: bound })).toThrow(`load.range.to: expected a value of ${type}`);
  });

  test.each([
    "text",
    "character varying(10)",
    "double precision",
    "uuid",
    "boolean",
    "time without time zone",
    "VARIANT",
  ])("there is none of %s, which databases may order each in their own way", (type) => {
    expect(() => condition(type, { from: "1" })).toThrow(
      `load.range.column: c is ${type}, expected whole or decimal numbers, dates or timestamps`,
    );
  });

  test.each([
    ["date", "2026-11-01", "2026-11-01"],
    ["date", "2026-11-02", "2026-11-01"],
    ["timestamp with time zone", "2026-11-01T00:00:00+01:00", "2026-10-31T23:00:00Z"],
    ["timestamp without time zone", "2026-11-01T00:00:00.5Z", "2026-11-01T00:00:00.25Z"],
    ["integer", "10", "9"],
    ["integer", "-9", "-10"],
    ["numeric", "1.50", "1.5"],
  ])("of %s cannot be from %s to %s", (type, from, to) => {
    expect(() => condition(type, { from, to })).toThrow(`found from ${from} and to ${to}, which no value lies between`);
  });

  test.each([
    ["integer", "9", "10"],
    ["integer", "-10", "-9"],
    ["numeric", "1.5", "1.51"],
    ["timestamp without time zone", "2026-11-01", "2026-11-01T00:00:00.000001Z"],
    ["timestamp without time zone", "2026-11-01T00:00:00.25", "2026-11-01T00:00:00.5"],
  ])("of %s can be from %s to %s", (type, from, to) => {
    expect(condition(type, { from, to })).toContain(" AND ");
  });
});

describe("what a manifest may write as a bound", () => {
  test.each(["42", "-1.5", "2026-11-01", "2026-11-01T08:30", "2026-11-01 08:30:15.5+02:00", "2026-11-01T08:30:00Z"])(
    "%s",
    (from) => {
      expect(LoadRange.safeParse({ column: "day", from }).success).toBe(true);
    },
  );

  test.each(["", "yesterday", "01.11.2026", "2026-11", "1e3", "2026-11-01T08:30:00 CET", "'", "1\n2"])(
    "not %j",
    (from) => {
      expect(LoadRange.safeParse({ column: "day", from }).success).toBe(false);
    },
  );
});
