import { expect, test } from "vitest";
import { ConfigurationError } from "../../../task-image/errors.ts";
import { failureOf } from "../../../task-image/task.ts";

test("a failure stays itself", () => {
  const failure = new ConfigurationError("UnknownTable", "no table");
  expect(failureOf(failure)).toBe(failure);
});

test("an error of the server is classified by its SQLSTATE", () => {
  const error = Object.assign(new Error("division by zero"), { code: "22012", severity: "ERROR" });
  expect(failureOf(error)).toMatchObject({
    kind: "data",
    code: "22012",
    message: expect.stringContaining("division by zero"),
  });
});

test.each([new TypeError("x is not a function"), "a string", undefined, null])(
  "%s, which nobody foresaw, is transient",
  (error) => {
    expect(failureOf(error)).toMatchObject({ kind: "transient", code: "Unexpected" });
  },
);
