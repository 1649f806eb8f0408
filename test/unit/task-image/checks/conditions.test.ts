import { expect, test } from "vitest";
import { CONDITION, conditionHolds, conditionScope } from "#api/check-condition.ts";
import { verdictOf } from "../../../../task-image/checks/verdict.ts";

test.each([
  ["> 10", [11], [0, 10]],
  [">=10", [10, 11], [9]],
  ["!= 0", [1, 99], [0]],
  ["<> 3", [0, 4], [3]],
  ["= 2", [2], [1, 3]],
  ["<5", [0, 4], [5]],
  ["<= 5", [5], [6]],
  ["between 2 and 4", [2, 3, 4], [1, 5]],
] as const)("%s holds for %j and not for %j", (condition, yes, no) => {
  expect(condition).toMatch(CONDITION);
  expect(yes.map((count) => conditionHolds(condition, count))).not.toContain(false);
  expect(no.map((count) => conditionHolds(condition, count))).not.toContain(true);
});

test.each(["", "10", "> -1", "> 1; DROP TABLE t", "> 1 or true", "== 0", "like 3", "between 1", "> 1.5"])(
  "%j is no condition",
  (condition) => {
    expect(condition).not.toMatch(CONDITION);
  },
);

test.each([
  [">= 0", "all"],
  ["< 0", "none"],
  ["between 4 and 2", "none"],
  ["!= 0", "some"],
  ["<= 3", "some"],
  ["between 0 and 3", "some"],
])("%s holds for %s numbers of rows", (condition, scope) => {
  expect(conditionScope(condition)).toBe(scope);
});

test.each([
  [{ severity: "error" }, 1, "failed"],
  [{ severity: "error" }, 0, "passed"],
  [{ severity: "warn" }, 1, "warned"],
  [{ severity: "error", errorIf: "> 5" }, 5, "warned"],
  [{ severity: "error", errorIf: "> 5" }, 6, "failed"],
  [{ severity: "error", errorIf: "> 5", warnIf: "> 5" }, 5, "passed"],
  [{ severity: "warn", errorIf: "> 5" }, 6, "warned"],
  [{ severity: "error", errorIf: "= 0" }, 0, "failed"],
] as const)("%j with %i failing rows is %s", (said, failures, state) => {
  expect(verdictOf(said, failures)).toBe(state);
});
