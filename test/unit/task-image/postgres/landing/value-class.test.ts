import { expect, test } from "vitest";
import { CLASS, typeOfClasses } from "../../../../../task-image/postgres/landing/value-class.ts";

test.each([
  [[], "text"],
  [["none"], "text"],
  [["bigint", "none"], "bigint"],
  [["bigint", "numeric"], "numeric"],
  [["boolean"], "boolean"],
  [["boolean", "bigint"], "text"],
  [["date"], "date"],
  [["date", "timestamp"], "text"],
  [["timestamp", "timestamptz"], "text"],
  [["numeric", "text"], "text"],
  [["json", "none"], "jsonb"],
  [["json", "text"], "jsonb"],
] as const)("a column whose values are %j is %s", (classes, type) => {
  expect(typeOfClasses(classes.reduce((all, name) => all | CLASS[name], 0))).toBe(type);
});
