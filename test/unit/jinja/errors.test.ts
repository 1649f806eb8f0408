import { expect, test } from "vitest";
import { errorOf } from "./render.ts";

/** A template, and the whole error with file, line and column. */
const CASES: readonly (readonly [string, string])[] = [
  ["{{ 1", "t.sql:1:1: what begins here is not closed: '}}' is missing"],
  ["a\n{% if x", "t.sql:2:1: what begins here is not closed: '%}' is missing"],
  ["a\n  {# b", "t.sql:2:3: the comment that begins here is not closed: '#}' is missing"],
  ["{% raw %}x", "t.sql:1:1: the raw block that begins here is not closed: '{% endraw %}' is missing"],
  ["{{ 'abc }}", "t.sql:1:4: the string that begins here is not closed"],
  ["{{ a ? b }}", "t.sql:1:6: the character '?' means nothing here"],
  ["{{ 1) }}", "t.sql:1:5: ')' closes nothing here: nothing is open"],
  ["{{ (1 }}", "t.sql:1:7: '}' closes nothing here: '(' is open"],
  ["{{ a b }}", "t.sql:1:6: expected '}}', found 'b'"],
  ["{{ 1 + }}", "t.sql:1:8: expected an expression, found '}}'"],
  ["{{ }}", "t.sql:1:4: expected an expression, found '}}'"],
  ["{{ a. }}", "t.sql:1:7: expected a name or a number after '.', found '}}'"],
  ["{{ f(a=1, 2) }}", "t.sql:1:11: a keyword argument was given: an argument without a name must stand before it"],
  ["x\n{% if 1 %}\n{% for a in b %}\n{% endfor %}", "t.sql:2:4: 'if' is not closed: '{% endif %}' is missing"],
  ["{% if 1 %}{% endfor %}", "t.sql:1:14: 'endfor' closes nothing here: expected 'elif' or 'else' or 'endif'"],
  ["{% endif %}", "t.sql:1:4: 'endif' closes nothing here: no block is open"],
  ["{% for %}", "t.sql:1:8: expected a name to assign to, found '%}'"],
  ["{% set 1 = 2 %}", "t.sql:1:8: expected a name to assign to, found the number 1"],
  ["{% set none = 2 %}", "t.sql:1:8: 'none' cannot be assigned to"],
  ["{% call 1 %}{% endcall %}", "t.sql:1:9: expected a call of a macro behind 'call'"],
  [
    "{% macro m(a=1, b) %}{% endmacro %}",
    "t.sql:1:17: parameter 'b' needs a default, because the one before it has one",
  ],
  [
    "{% include 'x' %}",
    "t.sql:1:4: the tag 'include' cannot be used: dbt has no include: put the shared part into a macro",
  ],
  ["{{ undefined_x.a }}", "t.sql:1:16: 'undefined_x' is undefined"],
  ["{% set title = 1 %}{{ titel() }}", "t.sql:1:23: 'titel' is undefined; did you mean 'title'?"],
  ["{{ {'a': 1}.b.c }}", "t.sql:1:15: a dict has no attribute or key 'b'"],
  ["{{ 'a' + 1 }}", "t.sql:1:8: '+' does not work between str and int: join texts with '~'"],
  ["{{ [] + 1 }}", "t.sql:1:7: '+' does not work between list and int"],
  ["{{ 'a' < 1 }}", "t.sql:1:8: '<' does not work between str and int"],
  ["{{ 1 is in 5 }}", "t.sql:1:6: an int cannot be looped over: expected a list, tuple, dict or text"],
  ["{{ 10 // 0 }}", "t.sql:1:7: division by zero"],
  ["{{ 10.0 % 0 }}", "t.sql:1:9: division by zero"],
  ["{{ 'a' | uper }}", "t.sql:1:10: there is no filter 'uper'; did you mean 'upper'?"],
  ["{{ 'a' is strng }}", "t.sql:1:8: there is no test 'strng'; did you mean 'string'?"],
  ["{{ 'a'.replace('b') }}", "t.sql:1:8: replace() needs the argument 'new'"],
  ["{{ 'a'.replace('b', 1) }}", "t.sql:1:8: replace() expects text for 'new', found an int"],
  ["{{ 'a' | indent(wdth=2) }}", "t.sql:1:10: filter indent has no argument 'wdth'; did you mean 'width'?"],
  ["{{ 'a'.upper(1) }}", "t.sql:1:8: upper() takes no arguments, found 1"],
  ["{{ 5() }}", "t.sql:1:4: an int, cannot be called"],
  ["{% set x = 1 %}{{ x() }}", "t.sql:1:19: 'x', an int, cannot be called"],
  ["{% for a, b in [(1, 2, 3)] %}{% endfor %}", "t.sql:1:4: 2 names are assigned to, and the value has 3 items"],
  ["{% for x in 5 %}{% endfor %}", "t.sql:1:13: an int cannot be looped over: expected a list, tuple, dict or text"],
  [
    "{% set d = {} %}{% set d.x = 1 %}",
    "t.sql:1:20: only attributes of a namespace can be set, 'd' is a dict: begin with {% set d = namespace() %}",
  ],
  ["{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "t.sql:1:34: macro 'm' takes at most 1 arguments, found 2"],
  ["{% macro m(a) %}{% endmacro %}{{ m(z=2) }}", "t.sql:1:34: macro 'm' has no argument 'z'"],
  ["{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}", "t.sql:1:34: macro 'm' got 'a' twice"],
  ["{% macro m() %}x{% endmacro %}{% call m() %}b{% endcall %}", "t.sql:1:34: macro 'm' has no argument 'caller'"],
  ["{{ return(1) }}", "t.sql:1:4: return() can only be used inside of a macro"],
  ["{{ {[1]: 2} }}", "t.sql:1:4: a list cannot be the key of a dict"],
  ["{{ '%s %s' % (1,) }}", "t.sql:1:12: there are fewer values than directives in the format"],
  ["{{ '{a}'.format(b=1) }}", "t.sql:1:10: the format asks for 'a', which was not given"],
];

test.each(CASES)("%j is refused with its place", (source, expected) => {
  expect(errorOf(source)).toBe(expected);
});

test("an error inside of macros names the macro and every call on the way", () => {
  const source =
    "{% macro inner(x) %}\n  {{ x + 1 }}\n{% endmacro %}\n{% macro outer(y) %}{{ inner(y) }}{% endmacro %}\n\n{{ outer('a') }}";
  expect(errorOf(source)).toBe(
    "t.sql:2:8: '+' does not work between str and int: join texts with '~' (in macro inner, called from t.sql:4:24, in macro outer, called from t.sql:6:4)",
  );
});

test("lines count the same with carriage returns", () => {
  expect(errorOf("a\r\nb\r\n{{ x.y }}")).toBe("t.sql:3:6: 'x' is undefined");
});
