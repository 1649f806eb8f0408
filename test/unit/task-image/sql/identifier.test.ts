import { expect, test } from "vitest";
import { parseTableName, quoteIdentifier, quoteLiteral } from "../../../../task-image/sql/identifier.ts";

test("identifiers and literals hold whatever they are given", () => {
  expect(quoteIdentifier('a"; DROP TABLE b; --')).toBe('"a""; DROP TABLE b; --"');
  expect(quoteLiteral("it's")).toBe("'it''s'");
  expect(quoteLiteral("\\' OR true --")).toBe("E'\\\\'' OR true --'");
});

test("what stands before the first dot is the schema", () => {
  expect(parseTableName("films", "public")).toEqual({ schema: "public", table: "films" });
  expect(parseTableName("raw.films", "public")).toEqual({ schema: "raw", table: "films" });
  expect(parseTableName("raw.films.2024", "public")).toEqual({ schema: "raw", table: "films.2024" });
});
