import { describe, expect, test } from "vitest";
import { QueryComment } from "../../../../../task-image/dbt/adapter/query-comment.ts";
import { queryCommentOf } from "../../../../../task-image/dbt/project/query-comment.ts";
import { Rendering } from "../../../../../task-image/jinja/running/rendering.ts";

const AT = { file: "models/films.sql", line: 3, column: 1 };

function commented(text: string, sql: string, append: boolean): string {
  const comment = new QueryComment(append);
  comment.set(text);
  return String(comment.add(sql));
}

describe("the comment of statements", () => {
  test.each([
    [" by kelt ", "select 1;", false, "/* by kelt */\nselect 1;"],
    ["by kelt", "select 1", true, "select 1\n/* by kelt */"],
    ["by kelt", "select 1 ;\n ", true, "select 1 \n/* by kelt */;"],
    ["", "select 1;\n", true, "select 1;\n"],
  ])("%j stands where dbt puts it: %j, behind: %s", (text, sql, append, whole) => {
    expect(commented(text, sql, append)).toBe(whole);
  });

  test("a text that would end the comment is refused", () => {
    expect(() => commented("a */ drop table films", "select 1", false)).toThrow("without '*/'");
  });

  test.each([false, true])("the place of a character in its template stays known, behind: %s", (append) => {
    const comment = new QueryComment(append);
    comment.set("by kelt");
    const sql = comment.add(new Rendering("select a;", [{ start: 0, at: AT, literal: true, frame: undefined }]));
    const rendering = sql as Rendering;
    expect(rendering.origin(rendering.text.indexOf("select a") + 7)?.at).toEqual({ ...AT, column: 8 });
  });
});

test.each([
  ["by {{ target.name }}", "by {{ target.name }}", false],
  [{ comment: "x", append: true }, "x", true],
  ["", "", false],
  [null, "", false],
  [false, "", false],
])("query-comment %j", (setting, template, append) => {
  expect(queryCommentOf(setting)).toEqual({ template, append });
});

test("without query-comment, and in a map without a comment, dbt's own comment is meant", () => {
  expect(queryCommentOf(undefined).template).toContain('"app": "dbt"');
  expect(queryCommentOf({ append: true })).toEqual({ template: queryCommentOf(undefined).template, append: true });
});
