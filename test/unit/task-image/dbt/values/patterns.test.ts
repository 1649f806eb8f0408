import { describe, expect, test } from "vitest";
import { datetimeModule } from "../../../../../task-image/dbt/values/datetime-module.ts";
import { RE } from "../../../../../task-image/dbt/values/regular-expressions.ts";
import { Budget, DBT_LIMITS, type Limits } from "../../../../../task-image/jinja/budget.ts";
import { parseDbtTemplate } from "../../../../../task-image/jinja/reading/template-parser.ts";
import { renderTemplate } from "../../../../../task-image/jinja/running/interpreter.ts";
import { dbtErrorOf, renderDbt } from "../../../jinja/dbt-render.ts";
import { globalScope } from "../../../jinja/global-scope.ts";

const VALUES = { re: RE, datetime: datetimeModule({ micros: () => 0n } as never) };
const render = (source: string) => renderDbt(source, VALUES);
const within = (source: string, limits: Partial<Limits>) =>
  renderTemplate(
    parseDbtTemplate("t.sql", source),
    globalScope(Object.entries(VALUES)),
    new Budget({ ...DBT_LIMITS, ...limits }),
  );

describe("a pattern", () => {
  test("that doubles its time with each character ends with the place and the pattern", () => {
    const source = "select 1\n{{ re.match('(a+)+$', 'a' * 64 ~ 'b') }}";
    expect(dbtErrorOf(() => within(source, { operationMs: 300 }))).toMatch(
      /^t\.sql:2:7: the pattern '\(a\+\)\+\$' takes more than 0\.3 seconds for a text of 65 characters: repeat no group/,
    );
  });

  test.each([
    ["re.sub('(.+) (.+)', '\\\\2 \\\\1', 'a b' * 100)|length", "300"],
    ["re.match('(?P<y>\\\\d+)-(?P<m>\\\\d+)', '2026-11').groupdict()", "{'y': '2026', 'm': '11'}"],
    ["re.findall('(?i)(?:ab|cd)+', 'abCD' * 50)|length", "1"],
    ["re.split('(?:,|;)+', 'a,;b,c;d' * 40)|length", "121"],
    ["re.subn('(?:a|b)*', '-', 'abxab', 1)", "('-xab', 1)"],
    ["re.fullmatch('(a+)+', 'a' * 30) is none", "False"],
  ])("that is watched means the same: %s", (expression, text) => {
    expect(render(`{{ ${expression} }}`)).toBe(text);
  });

  test("pays for the processor's time that it took", () => {
    const source = "{% for i in range(1000) %}{{ re.search('(a|aa)+$', 'a' * 26 ~ 'b') }}{% endfor %}";
    expect(dbtErrorOf(() => within(source, { steps: 2_000_000 }))).toContain("did not end within 2,000,000 steps");
  });

  test("of a time has each directive once, so that digits are not shared in many ways", () => {
    const source = "{{ datetime.datetime.strptime('1' * 60, '%f%f%f%f%f%f%f%f%f%f%f%fx') }}";
    expect(dbtErrorOf(() => render(source))).toContain("the directive '%f' stands twice");
  });
});
