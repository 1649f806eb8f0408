import { describe, expect, test } from "vitest";
import { z } from "zod";
import { quantity } from "#api/fields.ts";
import { amountProblem, nanosOf } from "#api/quantity.ts";
import { structuralSchema } from "#api/structural-schema.ts";

test.each([
  ["1", 1_000_000_000n],
  [1, 1_000_000_000n],
  ["250m", 250_000_000n],
  ["0.1", 100_000_000n],
  [".5", 500_000_000n],
  ["5.", 5_000_000_000n],
  ["1e3", 1_000_000_000_000n],
  ["1E-2", 10_000_000n],
  ["2E", 2_000_000_000_000_000_000_000_000_000n],
  ["1Ki", 1_024_000_000_000n],
  ["1.5Gi", 1_610_612_736_000_000_000n],
  ["100u", 100_000n],
  ["0.1n", 1n],
  [0, 0n],
])("%s is %i billionths", (amount, nanos) => {
  expect(nanosOf(amount)).toBe(nanos);
});

test("quantities that are written otherwise are the same", () => {
  expect(nanosOf("1Gi")).toBe(nanosOf("1073741824"));
  expect(nanosOf("0.3")).toBe(nanosOf("300m"));
});

describe("a quantity in a manifest", () => {
  const Quantity = quantity("Q.");

  test.each(["250m", "512Mi", 1, 0, "1e3", "1.5", "2Ei"])("may be %s", (value) => {
    expect(Quantity.safeParse(value).success).toBe(true);
  });

  test.each(["-1", "+1", "1 Gi", "1GB", "0,5", "", "Mi", ".", "1e999", 0.5, -1, true, null])("is not %s", (value) => {
    const [issue] = Quantity.safeParse(value).error?.issues ?? [];
    expect(issue?.message).toContain("expected a quantity such as 250m, 1 or 512Mi");
  });

  test("is an integer or a string of that shape to the API server", () => {
    expect(structuralSchema(z.object({ a: Quantity })).properties?.a).toEqual({
      description: "Q.",
      maxLength: 32,
      pattern: expect.stringContaining("[KMGTPE]i"),
      "x-kubernetes-int-or-string": true,
    });
  });
});

test.each([
  ["cpu", "250m"],
  ["cpu", 0],
  ["cpu", 1024],
  ["memory", "64Mi"],
  ["memory", 0],
  ["memory", "1Pi"],
  ["ephemeral-storage", "10Gi"],
] as const)("%s may be %s", (what, amount) => {
  expect(amountProblem(what, amount)).toBeUndefined();
});

test.each([
  ["cpu", "1u", "expected whole thousandths of a processor such as 250m, found 1u"],
  ["cpu", "500M", "expected at most 1024 processors, found 500M"],
  ["memory", "64m", "expected whole bytes, found 64m; 64Mi is 64 mebibytes, and 64m is 0.064 bytes"],
  ["memory", 512, "expected at least 1Mi, found 512; an amount without a unit counts bytes"],
  ["memory", "2Pi", "expected at most 1Pi, found 2Pi"],
  ["ephemeral-storage", "1k", "expected at least 1Mi, found 1k"],
] as const)("%s of %s is no amount that a machine has", (what, amount, problem) => {
  expect(amountProblem(what, amount)).toContain(problem);
});
