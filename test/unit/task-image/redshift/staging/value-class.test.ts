import { expect, test } from "vitest";
import { classesOf } from "../../../../../task-image/redshift/staging/value-class.ts";

/** The patterns of the classes by which Redshift decides what a value is. */
const PATTERNS = [...classesOf("v").matchAll(/v ~ '([^']*)' THEN/g)].map(([, pattern = ""]) => new RegExp(pattern));

test.each(["true", "FALSE", "12", "2026-02-28", "2026-02-28 06:00:00.5+02"])("%s is of one class", (value) => {
  expect(PATTERNS.filter((pattern) => pattern.test(value))).toHaveLength(1);
});

test("nothing but patterns finds a class: a comparison passes over blanks at the end of a text", () => {
  expect(classesOf("v")).not.toMatch(/ IN \(|LOWER/);
  for (const value of ["true ", "12 ", "2026-02-28 "]) {
    expect(PATTERNS.filter((pattern) => pattern.test(value))).toEqual([]);
  }
});
