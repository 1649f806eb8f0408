import { expect, test } from "vitest";
import { sampleOf } from "../../../../task-image/commands/dbt-sample.ts";

const TEST = { resource_type: "test", relation_name: null } as const;
const found = (compiledCode: string | null, failures: number | null = 2) => ({ compiledCode, failures });

test("a test's own SQL stands in one line", () => {
  const sql = "\n\n  select id\n    from shop.orders\n  where note = 'it''s -' \n";
  expect(sampleOf(found(sql), TEST)).toBe("select id from shop.orders where note = 'it''s -'");
});

test("a table that keeps the rows is what shows them", () => {
  const kept = { ...TEST, relation_name: '"shop"."audit"."kept"' };
  expect(sampleOf(found("select 1"), kept)).toBe('select * from "shop"."audit"."kept" limit 10');
});

test.each([
  ["a test that found no row", found("select 1", 0), TEST],
  ["a test that could not run", found("select 1", null), TEST],
  ["a result that an earlier attempt has left without SQL", found(null), TEST],
  ["SQL with a comment", found("select 1 -- one\nfrom shop.orders"), TEST],
  ["a string over two lines", found("select 'a\nb' from shop.orders"), TEST],
  ["long SQL", found(`select ${"x".repeat(500)}`), TEST],
  ["a model", found("select 1"), { resource_type: "model", relation_name: "m" }],
  ["a unit test", found("select 1"), undefined],
] as const)("%s shows no query", (_name, result, node) => {
  expect(sampleOf(result, node)).toBeUndefined();
});
