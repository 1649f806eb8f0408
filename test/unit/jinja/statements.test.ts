import { expect, test } from "vitest";
import { render } from "./render.ts";

/** Statements as Jinja 3.1 renders them. */
const CASES: readonly (readonly [string, string])[] = [
  ["{% set x = 1 %}{{ x }}", "1"],
  ["{% set a, b = 1, 2 %}{{ a }}{{ b }}", "12"],
  ["{% set x %}hello {{ 1 }}{% endset %}[{{ x }}]", "[hello 1]"],
  ["{% set x | upper | replace('E','3') %}hello{% endset %}[{{ x }}]", "[H3LLO]"],
  ["{% if 1 %}a{% elif 2 %}b{% else %}c{% endif %}", "a"],
  ["{% if 0 %}a{% elif 2 %}b{% else %}c{% endif %}", "b"],
  ["{% if 0 %}a{% elif 0 %}b{% else %}c{% endif %}", "c"],
  ["{% for i in [1,2,3] %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}", "1,2,3"],
  ["{% for i in [] %}x{% else %}empty{% endfor %}", "empty"],
  ["{% for k, v in {'a':1,'b':2}.items() %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;"],
  [
    "{% for i in range(6) if i % 2 == 0 %}{{ loop.index }}:{{ i }}/{{ loop.length }} {% endfor %}",
    "1:0/3 2:2/3 3:4/3 ",
  ],
  [
    "{% for i in [1,2,3] %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth }}{{ loop.cycle('a','b') }}|{% endfor %}",
    "1032TrueFalse321a|2121FalseFalse3131b|3210FalseTrue321a|",
  ],
  ["{% for i in [1,1,2] %}{{ loop.changed(i) }}{% endfor %}", "TrueFalseTrue"],
  ["{% set x = 1 %}{% for i in [1,2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}", "15151"],
  ["{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "2"],
  ["{% set ns = namespace(x=1) %}{% for i in [1,2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}", "4"],
  [
    "{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }}|{{ m(1, 3) }}|{{ m(b=5, a=4) }}|{{ m(1, c=9) }}",
    "121|131|454|129",
  ],
  ["{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m() }}", "[]"],
  ["{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, z=3) }}", "(1, 2){'z': 3}"],
  ["{% macro m(a) %}{{ a }}{{ varargs|join(',') }}{% endmacro %}{{ m(*[1,2,3]) }}", "12,3"],
  ["{% macro m(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ m(**{'a':1,'b':2}) }}", "12"],
  ["{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}body{% endcall %}", "<body>"],
  ["{% macro m() %}<{{ caller(1) }}{{ caller(2) }}>{% endmacro %}{% call(x) m() %}b{{ x }}{% endcall %}", "<b1b2>"],
  ["{% macro m() %}{% if caller %}y{% else %}n{% endif %}{% endmacro %}{{ m() }}{% call m() %}b{% endcall %}", "ny"],
  ["{% macro a() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ a() }}{% set x = 2 %}{{ a() }}", "12"],
  ["{% macro fact(n) %}{% if n <= 1 %}1{% else %}{{ n * fact(n-1)|int }}{% endif %}{% endmacro %}{{ fact(5) }}", "120"],
  ["{% for i in [1,2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "12"],
  ["{% do [1].append(2) %}x", "x"],
  ["{% set l = [] %}{% for i in [1,2] %}{% do l.append(i) %}{% endfor %}{{ l }}", "[1, 2]"],
  [
    "{% set l = [3,1] %}{% do l.sort() %}{% do l.extend([5]) %}{% do l.insert(0, 9) %}{{ l.pop() }}{{ l }}{{ l.pop(0) }}{{ l }}",
    "5[9, 1, 3]9[1, 3]",
  ],
  [
    "{% set d = {'a':1} %}{% do d.update({'b':2}) %}{% do d.update(c=3) %}{{ d }}{{ d.pop('a') }}{{ d }}{{ d.setdefault('z', 1) }}{{ d }}",
    "{'a': 1, 'b': 2, 'c': 3}1{'b': 2, 'c': 3}1{'b': 2, 'c': 3, 'z': 1}",
  ],
  ["{% filter upper %}a{{ 'b' }}{% endfilter %}", "AB"],
  ["{% filter replace('a','b') | upper %}a{{ 'b' }}{% endfilter %}", "BB"],
  ["{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}", "12"],
  ["{% with %}{% set q = 2 %}{{ q }}{% endwith %}{{ q }}", "2"],
  ["{% set t = 1, 2 %}{{ t }}", "(1, 2)"],
  ["{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"],
  ["{% for x in nosuch %}a{% else %}b{% endfor %}", "b"],
  ["{% for c in 'abc' %}{{ c }}.{% endfor %}", "a.b.c."],
  ["{% for x in {'a':1} %}{{ x }}{% endfor %}", "a"],
  ["{%if true%}a{%endif%}", "a"],
  ["{% set x = 'a' if false else 'b' %}{{ x }}", "b"],
  [
    "{% set a %}x{% endset %}{% set b = a ~ 'y' %}{{ b|upper }}{{ a is string }}{{ a == 'x' }}{{ a|length }}{{ [a] }}",
    "XYTrueTrue1['x']",
  ],
  [
    "{% macro m() %}v{% endmacro %}{{ m() | upper }}{{ m() ~ 'w' }}{{ [m()] }}{{ m() == 'v' }}{{ m().upper() }}",
    "Vvw['v']TrueV",
  ],
  ["{% macro m() %} v {% endmacro %}[{{ m() | trim }}][{{ m().strip() }}]", "[v][v]"],
  ["{% macro outer() %}{% macro inner() %}i{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}", "i"],
  [
    "{% for i in [1] %}{% for j in [1,2] %}{{ loop.depth }}{{ loop.index }}{% endfor %}{{ loop.depth }}{% endfor %}",
    "11121",
  ],
  ["{% set x = [1,2,3] %}{{ x[0] }}{{ x|first }}{{ x.0 }}", "111"],
  ["{% if not x is defined %}u{% endif %}", "u"],
  ["{% if x is not defined or y %}u{% endif %}", "u"],
  ["{% set x = 5 %}{% macro m(y=x) %}{{ y }}{% endmacro %}{% set x = 6 %}{{ m() }}\n", "6"],
  ["{% macro m(a=1) %}{{ a }}{% endmacro %}{{ m(none) }}{{ m(a=none) }}", "NoneNone"],
  ["{% for x in [none, 1] %}{{ x }}{{ loop.previtem is defined }}{% endfor %}", "NoneFalse1True"],
];

test.each(CASES)("%j renders as %j", (source, expected) => {
  expect(render(source)).toBe(expected);
});
