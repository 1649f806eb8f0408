import { expect, test } from "vitest";
import { readIgnoreRules } from "../../../../../task-image/dbt/project/ignore-rules.ts";

test.each([
  ["*.sql.bak", "models/a.sql.bak", true],
  ["*.sql.bak", "models/a.sql", false],
  ["old", "models/old/a.sql", true],
  ["old/", "models/old/a.sql", true],
  ["old/", "models/old", false],
  ["/old", "models/old/a.sql", false],
  ["/models/old", "models/old/a.sql", true],
  ["models/*.sql", "models/a.sql", true],
  ["models/*.sql", "models/b/a.sql", false],
  ["models/**/x.sql", "models/a/b/x.sql", true],
  ["models/**/x.sql", "models/x.sql", true],
  ["**/x.sql", "a/b/x.sql", true],
  ["models/**", "models/a/b.sql", true],
  ["a?.sql", "models/ab.sql", true],
  ["[ab].sql", "models/a.sql", true],
  ["[!ab].sql", "models/a.sql", false],
  ["[]a].sql", "models/].sql", true],
  ["[!]a].sql", "models/].sql", false],
  ["a[.sql", "models/a[.sql", true],
  ["a[].sql", "models/a[].sql", true],
  ["a[!].sql", "models/a[!].sql", true],
  ["\\[a].sql", "models/[a].sql", true],
  ["# models", "models/a.sql", false],
  ["\\#a.sql", "models/#a.sql", true],
  ["*.sql\n!keep.sql", "models/keep.sql", false],
  ["*.sql\n!keep.sql", "models/a.sql", true],
  ["a.sql   ", "models/a.sql", true],
  ["a+b.sql", "models/aab.sql", false],
  ["", "models/a.sql", false],
  ["a\\ ", "models/a ", true],
  [`${" ".repeat(50_000)}x`, "models/x", false],
  ["[".repeat(200_000), "models/x", false],
  ["[a]".repeat(200_000), "models/a", false],
  [`${"[".repeat(200_000)}]`, "[", true],
  [`${"[a]".repeat(1000)}*`, `${"a".repeat(1000)}.sql`, true],
  // As many characters as a glob can hold, each of them once.
  [Array.from({ length: 100_000 }, (_, index) => String.fromCodePoint(0x10000 + index)).join(""), "models/x", false],
])("%j and %s", (rules, path, isIgnored) => {
  expect(readIgnoreRules(rules)(path)).toBe(isIgnored);
});
