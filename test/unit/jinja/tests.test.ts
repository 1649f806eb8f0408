import { expect, test } from "vitest";
import { render } from "./render.ts";

/** Tests as Jinja 3.1 renders them. */
const CASES: readonly (readonly [string, string])[] = [
  ["5 is divisibleby 5 and 1", "1"],
  ["(1 if false) is defined", "False"],
  ["undefined_x is defined", "False"],
  ["undefined_x is not defined", "True"],
  ["undefined_x is undefined", "True"],
  ["3 is odd", "True"],
  ["4 is even", "True"],
  ["6 is divisibleby 3", "True"],
  ["6 is divisibleby(4)", "False"],
  ["'a' is string", "True"],
  ["1 is number", "True"],
  ["1 is integer", "True"],
  ["1.0 is float", "True"],
  ["1.0 is integer", "False"],
  ["true is integer", "False"],
  ["true is boolean", "True"],
  ["true is number", "True"],
  ["true is true", "True"],
  ["none is none", "True"],
  ["{} is mapping", "True"],
  ["[] is sequence", "True"],
  ["'a' is sequence", "True"],
  ["{} is sequence", "True"],
  ["[] is iterable", "True"],
  ["1 is iterable", "False"],
  ["1 is sameas 1", "True"],
  ["'abc' is lower", "True"],
  ["'ABC' is upper", "True"],
  ["1 is in [1,2]", "True"],
  ["1 is eq 1", "True"],
  ["1 is ne 1", "False"],
  ["1 is gt 0", "True"],
  ["1 is lessthan 0", "False"],
  ["1 is not none and 2 is not none", "True"],
  ["range is callable", "True"],
  ["'a'.b is defined", "False"],
  ["1 is string", "False"],
  ["'x' is in 'xyz'", "True"],
  ["'a' if none is none else 'b'", "a"],
  ["{'a': none}.a is none", "True"],
  ["{'a': none}['a'] is none", "True"],
  ["[none][0] is none", "True"],
];

test.each(CASES)("{{ %s }} renders as %j", (source, expected) => {
  expect(render(`{{ ${source} }}`)).toBe(expected);
});
