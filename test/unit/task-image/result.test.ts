import fc from "fast-check";
import { expect, test } from "vitest";
import { EXIT, RESULT_BYTES_MAX, TaskResult } from "#api/task.ts";
import { ConfigurationError, DataError, foreignCode, TransientError } from "../../../task-image/errors.ts";
import { createRedactor } from "../../../task-image/redaction.ts";
import { encodeResult, failedResult, succeededResult, UNKNOWN_SPEAKER } from "../../../task-image/result.ts";

const speaker = { run: "0f2b", node: "raw", attempt: 3 };

test("a success says who speaks, one sentence and what was measured", () => {
  const result = succeededResult(speaker, { message: "1 table, 3 rows", rows: 3, bytes: 70 });
  expect(JSON.parse(encodeResult(result, createRedactor()))).toEqual({
    version: 1,
    run: "0f2b",
    node: "raw",
    attempt: 3,
    outcome: "succeeded",
    message: "1 table, 3 rows",
    rows: 3,
    bytes: 70,
  });
});

test.each([
  [new ConfigurationError("UnknownTable", "no table"), "configuration", EXIT.configuration],
  [new DataError(foreignCode("22P02"), "no number"), "data", EXIT.data],
  [new TransientError(foreignCode("ECONNRESET"), "gone"), "transient", EXIT.transient],
] as const)("%s carries its kind and exit code", (failure, kind, exitCode) => {
  expect(failure.exitCode).toBe(exitCode);
  expect(failedResult(speaker, failure)).toMatchObject({
    outcome: "failed",
    message: failure.message,
    error: { kind, code: failure.code, message: failure.message },
  });
});

test("counts that were taken before the failure stay beside it", () => {
  const tests = { passed: 1, warned: 0, failed: 2, errored: 0 };
  const failure = new DataError("CheckFailed", "2 failed", { measured: { tests } });
  expect(failedResult(speaker, failure)).toMatchObject({ tests, error: { code: "CheckFailed" } });
});

test("a secret is masked before a message is cut, so that no part of it stays", () => {
  const redactor = createRedactor();
  redactor.add("canary-canary-canary");
  const failure = new DataError("BadKey", `${"a".repeat(240)}canary-canary-canary${"b".repeat(2000)}`);
  expect(encodeResult(failedResult(speaker, failure), redactor)).not.toContain("canary");
});

test("every result is valid by the contract and fits the termination message", () => {
  const words = fc.string({ maxLength: 5000, unit: "binary" });
  fc.assert(
    fc.property(words, words, (code, message) => {
      const text = encodeResult(
        failedResult(UNKNOWN_SPEAKER, new DataError(foreignCode(code), message)),
        createRedactor(),
      );
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(RESULT_BYTES_MAX);
      expect(TaskResult.safeParse(JSON.parse(text)).success).toBe(true);
    }),
  );
});
