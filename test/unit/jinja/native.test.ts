import { expect, test } from "vitest";
import { toSource } from "../../../task-image/jinja/values/text-form.ts";
import { dbtErrorOf, nativeDbt } from "./dbt-render.ts";

const VALUES = { n: 5n, digits: "5", flag: true, list: [1n], code: "[1, 'a', (-2.5, None)]", word: "yes" };

/** A template in YAML, and the value that dbt gives it, as Python writes it. */
const CASES: readonly (readonly [string, string])[] = [
  ["", "''"],
  ["text", "'text'"],
  ["{{ n }}", "5"],
  ["{{ flag }}", "True"],
  ["{{ list }}", "[1]"],
  ["{{ none if n else 1 }}", "None"],
  ["{{ n == 5 }}", "True"],
  ["a{{ n }}", "'a5'"],
  ["{{ n }}{{ n }}", "'55'"],
  ["{% if flag %}{{ n }}{% endif %}", "5"],
  ["{{ digits }}", "'5'"],
  // What is written in the template is text.
  ["{{ 1 }}", "'1'"],
  ["{{ true }}", "'True'"],
  ["{{ digits | as_number }}", "5"],
  ["{{ n | as_number }}", "5"],
  ["{{ 'True' | as_bool }}", "True"],
  ["{{ n | as_text }}", "'5'"],
  ["{{ code | as_native }}", "[1, 'a', (-2.5, None)]"],
  ["{{ word | as_native }}", "'yes'"],
  ["{{ \"{'a': {'b': 1}}\" | as_native }}", "{'a': {'b': 1}}"],
];

test.each(CASES)("%s has the value %s", (source, expected) => {
  expect(toSource(nativeDbt(source, VALUES))).toBe(expected);
});

test.each([
  ["{{ word | as_bool }}", "t.sql:1:11: expected a bool, found 'yes'"],
  ["{{ flag | as_number }}", "t.sql:1:11: expected a number, found True"],
])("%s is refused", (source, expected) => {
  expect(dbtErrorOf(() => nativeDbt(source, VALUES))).toBe(expected);
});
