import { expect, expectTypeOf, test } from "vitest";
import {
  ConfigurationError,
  DataError,
  type FailureCode,
  failureOfKind,
  foreignCode,
  reworded,
  TransientError,
} from "../../../task-image/errors.ts";

test("a kind of failure takes the codes of its own kind, and no other word compiles", () => {
  expectTypeOf<"UnknownTable">().toExtend<FailureCode<"configuration">>();
  expectTypeOf<"UnknownTable">().not.toExtend<FailureCode<"data">>();
  expectTypeOf<"UnknownTabel">().not.toExtend<FailureCode>();
  expectTypeOf<string>().not.toExtend<FailureCode>();
  expectTypeOf(ConfigurationError).constructorParameters.toExtend<
    [FailureCode<"configuration">, string, (object | undefined)?]
  >();
});

test("a code of another system stands as that system gave it, at most 64 characters of it", () => {
  for (const code of ["42P01", "HTTP404", "ECONNREFUSED", "AccessDenied"]) expect(foreignCode(code)).toBe(code);
  expect(foreignCode("x".repeat(100))).toBe("x".repeat(64));
});

test("another system's code that reads like one of kelt's own is distinguished", () => {
  const failure = failureOfKind("transient", foreignCode("Stopped"), "an error of a store");
  expect(failure.code).toBe("other:Stopped");
});

test.each([
  new ConfigurationError("UnknownTable", "a"),
  new DataError(foreignCode("22P02"), "a"),
  new TransientError(foreignCode("ECONNRESET"), "a"),
])("a reworded failure keeps its class and code: $name", (failure) => {
  const other = reworded(failure, "b", { cause: failure, measured: { rows: 1 } });
  expect(other).toBeInstanceOf(failure.constructor);
  expect(other).toMatchObject({ kind: failure.kind, code: failure.code, message: "b", measured: { rows: 1 } });
  expect(other.cause).toBe(failure);
});
