import { expect, test } from "vitest";
import { ERROR_CODES } from "#api/error-codes.ts";
import { readSource, typescriptIn, withoutComments } from "./source-files.ts";

const TABLES = Object.values(ERROR_CODES);
const CODES = TABLES.flatMap((table) => Object.keys(table));

test("every error code has one kind, and stands in the order of the alphabet", () => {
  expect(CODES.filter((code, index) => CODES.indexOf(code) !== index)).toEqual([]);
  for (const table of TABLES) expect(Object.keys(table)).toEqual(Object.keys(table).toSorted());
});

test("every error code is a word for programs, and its meaning a sentence for people", () => {
  expect(CODES.filter((code) => !/^[A-Z][A-Za-z]+$/.test(code))).toEqual([]);
  const meanings = TABLES.flatMap((table) => Object.values<string>(table));
  expect(meanings.filter((meaning) => !/^[A-Z`].{10,118}\.$/.test(meaning))).toEqual([]);
});

test("every error code is one that some task fails with", () => {
  const sources = typescriptIn("task-image").map((path) => withoutComments(readSource(path)));
  const used = new Set(sources.flatMap((source) => [...source.matchAll(/"([A-Z]\w+)"/g)].map(([, code]) => code)));
  expect(CODES.filter((code) => !used.has(code))).toEqual([]);
});
