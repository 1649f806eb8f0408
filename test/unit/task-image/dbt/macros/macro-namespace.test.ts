import { expect, test } from "vitest";
import { nodeOf, readProject } from "../read-project.ts";

test.each([
  ["context.get('shop', {}).get('own')", "found"],
  ["shop.get('own')", "found"],
  ["shop.get('other')", "lost"],
  ["shop.get('other', 'instead') == 'instead'", "found"],
  ["context.get('elsewhere', {}).get('own')", "lost"],
])("a package is a dict of its macros: %s", (expression, alias) => {
  const project = readProject({
    "macros/own.sql": "{% macro own() %}{% endmacro %}",
    "models/a.sql": `{{ config(alias='found' if ${expression} else 'lost') }} select 1`,
  });
  expect(nodeOf(project, "a").config.alias).toBe(alias);
});
