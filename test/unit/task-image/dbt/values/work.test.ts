import { expect, test } from "vitest";
import { CONVERSIONS } from "../../../../../task-image/dbt/context/conversions.ts";
import { readSeed } from "../../../../../task-image/dbt/context/seed-table.ts";
import { ITERTOOLS } from "../../../../../task-image/dbt/values/itertools.ts";
import { RE } from "../../../../../task-image/dbt/values/regular-expressions.ts";
import { Budget, DBT_LIMITS } from "../../../../../task-image/jinja/budget.ts";
import { parseDbtTemplate } from "../../../../../task-image/jinja/reading/template-parser.ts";
import { renderTemplate } from "../../../../../task-image/jinja/running/interpreter.ts";
import { dbtErrorOf } from "../../../jinja/dbt-render.ts";
import { globalScope } from "../../../jinja/global-scope.ts";

const rows = Array.from({ length: 5000 }, (_, row) => `${row},${row % 7}\n`).join("");
const NAMES = [
  ...CONVERSIONS,
  ["re", RE],
  ["it", ITERTOOLS],
  ["t", readSeed("seeds/t.csv", `a,b\n${rows}`, {})],
] as const;
const SET =
  "{% set s = 'a' * 300000 %}{% set l = range(20000)|list %}{% set y = '- a: 1\\n' * 1000 %}{% set j = l|tojson %}";

/** What is done again and again, at a hundred nanoseconds a step or so, until no step is left. */
const STEPS = 2_000_000;

test.each([
  "local_md5(s)",
  "fromjson(j)",
  "fromyaml(y)",
  "tojson({'a': l})",
  "toyaml({'a': l})",
  "zip(l, l)",
  "zip_strict(l, l)",
  "set(l)",
  "set_strict(l)",
  "known.copy()",
  "known.union(l)",
  "known.issubset(l)",
  "known.update(l)",
  "diff_of_two_dicts({'a': l}, {'a': l})",
  "re.match('x', s)",
  "re.findall('a', s)",
  "re.finditer('a', s)",
  "re.sub('a', 'b', s)",
  "re.split('a', s)",
  "re.escape(s)",
  "it.chain(l, l)",
  "it.accumulate(l)",
  "it.compress(l, l)",
  "t.columns",
  "t.select(['a'])",
  "t.limit(4000)",
  "t.order_by('a')",
  "t.merge([t, t])",
  "t.columns['a'].values_without_nulls()",
  "t.columns['a'].values_sorted()",
  "t.columns['b'].values_distinct()",
])("every operation of dbt's values pays for its work: %s", (expression) => {
  const source = `${SET}{% set known = set(l) %}{% for i in range(1000000) %}{% set x = ${expression} %}{% endfor %}`;
  const limits = { ...DBT_LIMITS, steps: STEPS };
  const error = dbtErrorOf(() =>
    renderTemplate(parseDbtTemplate("t.sql", source), globalScope(NAMES), new Budget(limits)),
  );
  expect(error).toMatch(/did not end within|characters of text on the way/);
});
