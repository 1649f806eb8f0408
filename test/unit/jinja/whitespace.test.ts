import { expect, test } from "vitest";
import { render } from "./render.ts";

/** White space, comments and raw blocks as Jinja 3.1 renders them. */
const CASES: readonly (readonly [string, string])[] = [
  ["{{ 1 -}} ", "1"],
  ["{{ {'a': {'b': 1}}}}", "{'a': {'b': 1}}"],
  ["{% raw %}{{ x }}{% if %}{% endraw %}", "{{ x }}{% if %}"],
  ["a {%- raw -%} {{ x }} {%- endraw -%} b", "a{{ x }}b"],
  ["a {# comment #} b", "a  b"],
  ["a {#- comment -#} b", "ab"],
  ["a {#- multi\nline {{ x }} -#}\n b", "ab"],
  ["a\n{% if true %}\nb\n{% endif %}\nc", "a\n\nb\n\nc"],
  ["a\n{%- if true -%}\nb\n{%- endif -%}\nc", "abc"],
  ["a\n{%- if true %}\nb\n{%- endif %}\nc\n", "a\nb\nc"],
  ["  {{- 1 -}}  \nx", "1x"],
  ["  {%+ if true +%} a {% endif %}", "   a "],
  ["\nleading", "\nleading"],
  ["trailing\n", "trailing"],
  ["{% if true -%} a {%- endif %} b", "a b"],
  ["{% macro m(x) -%} {{ x }} {%- endmacro %}[{{ m('q') }}]", "[q]"],
  ['{{ "a\\\nb" }}', "ab"],
  ["{{ 'multi\nline' }}", "multi\nline"],
  ["a{% if true %}\n\nb{% endif %}", "a\n\nb"],
  ["{% set a, b = none, 2 %}{{ a }}{{ b }}\n", "None2"],
];

test.each(CASES)("%j renders as %j", (source, expected) => {
  expect(render(source)).toBe(expected);
});
