import { describe, expect, test } from "vitest";
import { Param } from "#api/params/params.ts";
import { readValue } from "../../../operator/params/read-value.ts";

const read = (declared: object, found: unknown) => readValue(Param.parse(declared), found);

describe("a value is taken as its type", () => {
  test.each([
    ["string", "a", "a"],
    ["string", "", ""],
    ["string", "7", "7"],
    ["integer", 7, 7],
    ["integer", "-7", -7],
    ["integer", "9007199254740991", 9_007_199_254_740_991],
    ["number", 0.5, 0.5],
    ["number", "0.1", 0.1],
    ["number", "-1.5e3", -1500],
    ["boolean", true, true],
    ["boolean", "false", false],
    ["date", "2028-02-29", "2028-02-29"],
    ["list", ["a", 1, true], ["a", 1, true]],
    ["list", [], []],
  ])("%s: %o", (type, found, value) => {
    expect(read({ type }, found)).toEqual({ ok: true, value });
  });
});

describe("a value is refused with what was expected and what was found", () => {
  test.each([
    ["string", {}, 7, "expected a text, found 7: put it in quotation marks"],
    ["string", {}, ["a"], "expected a text, found a list"],
    ["string", {}, null, "expected a text, found null"],
    ["string", {}, "a".repeat(5000), "expected a text of at most 4096 characters, found 5000"],
    ["string", { enum: ["eu", "us"] }, "en", 'expected one of "eu", "us", found "en"'],
    ["string", { pattern: "^[a-z]+$" }, "a1", 'expected a text that matches ^[a-z]+$, found "a1"'],
    ["integer", {}, 0.5, "expected a whole number of at most 15 digits, found 0.5"],
    ["integer", {}, "0x10", 'expected a whole number of at most 15 digits, found "0x10"'],
    ["integer", {}, 2 ** 53, "expected a whole number of at most 15 digits, found 9007199254740992"],
    ["integer", { min: 1, max: 9 }, 10, "expected 1 to 9, found 10"],
    ["number", { max: "0.5" }, 0.6, "expected at most 0.5, found 0.6"],
    ["number", {}, "0.1234567890123456789", "expected a number of at most 15 digits"],
    ["number", {}, "1e999", "expected a number of at most 15 digits"],
    ["boolean", {}, "yes", 'expected true or false, found "yes"'],
    ["date", {}, "2026-02-29", 'expected a day such as 2026-12-01, found "2026-02-29"'],
    ["date", {}, "2026-12-01T00:00:00Z", "expected a day such as 2026-12-01"],
    ["date", { min: "2026-01-01" }, "2025-12-31", 'expected at least 2026-01-01, found "2025-12-31"'],
    ["list", {}, "a", 'expected a list, found "a"'],
    ["list", {}, [["a"]], "expected a list, found a list"],
    ["list", { enum: ["a", 1] }, ["a", "1"], 'expected one of "a", 1, found "1"'],
    ["list", { pattern: "^a" }, ["ab", "b"], 'expected a text that matches ^a, found "b"'],
  ])("%s %o: %o", (type, more, found, why) => {
    expect(read({ type, ...more }, found)).toEqual({ ok: false, why: expect.stringContaining(why) });
  });
});

test.each([
  ["-----BEGIN RSA PRIVATE KEY-----\nabc", "a private key"],
  [`AKIA${"A".repeat(16)}`, "an access key of AWS"],
  [`ghp_${"a".repeat(36)}`, "a token of GitHub"],
  ["postgres://etl:hunter2@db.example/films", "a URL with a password"],
  ["host=db password=hunter2", "a password"],
  [`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${"x".repeat(20)}`, "a JSON Web Token"],
])("what looks like a secret is refused and never repeated: %s", (secret, what) => {
  for (const declared of [{}, { type: "integer" }, { enum: ["a"] }, { pattern: "^a$" }]) {
    const taken = read(declared, secret);
    expect(taken.ok).toBe(false);
    expect(JSON.stringify(taken)).not.toContain(secret.slice(-8));
  }
  expect(read({}, secret)).toEqual({ ok: false, why: expect.stringContaining(`this looks like ${what}`) });
});

test("a pattern takes time in proportion to the text, whoever wrote it", () => {
  const isSlowElsewhere = { pattern: "^(a+)+$" };
  expect(read(isSlowElsewhere, `${"a".repeat(4000)}!`).ok).toBe(false);
});
