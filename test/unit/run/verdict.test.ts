import { describe, expect, test } from "vitest";
import { decide } from "../../../operator/run/decide.ts";
import { aFailedJob, anAttempt, anEndedPod, aPipeline, someFacts } from "../../support/manifests/make.ts";

describe("the condition of a run", () => {
  test("of 120 failures tells the count, the first causes and as many names as fit, none of them cut", () => {
    const names = Array.from({ length: 120 }, (_, i) => `load-of-table-number-${String(i).padStart(3, "0")}`);
    const wide = aPipeline(Object.fromEntries([...names, "fine"].map((name) => [name, []])));
    const message = decide(
      someFacts(wide, {
        attempts: new Map(
          names.map((name) => [name, [anAttempt(name, 1, [anEndedPod(64)], aFailedJob("PodFailurePolicy"))]]),
        ),
      }),
    ).verdict?.message;
    expect(message).toMatch(/^120 of 121 nodes failed; load-of-table-number-000: the container exited with 64/);
    expect(message).toMatch(/load-of-table-number-002: .*; also load-of-table-number-003, .* and \d+ more$/);
    expect(message?.length).toBeLessThanOrEqual(1000);
    const named = [...(message ?? "").matchAll(/load-of-table-number-(\d+)/g)].length;
    expect(message).toContain(`and ${120 - named} more`);
  });

  test("of an invalid Pipeline cuts no problem, and says how many more there are", () => {
    const names = Array.from({ length: 120 }, (_, i) => `n${i}`);
    const nodes = Object.fromEntries(names.map((name) => [name, { needs: ["nobody"], container: {} }]));
    const { copy: _, ...begun } = someFacts(aPipeline({ a: [] }));
    const fresh = { ...begun, run: { ...begun.run, status: {} } };
    const message =
      decide({ ...fresh, pipeline: { uid: "uid", generation: 1, spec: { nodes } } }).verdict?.message ?? "";
    expect(message.length).toBeLessThanOrEqual(3100);
    expect(message).toMatch(/ and \d+ more$/);
  });
});
