import { expect, test } from "vitest";
import { runtimeConfig } from "../../../../../task-image/dbt/context/runtime-config.ts";
import { ContextValue } from "../../../../../task-image/dbt/values/context-object.ts";
import { parseDbtTemplate } from "../../../../../task-image/jinja/reading/template-parser.ts";
import { renderTemplate } from "../../../../../task-image/jinja/running/interpreter.ts";
import { Scope } from "../../../../../task-image/jinja/running/scope.ts";
import { DictValue } from "../../../../../task-image/jinja/values/dict-value.ts";
import type { Value } from "../../../../../task-image/jinja/values/value.ts";

const FACTS = {
  project_name: "lab",
  version: "1.2",
  vars: { word: "of everything" },
  cli_vars: {},
  dependencies: { tool: { project_name: "tool", version: "0.1" } },
};

function rendered(template: string, values: Readonly<Record<string, Value>>): string {
  const scope = new Scope(undefined, { get: (name) => values[name], names: () => Object.keys(values) });
  return renderTemplate(parseDbtTemplate("t.sql", template), scope).text;
}

test.each([
  ["{{ c.project_name }} {{ c.version }} {{ c.cli_vars }}", "lab 1.2 {}"],
  ["{{ c.vars.to_dict().word }} {{ c.vars.vars.word }}", "of everything of everything"],
  ["{{ c.dependencies['tool'].version }} {{ c.dependencies | list }}", "0.1 ['tool']"],
  ["{{ c.target_name }} {{ c.threads }} {{ c.credentials.schema }}", "dev 4 dbt"],
  ["{{ c.args.which }}{{ ' selected' if c.args.select }}", "build"],
])("the run's configuration has what packages read of it: %s", (template, text) => {
  const target = DictValue.of([
    ["name", "dev"],
    ["threads", 4n],
    ["schema", "dbt"],
  ] as const);
  expect(rendered(template, { c: runtimeConfig(FACTS, { target, flags: [["WHICH", "build"]] }) })).toBe(text);
});

test("what a macro keeps in the context is there for those behind it", () => {
  const written = new Map<string, Value>();
  const context = new ContextValue(
    (name) => written.get(name),
    (name, value) => written.set(name, value),
  );
  const template =
    "{% do context.update({'notes': context.get('notes', []) + [1]}) %}{% do context.update({'notes': context['notes'] + [2]}) %}{{ context.get('notes') }} {{ 'notes' in context }}";
  expect(rendered(template, { context })).toBe("[1, 2] True");
});
