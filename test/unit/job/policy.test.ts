import { expect, test } from "vitest";
import { EXIT, TASK_CONTAINER } from "#api/task.ts";
import { podFailurePolicy } from "../../../operator/job/policy.ts";

interface FailedPod {
  readonly exitCode: number;
  readonly disrupted?: boolean;
}

/** What the Job controller does with a failed pod: the first rule that matches, else it counts against backoffLimit. */
function judge({ exitCode, disrupted = false }: FailedPod): string {
  const rule = podFailurePolicy.rules.find(({ onExitCodes, onPodConditions }) => {
    if (onPodConditions !== undefined) {
      return disrupted && onPodConditions.some(({ type }) => type === "DisruptionTarget");
    }
    return onExitCodes?.operator === "In" && onExitCodes.values.includes(exitCode);
  });
  return rule?.action ?? "Count";
}

test("failures that no retry can mend fail the Job at once, by the contract's exit codes", () => {
  expect(judge({ exitCode: EXIT.configuration })).toBe("FailJob");
  expect(judge({ exitCode: EXIT.data })).toBe("FailJob");
});

test.each([EXIT.transient, 1, 137, 143])("exit code %i is left to the operator's retries", (exitCode) => {
  expect(judge({ exitCode })).toBe("Count");
});

test.each([137, 143, EXIT.configuration, EXIT.data, EXIT.transient])(
  "an evicted pod is replaced and costs no attempt, whatever its exit code (%i)",
  (exitCode) => {
    expect(judge({ exitCode, disrupted: true })).toBe("Ignore");
  },
);

test("the rules are ones that the API server accepts", () => {
  for (const { onExitCodes } of podFailurePolicy.rules) {
    if (onExitCodes === undefined) continue;
    expect(onExitCodes.containerName).toBe(TASK_CONTAINER);
    expect(onExitCodes.values).not.toContain(EXIT.done);
    expect(onExitCodes.values).toEqual([...new Set(onExitCodes.values)].sort((a, b) => a - b));
  }
});
