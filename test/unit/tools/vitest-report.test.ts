import { join } from "node:path";
import { expect, test } from "vitest";
import { countReport } from "../../../config/tools/vitest-report.ts";

const passed = { fullName: "adds", status: "passed", failureMessages: [] };
const failed = {
  fullName: "subtracts",
  status: "failed",
  failureMessages: ["Error: expected 1, found 2\n    at here"],
};

test("a failed test is told with its file, its name and its message", () => {
  const text = report({ assertionResults: [passed, failed] }, { numPassedTests: 1, numFailedTests: 1 });
  const { failures, ...counts } = countReport(text, 1);
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(failures).toEqual(["test/sums.test.ts: subtracts\n    Error: expected 1, found 2\n        at here"]);
});

test("a file that cannot be loaded is a failure", () => {
  const { failed: count, failures } = countReport(report({ message: "Cannot find module ./sum.ts" }, {}), 1);
  expect(count).toBe(1);
  expect(failures).toEqual(["test/sums.test.ts\n    Cannot find module ./sum.ts"]);
});

test("a run that ends with an error fails, though all of its tests passed", () => {
  const text = report({ status: "passed", assertionResults: [passed] }, { numPassedTests: 1, success: true });
  expect(countReport(text, 1)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
    failures: ["vitest ended with exit code 1, see above"],
  });
  expect(countReport(text, 0)).toEqual({ passed: 1, failed: 0, skipped: 0, failures: [] });
});

test("a long message is cut and says so", () => {
  const long = { ...failed, failureMessages: [Array.from({ length: 100 }, (_, line) => `line ${line}`).join("\n")] };
  const [failure] = countReport(report({ assertionResults: [long] }, { numFailedTests: 1 }), 1).failures;
  expect(failure?.split("\n").at(-1)).toBe("    … 60 more lines, see above");
});

function report(file: object, counts: object): string {
  const name = join(process.cwd(), "test/sums.test.ts");
  const zero = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, success: false };
  return JSON.stringify({
    ...zero,
    ...counts,
    testResults: [{ name, status: "failed", message: "", assertionResults: [], ...file }],
  });
}
