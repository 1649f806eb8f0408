import { expect, test } from "vitest";
import { nearestName } from "#api/nearest-name.ts";

const FIELDS = ["needs", "load", "retries", "timeout", "attemptTimeout", "startTimeout"];

test.each([
  ["a letter left out", "timeot", "timeout"],
  ["a letter too many", "needss", "needs"],
  ["another letter", "laod", "load"],
  ["two letters swapped", "retreis", "retries"],
  ["another case", "AttemptTimeout", "attemptTimeout"],
  ["a plural", "timeouts", "timeout"],
  ["another form of the word", "retry", "retries"],
])("finds the name behind %s", (_, typed, meant) => {
  expect(nearestName(typed, FIELDS)).toBe(meant);
});

test.each([["schedule"], ["x"], [""]])("has no idea what %j may mean", (typed) => {
  expect(nearestName(typed, FIELDS)).toBeUndefined();
});

test("of two names equally near it takes the same one every time", () => {
  expect(nearestName("col", ["cola", "cold"])).toBe("cola");
  expect(nearestName("col", ["cold", "cola"])).toBe("cola");
});
