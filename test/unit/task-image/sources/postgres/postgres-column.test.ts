import { expect, test } from "vitest";
import { type CatalogColumn, sourceColumn } from "../../../../../task-image/sources/postgres/postgres-column.ts";

function aColumn(parts: Partial<CatalogColumn>): CatalogColumn {
  return {
    name: "v",
    typeName: "int4",
    isArray: false,
    isBuiltIn: true,
    declaration: "integer",
    notNull: false,
    ...parts,
  };
}

test.each([
  ["a built-in type", {}, { type: "integer", expression: '"v"', binary: true }],
  [
    "an array of one",
    { isArray: true, declaration: "integer[]" },
    { type: "integer[]", expression: '"v"', binary: true },
  ],
  [
    "money, whose binary form depends on the locale",
    { typeName: "money", declaration: "money" },
    { type: "money", expression: '"v"', binary: false },
  ],
  [
    "a pointer into the catalog",
    { typeName: "regclass", declaration: "regclass" },
    { type: "text", expression: '"v"::text AS "v"', binary: true },
  ],
  [
    "an enum",
    { typeName: "mood", isBuiltIn: false, declaration: "mood" },
    { type: "text", expression: '"v"::text AS "v"', binary: true },
  ],
  [
    "an enum named like a built-in type",
    { typeName: "int4", isBuiltIn: false, declaration: "x.int4" },
    { type: "text", expression: '"v"::text AS "v"', binary: true },
  ],
  [
    "an array of enums",
    { typeName: "mood", isBuiltIn: false, isArray: true, declaration: "mood[]" },
    { type: "text[]", expression: '"v"::text[] AS "v"', binary: true },
  ],
])("%s", (_what, parts, expected) => {
  expect(sourceColumn(aColumn(parts))).toEqual({ name: "v", notNull: false, ...expected });
});
