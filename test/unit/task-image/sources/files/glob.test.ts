import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { globMatcher } from "../../../../../task-image/sources/files/glob.ts";

describe("a glob", () => {
  test.each([
    ["raw/*.csv", ["raw/a.csv", "raw/.csv"], ["raw/a/b.csv", "raw/a.csv.gz", "xraw/a.csv"]],
    ["raw/**/*.csv", ["raw/a.csv", "raw/a/b.csv", "raw/a/b/c.csv"], ["raw.csv", "rawa.csv", "raw/a.json"]],
    ["**/part-?", ["part-1", "a/part-2", "a/b/part-3"], ["a/part-10", "apart-1", "part-/"]],
    ["raw/**", ["raw/", "raw/a", "raw/a/b"], ["raw"]],
    ["a**c", ["ac", "abc", "a/b/c"], ["a", "abcd"]],
    ["**/**/x", ["x", "a/x", "a/b/x"], ["ax"]],
    ["[a](b)+.{c}|^$", ["[a](b)+.{c}|^$"], ["a"]],
    ["é?", ["é😀", "éa"], ["é", "é😀a"]],
    ["*a*b*", ["ab", "xaxbx"], ["ba", "xa/b"]],
  ])("%s", (glob, matching, others) => {
    const matches = globMatcher(glob);
    expect(matching.filter((name) => !matches(name))).toEqual([]);
    expect(others.filter(matches)).toEqual([]);
  });

  test("means the same as its regular expression", () => {
    const piece = fc.constantFrom("a", "b", "/", "*", "**", "**/", "?");
    const letter = fc.constantFrom("a", "b", "/");
    // Places of a long glob lie in several numbers.
    const before = fc.integer({ min: 0, max: 70 }).map((length) => "b".repeat(length));
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(letter, { maxLength: 8 }),
        before,
        (pieces, letters, start) => {
          const [glob, name] = [start + pieces.join(""), start + letters.join("")];
          const expression = glob.replaceAll(/\*\*\/|\*{2,}|\*|\?/g, (part) => {
            if (part === "**/") return "(?:.*/)?";
            if (part === "?") return "[^/]";
            return part === "*" ? "[^/]*" : ".*";
          });
          expect(globMatcher(glob)(name)).toBe(new RegExp(`^${expression}$`).test(name));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("with many stars ends for the longest key that a bucket can hold", () => {
    const matches = globMatcher("*_*_*_*_*_*_*_*_*_*_*_*.csv");
    expect(matches(`${"_".repeat(1020)}.txt`)).toBe(false);
    expect(matches(`${"_".repeat(1020)}.csv`)).toBe(true);
  });

  test("with hundreds of stars goes through a page of the longest keys", () => {
    const matches = globMatcher(`${"*_".repeat(250)}.csv`);
    const keys = Array.from(
      { length: 200 },
      (_, number) => `${"_".repeat(1010)}${number}.${number % 2 ? "csv" : "txt"}`,
    );
    expect(keys.filter(matches)).toHaveLength(0);
    expect(keys.map((key) => key.replace(/\d+/, "")).filter(matches)).toHaveLength(100);
  });
});
