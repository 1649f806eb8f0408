import { expect, test } from "vitest";
import { readIgnoreRules } from "../../../../../task-image/dbt/project/ignore-rules.ts";
import { matchesGlob, matchesPath } from "../../../../../task-image/dbt/selection/glob.ts";

test.each([
  ["stg_*", "stg_films", true],
  ["*", "", true],
  ["a*c", "a/b.c", true],
  ["a?c", "a/c", true],
  ["a?c", "ac", false],
  ["[ab]x", "bx", true],
  ["[!ab]x", "bx", false],
  ["[a-c]x", "bx", true],
  ["[c-a]x", "bx", false],
  ["[]]x", "]x", true],
  ["[a", "[a", true],
  ["a**b", "a--b", true],
  ["é😀?", "é😀x", true],
])("fnmatch: %s and %s", (glob, text, fits) => {
  expect(matchesGlob(text, glob)).toBe(fits);
});

test.each([
  ["models/*.sql", "models/a.sql", true],
  ["models/*.sql", "models/b/a.sql", false],
  ["models/**", "models/b/a.sql", true],
  ["models/**/a.sql", "models/a.sql", true],
  ["models/**/a.sql", "models/b/c/a.sql", true],
  ["models", "models/a.sql", true],
  ["models/b?", "models/b1/x.sql", true],
  ["models/b?", "models/b/x.sql", false],
  ["./models/*", "models/b/x.sql", true],
])("path: %s and %s", (glob, path, fits) => {
  expect(matchesPath(path, glob)).toBe(fits);
});

test("globs with many stars end, whatever the names are", () => {
  const [stars, name] = [`${"a*".repeat(40)}b`, "a".repeat(300)];
  expect(matchesGlob(name, stars)).toBe(false);
  expect(matchesPath(`${"a/".repeat(200)}a`, `${"**/a/".repeat(40)}b`)).toBe(false);
  expect(readIgnoreRules(`${"**/a/".repeat(40)}b\n${stars}`)(`${"a/".repeat(200)}${name}`)).toBe(false);
});
