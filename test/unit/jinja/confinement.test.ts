import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../task-image/jinja/budget.ts";
import { errorOf, render, renderMapped } from "./render.ts";

describe("no object of the host can be reached", () => {
  const NAMES = [
    "constructor",
    "__proto__",
    "prototype",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "length",
    "__class__",
  ];
  const VALUES = ["''", "1", "1.5", "none", "true", "[]", "{}", "(1,)", "namespace()", "range", "''.upper"];

  test.each(NAMES)("the attribute %s is undefined on every kind of value", (name) => {
    for (const value of VALUES) {
      expect(render(`{{ (${value}).${name} is defined }}`), `${value}.${name}`).toBe("False");
      expect(render(`{{ (${value})['${name}'] is defined }}`), `${value}['${name}']`).toBe("False");
    }
  });

  test.each(NAMES)("%s is an ordinary name for keys, variables and attributes", (name) => {
    expect(render(`{{ {'${name}': 1}.${name} }}`)).toBe("1");
    expect(render(`{{ {'${name}': 1}['${name}'] }}`)).toBe("1");
    expect(render(`{% set ${name} = 2 %}{{ ${name} }}`)).toBe("2");
    expect(render(`{% set n = namespace() %}{% set n.${name} = 3 %}{{ n.${name} }}`)).toBe("3");
    expect(render(`{{ ${name} is defined }}`)).toBe("False");
  });

  test.each(["constructor", "__proto__", "hasOwnProperty"])("%s is no filter and no test", (name) => {
    expect(errorOf(`{{ 1 | ${name} }}`)).toContain(`there is no filter '${name}'`);
    expect(errorOf(`{{ 1 is ${name} }}`)).toContain(`there is no test '${name}'`);
  });
});

describe("no template hangs or fills the memory", () => {
  const CASES: readonly (readonly [string, string])[] = [
    ["{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "did not end within"],
    ["{% for a in range(99999999999) %}{% endfor %}", "did not end within"],
    [
      "{% set l = [1] %}{% for a in l %}{% do l.append(a) %}{% endfor %}{% for a in range(1000) %}{% do l.extend(l) %}{% endfor %}",
      "did not end within",
    ],
    ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "macros call each other more than 80 levels deep"],
    ["{% macro m(x=m()) %}{% endmacro %}{{ m() }}", "macros call each other more than 80 levels deep"],
    ["{{ 'a' * 99999999 }}", "a text of 99,999,999 characters is too long"],
    [
      "{% set ns = namespace(x='aa') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
      "is too long",
    ],
    ["{{ ('a' * 1000000) | replace('a', 'b' * 1000000) }}", "is too long"],
    ["{{ 'a'.ljust(99999999999) }}", "is too long"],
    ["{{ '%99999999d' % 1 }}", "directive"],
    ["{{ '%9999999d' % 1 }}", "is too long"],
    ["{{ (['a' * 1000000] * 100) | join }}", "is too long"],
    ["{% for i in range(5000) %}{{ 'a' * 1000 }}{% endfor %}", "is too long"],
    ["{{ 2 ** 99999999 }}", "16384 bits is too large"],
    ["{{ 2 ** 10000 * 2 ** 10000 }}", "16384 bits is too large"],
    ["{% set l = [] %}{% do l.append(l) %}{{ l }}", "a list that holds itself"],
    [
      "{% set l = [] %}{% do l.append(l) %}{% set k = [] %}{% do k.append(k) %}{{ l == k }}",
      "a list that holds itself",
    ],
    ["{% set l = [] %}{% do l.append(l) %}{{ l | tojson }}", "a list that holds itself"],
    [
      "{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l }}",
      "a list that holds itself",
    ],
    [`{{ ${"(".repeat(5000)}1${")".repeat(5000)} }}`, "nested more than 100 levels deep"],
    [`{{ ${"not ".repeat(5000)}1 }}`, "nested more than 100 levels deep"],
    [`{{ 1${" + 1".repeat(5000)} }}`, "more than 500 operators in a row"],
    [`{{ x${".a".repeat(5000)} }}`, "more than 500 operators in a row"],
    [`${"{% if 1 %}".repeat(5000)}`, "nested more than 100 levels deep"],
  ];

  test.each(CASES.map(([source, expected]) => [source.slice(0, 80), source, expected]))("%s", (_, source, expected) => {
    expect(errorOf(source)).toContain(expected);
  });

  const LONG = "{% set s = 'a' * 4000000 %}";
  const AGAIN = "{% for i in range(1000000) %}{% set x = ";
  const looped = (expression: string, before = LONG) => `${before}${AGAIN}${expression} %}{% endfor %}`;
  const ITEMS = "{% set l = range(100000)|list %}";

  test.each([
    looped("s[5]"),
    looped("s[1:]"),
    looped("s|length"),
    looped("s.split('a')"),
    looped("s.strip('a')"),
    looped("s.rsplit(none, 1000000)", "{% set s = 'a ' * 2000000 %}"),
    looped("s|title"),
    looped("s|wordcount", "{% set s = 'a ' * 2000000 %}"),
    looped("s|reverse"),
    looped("s|float", "{% set s = '1' * 4000000 ~ 'x' %}"),
    looped("('b' ~ s[:2000000]) in s"),
    looped("s.find('b' ~ 'a' * 100000)"),
    looped("a == s", "{% set a = 'a' * 3999999 ~ 'b' %}{% set s = 'a' * 4000000 %}"),
    looped("s.splitlines()", "{% set s = '\\n' * 4000000 %}"),
    looped("s|capitalize"),
    looped("5000000 in l", ITEMS),
    looped("l|sort", ITEMS),
    looped("l == l", ITEMS),
    looped("l[::1]", ITEMS),
    looped("x ** 1", "{% set x = 2 ** 8000 %}"),
    looped("l|unique|list", ITEMS),
    "{{ [1]|batch(10 ** 12, 0)|list|length }}",
    "{% set l = [['a' * 1000000] * 1000] * 1000 %}{{ l }}",
    "{% set l = [['a' * 1000000] * 1000] * 1000 %}{{ l|tojson }}",
  ])("every operation pays for its work: %s", (source) => {
    expect(errorOf(source)).toMatch(/did not end within|characters of text on the way/);
  });

  test("a key made of tuples in tuples is no longer than what is in them", () => {
    const nested = "{% set n = namespace(t=('\"',)) %}{% for i in range(60) %}{% set n.t = (n.t,) %}{% endfor %}";
    expect(render(`${nested}{{ {n.t: 1}[n.t] }}`)).toBe("1");
  });

  test("steps and output are bounded by the limits that are given", () => {
    const limits = { ...LIMITS, steps: 100, text: 10 };
    expect(renderMapped("0123456789", limits).text).toBe("0123456789");
    expect(errorOf("0123456789a", limits)).toContain("10 are allowed");
    expect(errorOf("{% for i in range(60) %}{% set x = i %}{% endfor %}", limits)).toContain("within 100 steps");
  });
});
