import { expect, test } from "vitest";
import { type Files, problemsOf } from "./compile.ts";

const OK: Files = { "ok.sql": "select 1" };
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
const list = (count: number, item: string) =>
  `[${numbers(count)
    .fill(0)
    .map(() => item)
    .join(", ")}]`;

/** Each level stands for ten of the one before. */
const BOMB = ["a0: &a0 [x]", ...numbers(9).map((level) => `a${level + 1}: &a${level + 1} ${list(10, `*a${level}`)}`)];

test.each([
  ["aliases of aliases", BOMB.join("\n"), /p\.yml:1:1: this YAML cannot be read: .*alias/],
  ["many aliases", `a: &a x\nb: ${list(6000, "*a")}`, /p\.yml:1:1: the file has 6000 aliases: 5000 are allowed/],
  [
    "many aliases of a long list",
    `a: &a ${list(1000, "x")}\nb: ${list(1000, "*a")}`,
    /p\.yml:1:1: this YAML cannot be read: .*alias/,
  ],
  [
    "a long text",
    `a: ${"x".repeat(2_100_000)}`,
    /p\.yml:1:1: the file has 2,100,003 characters: 2,097,152 are allowed/,
  ],
  ["deep lists", `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`, /p\.yml:1:\d+: the values are nested too deeply/],
  [
    "a key twice",
    `${numbers(20_000)
      .map((key) => `k${key}: 1`)
      .join("\n")}\nk0: 2`,
    /p\.yml:20001:1: .*the key k0 stands in its map twice/,
  ],
])("a file of properties with %s is refused", (_, text, expected) => {
  expect(problemsOf({ ...OK, "p.yml": text })).toEqual([expect.stringMatching(expected)]);
});
