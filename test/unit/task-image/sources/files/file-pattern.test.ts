import { expect, test } from "vitest";
import { filePattern } from "../../../../../task-image/sources/files/file-pattern.ts";

test.each([
  ["a/b.csv", "a/b.csv", ["a/b.csv"], ["a/b.csv.gz", "x/a/b.csv"]],
  ["a/", "a/", ["a/b.csv", "a/b/c.csv"], ["a/b/", "b/a/c.csv"]],
  ["a/*.csv", "a/", ["a/b.csv", "a/.csv"], ["a/b/c.csv", "a/b.csv.gz"]],
  ["a/**/*.csv", "a/", ["a/b.csv", "a/b/c/d.csv"], ["ab/c.csv"]],
  ["log_**", "log_", ["log_", "log_a/b"], ["a/log_"]],
  ["a?.(1)+.csv", "a", ["ab.(1)+.csv"], ["a/.(1)+.csv", "abb.(1)+.csv", "ab.11.csv"]],
])("%s means names below %s: %j and not %j", (text, prefix, matching, others) => {
  const pattern = filePattern(text);
  expect(pattern.prefix).toBe(prefix);
  expect(matching.filter((name) => !pattern.matches(name))).toEqual([]);
  expect(others.filter((name) => pattern.matches(name))).toEqual([]);
});
