import { unpackPlan } from "../../api/packing.ts";
import { type ResultExpectation, readResult, speaksOf } from "../attempt/task-end.ts";
import type { AttemptFacts } from "../facts.ts";

/**
 * The plan that an attempt of the planning Job has said, by the channel or by its termination message, as the status is to hold it;
 * undefined where there is none that can be read.
 */
export function saidPlan({ pods }: AttemptFacts, expected: ResultExpectation): string | undefined {
  for (const { pushed, terminated } of pods.toReversed()) {
    const heard = pushed !== undefined && speaksOf(pushed.result, expected) ? pushed.result.plan : undefined;
    const left = readResult(terminated?.message ?? "", expected);
    const plan = heard ?? (typeof left === "string" ? undefined : left.plan);
    if (plan !== undefined && unpackPlan(plan) !== undefined) return plan;
  }
  return undefined;
}
