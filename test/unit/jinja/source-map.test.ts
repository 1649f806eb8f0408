import { expect, test } from "vitest";
import { formatFrames, formatPosition } from "../../../task-image/jinja/position.ts";
import type { Rendering } from "../../../task-image/jinja/running/rendering.ts";
import { renderMapped } from "./render.ts";

/** Where the first occurrence of a part of the rendered text came from. */
function placeOf(rendering: Rendering, part: string): string {
  const offset = rendering.text.indexOf(part);
  expect(offset, `${part} in ${rendering.text}`).toBeGreaterThanOrEqual(0);
  const origin = rendering.origin(offset);
  return origin === undefined ? "nowhere" : formatPosition(origin.at) + formatFrames(origin.frame);
}

test("text maps to the very character it was written at, behind tags that render nothing", () => {
  const rendering = renderMapped("{% set a = 1 %}\n{# comment #}\nselect one,\n       two");
  expect(placeOf(rendering, "one")).toBe("t.sql:3:8");
  expect(placeOf(rendering, "two")).toBe("t.sql:4:8");
});

test("what an expression renders maps to the expression", () => {
  const rendering = renderMapped("{% set column = 'rating' %}select\n  {{ column ~ '_x' }}, b");
  expect(placeOf(rendering, "rating_x")).toBe("t.sql:2:6");
  expect(placeOf(rendering, "ing_x")).toBe("t.sql:2:6");
  expect(placeOf(rendering, ", b")).toBe("t.sql:2:22");
});

test("white space that was stripped does not shift the map", () => {
  const rendering = renderMapped("a  {%- if true -%}\n\n   b\n{%- endif %} c");
  expect(rendering.text).toBe("ab c");
  expect(placeOf(rendering, "b")).toBe("t.sql:3:4");
  expect(placeOf(rendering, "c")).toBe("t.sql:4:14");
});

test("every pass of a loop maps to the same lines", () => {
  const rendering = renderMapped("{% for i in [1, 2] %}\n  x{{ i }} end{{ i }}\n{% endfor %}");
  expect(placeOf(rendering, "end1")).toBe("t.sql:2:12");
  expect(placeOf(rendering, "end2")).toBe("t.sql:2:12");
});

const MACRO = "{% macro m(x) %}\n case {{ x }} end\n{% endmacro %}\n";
const IN_MACRO = "t.sql:2:15 (in macro m, called from";

test.each([
  ["printed", `${MACRO}{{ m(1) }}`, "t.sql:4:4"],
  ["printed through trim", `${MACRO}{{ m(1) | trim }}`, "t.sql:4:4"],
  ["kept in a variable", `${MACRO}{% set v = m(1) %}\n{{ v }}`, "t.sql:4:12"],
  ["kept in a block", `${MACRO}{% set v %}{{ m(1) }}{% endset %}{{ v }}`, "t.sql:4:15"],
  ["chosen by an inline if", `${MACRO}{{ m(1) if true else 'x' }}`, "t.sql:4:4"],
])("the text of a macro maps into the macro when it is %s", (_, source, call) => {
  expect(placeOf(renderMapped(source), "end")).toBe(`${IN_MACRO} ${call})`);
});

test("the text of a macro maps into it through return and caller", () => {
  const outer = `${MACRO}{% macro o() %}{{ return(m(2)) }}{% endmacro %}\n{{ o() }}`;
  expect(placeOf(renderMapped(outer), "end")).toBe(`${IN_MACRO} t.sql:4:26, in macro o, called from t.sql:5:4)`);
  const called = "{% macro w() %}<{{ caller() }}>{% endmacro %}\n{% call w() %} body {% endcall %}";
  expect(placeOf(renderMapped(called), "body")).toContain("t.sql:2:16 (in macro caller");
});

test("text that a filter made maps to the filter", () => {
  const rendering = renderMapped("{% filter upper %}\nabc{% endfilter %}");
  expect(placeOf(rendering, "ABC")).toBe("t.sql:1:4");
});

test("an empty text came from nowhere", () => {
  expect(renderMapped("{# nothing #}").origin(0)).toBeUndefined();
});
