import { expect, test } from "vitest";
import { load } from "../../../task-image/commands/load.ts";
import { ConfigurationError } from "../../../task-image/errors.ts";
import { failureOf, parsePart } from "../../../task-image/task.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

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

const loadOf = (fanOut?: { pods: number }) =>
  aTask({
    work: {
      verb: "load",
      load: {
        from: { connection: "lake", schema: "public", files: { films: "films/" } },
        to: { connection: "warehouse", schema: "raw" },
        mode: "replace",
        ...(fanOut === undefined ? {} : { fanOut }),
      },
    },
    connections: {},
  });

test("a pod of a fan-out is the part that the Job controller says, any other pod is not a part", () => {
  expect(parsePart(loadOf({ pods: 3 }), "2")).toEqual({ index: 2, of: 3 });
  expect(parsePart(loadOf(), "2")).toBeUndefined();
});

test.each([undefined, "", "3", "-1", "1.5", "one"])("part %s of three is a mistake that names the variable", (text) => {
  expect(() => parsePart(loadOf({ pods: 3 }), text)).toThrow(/JOB_COMPLETION_INDEX .* expected 0 to 2, found/);
});

test("a part of a load into a warehouse that reads objects itself is refused before anything is read", async () => {
  const spec = { ...loadOf({ pods: 3 }), connections: { warehouse: { kind: "redshift" as const } } };
  await expect(load(spec, aContext({ part: { index: 0, of: 3 } }))).rejects.toMatchObject({
    kind: "configuration",
    code: "UnsupportedFanOut",
  });
});
