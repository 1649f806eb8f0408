import { describe, expect, test } from "vitest";
import { cutBlocks } from "../../../../../task-image/dbt/macros/blocks.ts";

const cut = (text: string, ...tags: string[]) => cutBlocks("macros/a.sql", text, new Set(tags));

describe("a file is cut into blocks", () => {
  test("with what stands in their tags, between them, and where", () => {
    const [first, second] = cut(
      "text\n  {%- macro a(x, y=1) -%}\nA{{ x }}\n{%- endmacro %}\n{% macro b() %}{% endmacro %}",
      "macro",
    );
    expect(first).toEqual({
      tag: "macro",
      heading: "a(x, y=1)",
      at: { file: "macros/a.sql", line: 2, column: 3 },
      text: "{%- macro a(x, y=1) -%}\nA{{ x }}\n{%- endmacro %}",
      body: "\nA{{ x }}\n",
      bodyAt: { file: "macros/a.sql", line: 2, column: 26 },
    });
    expect(second).toMatchObject({ heading: "b()", at: { line: 5, column: 1 }, body: "" });
  });

  test.each([
    ["a comment", "{# {% endmacro %} #}"],
    ["a raw block", "{% raw %}{% endmacro %}{% endraw %}"],
    ["a string of a tag", "{% set x = '{% endmacro %}' %}"],
    ["a string with an escaped quote", `{% set x = 'it\\'s {% endmacro %}' %}`],
    ["a string of an output", `{{ "{% endmacro %}" }}`],
    ["a macro inside", "{% macro inner() %}{% endmacro %}"],
  ])("and %s hides the tag that would end one", (_, inside) => {
    const blocks = cut(`{% macro a() %}${inside}.{% endmacro %}`, "macro");
    expect(blocks.map(({ body }) => body)).toEqual([`${inside}.`]);
  });

  test("and what is no block of these tags is left out", () => {
    const text = "{% snapshot s %}select 1{% endsnapshot %}{% macro a() %}{% endmacro %}{% docs d %}text{% enddocs %}";
    expect(cut(text, "docs", "snapshot").map(({ tag, heading, body }) => [tag, heading, body])).toEqual([
      ["snapshot", "s", "select 1"],
      ["docs", "d", "text"],
    ]);
  });

  test("and Windows' line ends count as one line each", () => {
    expect(cut("\r\n\r\n{% macro a() %}{% endmacro %}", "macro")[0]?.at).toMatchObject({ line: 3, column: 1 });
  });

  test.each([
    ["{% macro a() %}", "macros/a.sql:1:1: 'macro' is not closed: '{% endmacro %}' is missing"],
    ["x {# {% macro a() %}", "macros/a.sql:1:3: the comment that begins here is not closed: '#}' is missing"],
    ["{% macro a() ", "macros/a.sql:1:1: what begins here is not closed: '%}' is missing"],
    ["{% raw %}", "macros/a.sql:1:1: the raw block that begins here is not closed: '{% endraw %}' is missing"],
  ])("unless something is not closed: %s", (text, message) => {
    const cutting = () => {
      try {
        return cut(text, "macro");
      } catch (error) {
        return String(error);
      }
    };
    expect(cutting()).toBe(message);
  });
});
