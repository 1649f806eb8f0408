import { describe, expect, test } from "vitest";
import { CONVERSIONS } from "../../../../../task-image/dbt/context/conversions.ts";
import { RE } from "../../../../../task-image/dbt/values/regular-expressions.ts";
import { Budget, DBT_LIMITS } from "../../../../../task-image/jinja/budget.ts";
import { parseDbtTemplate } from "../../../../../task-image/jinja/reading/template-parser.ts";
import { renderTemplate } from "../../../../../task-image/jinja/running/interpreter.ts";
import { dbtErrorOf, renderDbt } from "../../../jinja/dbt-render.ts";
import { globalScope } from "../../../jinja/global-scope.ts";

const VALUES = { ...Object.fromEntries(CONVERSIONS), re: RE };
const render = (source: string) => renderDbt(source, VALUES);
const within = (source: string, steps: number) =>
  renderTemplate(
    parseDbtTemplate("t.sql", source),
    globalScope(Object.entries(VALUES)),
    new Budget({ ...DBT_LIMITS, steps }),
  );

describe("what ends a rendering is answered by no default", () => {
  test.each([
    "fromjson('[' ~ '1,' * 400000 ~ '1]', [])",
    "fromyaml('- 1\\n' * 10000, [])",
    "tojson(range(1000000), '')",
    "set(range(1000000), [])",
    "zip(range(1000000), default=[])",
    "try_or_compiler_error('own words', re.findall, 'a', 'a' * 900000)",
  ])("%s", (expression) => {
    expect(dbtErrorOf(() => within(`{{ ${expression} }}`, 1_000_000))).toContain("did not end within 1,000,000 steps");
  });

  test.each([
    ["fromjson('{', 'none')", "none"],
    ["fromyaml('a: b: c', 'none')", "none"],
    ["set(1, 'none')", "none"],
    ["zip(1, default='none')", "none"],
  ])("a default is answered for what cannot be made: %s", (expression, text) => {
    expect(render(`{{ ${expression} }}`)).toBe(text);
  });

  test("a macro that fails is told in the caller's words, one that does not end is not", () => {
    const macros = "{% macro bad() %}{{ [1][7].x }}{% endmacro %}{% macro loop() %}{{ loop() }}{% endmacro %}";
    expect(dbtErrorOf(() => render(`${macros}{{ try_or_compiler_error('own words', bad) }}`))).toContain("own words");
    const endless = dbtErrorOf(() => render(`${macros}{{ try_or_compiler_error('own words', loop) }}`));
    expect(endless).toContain("macros call each other more than 150 levels deep");
  });
});
