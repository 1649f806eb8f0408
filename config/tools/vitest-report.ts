import { relative } from "node:path";
import { z } from "zod";

/** Tests by their end, and what the failed ones say. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** A text for each failure: file, name, message. */
  readonly failures: readonly string[];
}

/** Lines of one failure; a message of vitest's goes on with a stack and with what the test printed. */
const LINES = 40;

/** What vitest's JSON reporter says at its end: https://vitest.dev/guide/reporters#json-reporter */
const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});

/** Counts the tests of a report, a JSON text. A file that cannot be loaded counts as a failure, though it has no test. */
export function countReport(text: string, code: number): Count {
  const report = Report.parse(JSON.parse(text));
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (failed.length === 0 && status === "failed") return [failure(file, message)];
    return failed.map((test) => failure(`${file}: ${test.fullName}`, test.failureMessages.join("\n")));
  });
  // Errors outside of tests stand in no result.
  if (failures.length === 0 && !(report.success && code === 0))
    failures.push(`vitest ended with exit code ${code}, see above`);
  const failed = failures.length;
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests, failures };
}

function failure(title: string, message: string): string {
  const lines = message.trimEnd().split("\n");
  const rest = lines.length - LINES;
  const shown = rest > 0 ? [...lines.slice(0, LINES), `… ${rest} more lines, see above`] : lines;
  return [title, ...shown.map((line) => `    ${line}`)].join("\n");
}
