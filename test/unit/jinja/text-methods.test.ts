import { expect, test } from "vitest";
import { render } from "./render.ts";

/** Methods of str as Jinja 3.1 renders them. */
const CASES: readonly (readonly [string, string])[] = [
  ["'aaa'.replace('a', 'b', 1)", "baa"],
  ["'abc'.replace('', '-')", "-a-b-c-"],
  ["'a b c'.split()", "['a', 'b', 'c']"],
  ["' a  b '.split()", "['a', 'b']"],
  ["'a,b,c'.split(',')", "['a', 'b', 'c']"],
  ["'a,b,c'.split(',', 1)", "['a', 'b,c']"],
  ["'a,b,c'.rsplit(',', 1)", "['a,b', 'c']"],
  ["'a b c d'.split(none, 2)", "['a', 'b', 'c d']"],
  ["'a b c d'.rsplit(none, 2)", "['a b', 'c', 'd']"],
  ["'a b  c'.split(' ')", "['a', 'b', '', 'c']"],
  ["'a\\nb\\n'.splitlines()", "['a', 'b']"],
  ["''.splitlines()", "[]"],
  ["'abc'.startswith('a')", "True"],
  ["'abc'.startswith(('x','a'))", "True"],
  ["'abc'.endswith('c')", "True"],
  ["'abc'.find('c')", "2"],
  ["'abc'.find('z')", "-1"],
  ["'abcabc'.rfind('b')", "4"],
  ["'abcabc'.find('b', 2)", "4"],
  ["'abcabc'.count('b')", "2"],
  ["'abc'.partition('b')", "('a', 'b', 'c')"],
  ["'abc'.rpartition('b')", "('a', 'b', 'c')"],
  ["'a-b-c'.rpartition('-')", "('a-b', '-', 'c')"],
  ["'abc'.partition('z')", "('abc', '', '')"],
  ["'abc'.upper()", "ABC"],
  ["'ABC'.lower()", "abc"],
  ["'abc'.title()", "Abc"],
  ["'abc'.isdigit()", "False"],
  ["'123'.isdigit()", "True"],
  ["''.isdigit()", "False"],
  ["'aB'.isupper()", "False"],
  ["'AB1'.isupper()", "True"],
  ["'-'.join(['a','b'])", "a-b"],
  ["'xxabcxx'.strip('x')", "abc"],
  ["'xxabcxx'.lstrip('x')", "abcxx"],
  ["'xxabcxx'.rstrip('x')", "xxabc"],
  ["'abcdef'.removeprefix('abc')", "def"],
  ["'abcdef'.removesuffix('def')", "abc"],
  ["'a b'.split(' ') | map('capitalize') | join(' ')", "A B"],
];

test.each(CASES)("{{ %s }} renders as %j", (source, expected) => {
  expect(render(`{{ ${source} }}`)).toBe(expected);
});
