import { expect, test } from "vitest";
import { CONVERSIONS } from "../../../../../task-image/dbt/context/conversions.ts";
import { renderDbt } from "../../../jinja/dbt-render.ts";

const VALUES = Object.fromEntries(CONVERSIONS);
const fromYaml = (text: string) => renderDbt("{{ fromyaml(text, 'the default') }}", { ...VALUES, text });

// Recorded with fromyaml of dbt-core 1.11.16.
test.each([
  ["a: 2024-01-02", "{'a': datetime.date(2024, 1, 2)}"],
  ["{on: yes, off: 010, null: ~, 1.5: x, 2: y}", "{True: True, False: 8, None: None, 1.5: 'x', 2: 'y'}"],
  ["2024-01-02: x", "{datetime.date(2024, 1, 2): 'x'}"],
  ["t: 2024-1-2 3:04:05.6", "{'t': datetime.datetime(2024, 1, 2, 3, 4, 5, 600000)}"],
  ["a: &x {b: 1}\nc: {<<: *x, d: 2}", "{'a': {'b': 1}, 'c': {'b': 1, 'd': 2}}"],
  ["a: 1\na: 2", "{'a': 2}"],
  ["a: 9007199254740993", "{'a': 9007199254740993}"],
  ["", "None"],
  ["12", "12"],
  ["a: 2024-13-45", "the default"],
  ["? [1, 2]\n: x", "the default"],
  ["[a, b", "the default"],
])("fromyaml(%j)", (text, value) => {
  expect(fromYaml(text)).toBe(value);
});

test.each([
  ["t: 2024-01-02T03:04:05Z", "2024-01-02 03:04:05+00:00"],
  ["t: 2024-01-02 03:04:05 -05:30", "2024-01-02 03:04:05-05:30"],
])("a time of YAML keeps its zone: %j", (text, printed) => {
  expect(renderDbt("{{ fromyaml(text).t }}", { ...VALUES, text })).toBe(printed);
});
