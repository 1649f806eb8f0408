import { describe, expect, test } from "vitest";
import { widenedType, widerTypes } from "../../../../../task-image/postgres/publishing/type-widening.ts";

describe("a column is widened within its family, and never narrowed", () => {
  test.each([
    ["smallint", "integer", "integer"],
    ["smallint", "bigint", "bigint"],
    ["integer", "bigint", "bigint"],
    ["bigint", "integer", undefined],
    ["integer", "numeric", undefined],
    ["integer", "text", undefined],
    ["real", "double precision", "double precision"],
    ["double precision", "real", undefined],
    ["numeric(4,2)", "numeric(6,3)", "numeric(6,3)"],
    ["numeric(6,1)", "numeric(4,2)", "numeric(7,2)"],
    ["numeric(10,2)", "numeric(4,2)", "numeric(10,2)"],
    ["numeric(4,-2)", "numeric(4,2)", "numeric(8,2)"],
    ["numeric(4,2)", "numeric", "numeric"],
    ["numeric", "numeric(4,2)", undefined],
    ["character varying(3)", "character varying(5)", "character varying(5)"],
    ["character varying(5)", "character varying(3)", undefined],
    ["character varying(3)", "character varying", "character varying"],
    ["character varying(3)", "text", "text"],
    ["character(3)", "text", undefined],
    ["timestamp(0) without time zone", "timestamp(3) without time zone", "timestamp(3) without time zone"],
    ["timestamp(3) without time zone", "timestamp without time zone", "timestamp without time zone"],
    ["timestamp(3) without time zone", "timestamp(0) without time zone", undefined],
    ["timestamp(0) without time zone", "timestamp(3) with time zone", undefined],
    ["date", "timestamp without time zone", undefined],
  ])("%s for values of %s: %s", (from, to, expected) => {
    expect(widenedType(from, to, "family")).toBe(expected);
  });

  test.each([
    ["smallint", "bigint"],
    ["bigint", undefined],
    ["numeric(4,2)", "numeric"],
    ["numeric", undefined],
    ["character varying(3)", "text"],
    ["text", undefined],
    ["time(0) with time zone", "time with time zone"],
    ["timestamp with time zone", undefined],
    ["date", undefined],
  ])("the widest of the family of %s is %s", (from, expected) => {
    expect(widerTypes(from, "family")).toEqual(expected === undefined ? [] : [expected]);
  });
});

test.each([
  ["bigint", "numeric", "numeric", ["numeric", "text"]],
  ["integer", "bigint", "bigint", ["bigint", "numeric", "text"]],
  ["integer", "text", "text", ["bigint", "numeric", "text"]],
  ["numeric(5,2)", "text", "text", ["numeric", "text"]],
  ["numeric", "text", "text", ["text"]],
  ["date", "timestamp without time zone", "text", ["text"]],
  ["character varying(3)", "text", "text", ["text"]],
] as const)("where it may leave its family, %s becomes %s → %s", (from, to, expected, wider) => {
  expect(widenedType(from, to, "text")).toBe(expected);
  expect(widerTypes(from, "text")).toEqual(wider);
});
