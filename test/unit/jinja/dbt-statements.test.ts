import { describe, expect, test } from "vitest";
import { Budget, DBT_LIMITS } from "../../../task-image/jinja/budget.ts";
import { parseDbtTemplate } from "../../../task-image/jinja/reading/template-parser.ts";
import { bindMacro, renderTemplate } from "../../../task-image/jinja/running/interpreter.ts";
import { Scope } from "../../../task-image/jinja/running/scope.ts";
import { dbtErrorOf, renderDbt } from "./dbt-render.ts";
import { globalScope } from "./global-scope.ts";
import { render } from "./render.ts";

/** Statements as Jinja 3.1 with dbt's extensions renders them. */
const RENDERED: readonly (readonly [string, string])[] = [
  ["{% if 1: %}a{% elif 2: %}b{% else: %}c{% endif %}", "a"],
  ["{% if 0: %}a{% elif 0: %}b{% else: %}c{% endif %}", "c"],
  ["{% for x in [1, 2]: %}{{ x }}{% endfor %}", "12"],
  ["{% macro m(): %}a{% endmacro %}{{ m() }}{% set x: %}1{% endset %}{{ x }}", "a1"],
  ["{% macro m(a: str, b: int = 3) %}{{ a }}{{ b }}{% endmacro %}{{ m('x') }}{{ m('y', b=4) }}", "x3y4"],
  ["{% macro m(a: dict[str, list[str]], b: optional[any] = none) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", "1None"],
  ["{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "13"],
  ["{% for x in [1, 2, 3] %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}", "1"],
  ["{% for a in [1, 2] %}{% for b in [3, 4] %}{{ a }}{{ b }} {% break %}{% endfor %}{% endfor %}", "13 23 "],
  ["{% for x in [1, 2] %}{% with y = x %}{{ y }}{% break %}{% endwith %}{% endfor %}", "1"],
  ["{% for x in [1, 2] %}{% set y %}a{% break %}{% endset %}{{ y }}{% endfor %}", ""],
  // Jinja renders else when no pass came to its end.
  ["{% for x in [1, 2] %}{% break %}{% else %}none{% endfor %}", "none"],
  ["{% for x in [1, 2] %}{% continue %}{% else %}none{% endfor %}", "none"],
  ["{% for x in [1, 2] %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% else %}none{% endfor %}", "1"],
  [
    "{% macro m() %}{% for x in [1, 2] %}{% if x == 2 %}{{ return(x) }}{% endif %}{% endfor %}{% endmacro %}{{ m() + 1 }}",
    "3",
  ],
  ["{{ none | map('upper') | list }}{{ none | select | list }}{{ none | selectattr('a') | list }}", "[][][]"],
  ["{{ [1] | is_list }}{{ (1,) | is_list }}{{ 'a' | is_list }}", "TrueFalseFalse"],
  ["{% snapshot s %}select 1{% endsnapshot %}{% docs d %}text{% enddocs %}x", "x"],
  ["{% materialization a, default %}{% endmaterialization %}{% test t(model) %}{% endtest %}x", "x"],
];

test.each(RENDERED)("%j renders as %j", (source, expected) => {
  expect(renderDbt(source)).toBe(expected);
});

describe("return() leaves the innermost macro", () => {
  const RETURNS: readonly (readonly [string, string])[] = [
    ["{% macro m() %}a{{ return([1, 2]) }}b{% endmacro %}{{ m()[1] }}", "2"],
    ["{% macro m() %}{% do return('r') %}{% endmacro %}{% macro n() %}[{{ m() }}]{% endmacro %}{{ n() }}", "[r]"],
    // In a call block it leaves the macro that was given the block, not the one that the block stands in.
    [
      "{% macro given() %}before{{ caller() }}after{% endmacro %}{% macro m() %}<{% call given() %}{{ return('r') }}{% endcall %}>{% endmacro %}{{ m() }}",
      "<r>",
    ],
  ];

  test.each(RETURNS)("%j renders as %j", (source, expected) => {
    expect(renderDbt(source)).toBe(expected);
  });
});

test("macros have the names that dbt gives them", () => {
  const { body } = parseDbtTemplate(
    "m.sql",
    [
      "{% macro m() %}{% endmacro %}",
      "{% test unique(model, column_name) %}{% endtest %}",
      "{% data_test mine(model) %}{% enddata_test %}",
      "{% materialization view, default %}{% endmaterialization %}",
      "{% materialization table, adapter='redshift', supported_languages=['sql', 'python'] %}{% endmaterialization %}",
      "{% snapshot s %}{% endsnapshot %}",
      "{% docs d %}{% enddocs %}",
    ].join(""),
  );
  expect(body.map((each) => (each.type === "macro" ? [each.kind, each.name] : each.type))).toEqual([
    ["macro", "m"],
    ["test", "test_unique"],
    ["test", "test_mine"],
    ["materialization", "materialization_view_default"],
    ["materialization", "materialization_table_redshift"],
    ["snapshot", "s"],
    ["docs", "d"],
  ]);
});

describe("a macro that is bound to variables", () => {
  const [macro] = parseDbtTemplate(
    "m.sql",
    "{% macro m(a) %}{{ a }}{{ other }}{{ varargs }}{{ kwargs }}{% endmacro %}",
  ).body;
  if (macro?.type !== "macro") throw new Error("expected a macro");

  test("sees them, and nothing of the template that calls it", () => {
    const bound = bindMacro(macro, globalScope([["other", "global"]]));
    const template = parseDbtTemplate("t.sql", "{% set other = 'mine' %}{{ m(1, 2, c=3) }}");
    expect(renderTemplate(template, globalScope([["m", bound]])).text).toBe("1global(2,){'c': 3}");
  });

  test("is charged to the budget of its caller", () => {
    const bound = bindMacro(macro, globalScope([]));
    const budget = new Budget({ ...DBT_LIMITS, steps: 100 });
    const template = parseDbtTemplate("t.sql", "{% for i in range(20) %}{{ m(i) }}{% endfor %}");
    expect(dbtErrorOf(() => renderTemplate(template, globalScope([["m", bound]]), budget))).toContain("100 steps");
  });
});

test("a scope makes values when they are looked up, and a variable that is set stands before them", () => {
  const asked: string[] = [];
  const source = {
    get: (name: string) => {
      asked.push(name);
      return name === "made" || name === "set" ? `${name} here` : undefined;
    },
    names: () => ["made", "set"],
  };
  const template = parseDbtTemplate("t.sql", "{% set set = 1 %}{{ made }} {{ set }}");
  expect(renderTemplate(template, new Scope(undefined, source)).text).toBe("made here 1");
  expect(asked).toEqual(["made"]);
  const misspelt = parseDbtTemplate("t.sql", "{{ mad() }}");
  expect(dbtErrorOf(() => renderTemplate(misspelt, new Scope(undefined, source)))).toContain("did you mean 'made'?");
});

describe("while a project is read, a missing value answers every question with a missing value", () => {
  const lenient = (source: string) => renderDbt(source, {}, { isLenient: true });

  test.each([
    ["[{{ a.b['c'](1, x=2).d }}]", "[]"],
    ["{{ a.b is defined }}{{ {}.x.y.z }}{{ [][0].a }}{% if a.b %}{% endif %}", "False"],
    ["{% for x in a.b %}{% else %}none{% endfor %}", "none"],
    ["{% macro m(p) %}[{{ p.q }}]{% endmacro %}{{ m() }}", "[]"],
  ])("%j renders as %j", (source, expected) => {
    expect(lenient(source)).toBe(expected);
  });

  test("but not in macros of other files, and no arithmetic", () => {
    const [macro] = parseDbtTemplate("m.sql", "{% macro m() %}{{ a.b }}{% endmacro %}").body;
    if (macro?.type !== "macro") throw new Error("expected a macro");
    const globals = globalScope([["m", bindMacro(macro, globalScope([]))]]);
    const call = parseDbtTemplate("t.sql", "{{ m() }}");
    expect(dbtErrorOf(() => renderTemplate(call, globals, new Budget(), { isLenient: true }))).toBe(
      "m.sql:1:21: 'a' is undefined (in macro m, called from t.sql:1:4)",
    );
    expect(dbtErrorOf(() => lenient("{{ a.b + 1 }}"))).toContain("'a' is undefined");
  });
});

describe("errors", () => {
  test.each([
    ["{% break %}", "t.sql:1:4: 'break' stands outside of a loop"],
    ["{% for x in [] %}{% else %}{% continue %}{% endfor %}", "t.sql:1:31: 'continue' stands outside of a loop"],
    [
      "{% for x in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
      "t.sql:1:37: 'break' stands outside of a loop",
    ],
    ["{% materialization m, adaptor='x' %}", "t.sql:1:23: a materialization has no option 'adaptor'"],
    ["{% materialization m, adapter=x %}", "t.sql:1:31: expected the adapter's name as text"],
    ["{% snapshot s %}select 1", "t.sql:1:4: 'snapshot' is not closed: '{% endsnapshot %}' is missing"],
  ])("%j is refused with its place", (source, expected) => {
    expect(dbtErrorOf(() => renderDbt(source))).toBe(expected);
  });

  test("a part of a file has the places of the file", () => {
    const start = { file: "models/a.sql", line: 10, column: 5 };
    const parse = (text: string) => parseDbtTemplate("models/a.sql", text, start);
    expect(dbtErrorOf(() => parse("{% break %}"))).toContain("models/a.sql:10:8:");
    expect(dbtErrorOf(() => parse("x\n {% break %}"))).toContain("models/a.sql:11:5:");
  });
});

describe("budgets of dbt's macros", () => {
  test("a loop over the cells of a seed of 50,000 rows ends", () => {
    const source =
      "{% set n = namespace(cells=0) %}{% for r in range(50000) %}{% for c in range(10) %}{% set n.cells = n.cells + 1 %}{% endfor %}{% endfor %}{{ n.cells }}";
    expect(renderDbt(source)).toBe("500000");
  });

  test.each([
    "{% set l = [] %}{% for i in range(50000) %}{% do l.append(i) %}{% do l.extend([i]) %}{% endfor %}{{ l | length }}",
    "{% set d = {} %}{% for i in range(50000) %}{% do d.update({i: i}) %}{% do d.setdefault(i, 0) %}{{ '' if d.get(i) is none }}{% endfor %}{{ (d | length) * 2 }}",
  ])("a list or a dict that grows costs what is added to it, not what it holds: %s", (source) => {
    expect(render(source)).toBe("100000");
  });

  test("an endless recursion ends with an error on the stack of any thread", () => {
    expect(dbtErrorOf(() => renderDbt("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"))).toContain(
      "macros call each other more than 150 levels deep",
    );
  });
});
