import type { PipelineNode } from "#api/pipeline.ts";
import { endOfPacked } from "./packed-plans.ts";
import { isSuccess, type Outcome, type PartOutcome, type Plan } from "./plan.ts";
import { isFalse } from "./rule-plans.ts";

/*
 * How a story must end: a second reading of the rules, which shares no code with the operator.
 */

/** How a node ends, for those that need it: `harmless` has failed and does not count, `blocked` was skipped because of a failure. */
export type NodeEnd = "succeeded" | "failed" | "harmless" | "skipped" | "blocked";

export const STATES = {
  succeeded: "Succeeded",
  failed: "Failed",
  harmless: "Failed",
  skipped: "Skipped",
  blocked: "Skipped",
} as const satisfies Record<NodeEnd, string>;

/** How every node must end when nobody cancels: what the plan says, whatever the faults were. */
export function expectedStates(plan: Plan): Record<string, "Succeeded" | "Failed" | "Skipped"> {
  const ends = new Map<string, NodeEnd>();
  for (const [name, node] of Object.entries(plan.spec.nodes)) {
    const before = (node.needs ?? []).map((need) => ends.get(need) ?? "failed");
    const fate = fateByRule(node.triggerRule, before);
    const meets = isFalse(node.when) ? "skipped" : endOfBegun(plan, name, node);
    ends.set(name, fate === "begins" ? meets : fate);
  }
  return Object.fromEntries([...ends].map(([name, end]) => [name, STATES[end]]));
}

/** Whether the run must succeed. */
export function mustSucceed(plan: Plan): boolean {
  const states = expectedStates(plan);
  return Object.entries(plan.spec.nodes).every(
    ([name, { onFailure }]) => states[name] !== "Failed" || onFailure === "continue",
  );
}

/** What becomes of a node by the ends of those that it needs. */
export function fateByRule(
  rule: PipelineNode["triggerRule"],
  before: readonly NodeEnd[],
): "begins" | "skipped" | "blocked" {
  const has = (...ends: readonly NodeEnd[]) => before.some((end) => ends.includes(end));
  const lost = has("failed", "blocked") ? "blocked" : "skipped";
  switch (rule) {
    case "allDone":
    case "always":
      return "begins";
    case "anyFailed":
      return has("failed", "blocked") ? "begins" : "skipped";
    case "noneFailed":
      return has("failed", "blocked") ? "blocked" : "begins";
    case "anySucceeded":
      return has("succeeded") ? "begins" : lost;
    default:
      return has("failed", "blocked", "skipped") ? lost : "begins";
  }
}

function endOfBegun(plan: Plan, name: string, { onFailure }: PipelineNode): NodeEnd {
  const parts = plan.parts.get(name);
  const limit = plan.spec.retries?.limit ?? 0;
  const endOfKey = (key: string) => endOf(plan.outcomes.get(key) ?? [], limit);
  const isPacked = plan.packing?.plans.has(name) === true;
  const single = parts === undefined ? endOfKey(name) : endOfParts(parts, limit);
  const end = isPacked ? endOfPacked(plan, name, endOfKey) : single;
  if (end !== "Failed") return end === "Succeeded" ? "succeeded" : "blocked";
  return onFailure === "continue" ? "harmless" : "failed";
}

/** Failures that use the budget. */
const COUNTED: readonly Outcome[] = ["transient", "killed", "no result", "stuck", "deadline"];

/** Attempts beyond the planned ones succeed. */
function endOf(outcomes: readonly Outcome[], limit: number): "Succeeded" | "Failed" {
  let used = 0;
  for (const outcome of outcomes) {
    if (isSuccess(outcome)) return "Succeeded";
    if (outcome === "configuration" || outcome === "data") return "Failed";
    if (COUNTED.includes(outcome)) used += 1;
    if (used > limit) return "Failed";
  }
  return "Succeeded";
}

/** Whether the attempt of a node or unit is allowed after what ended the ones before it. */
export function mayFollow(plan: Plan, node: string, attempt: number): boolean {
  const limit = plan.spec.retries?.limit ?? 0;
  const parts = plan.parts.get(node)?.slice(0, attempt - 1);
  if (parts !== undefined)
    return (
      endOfParts(
        parts.filter((part) => !part.every(partSucceeds)),
        limit,
      ) === "Succeeded"
    );
  const failures = (plan.outcomes.get(node) ?? []).slice(0, attempt - 1).filter((outcome) => !isSuccess(outcome));
  return endOf(failures, limit) === "Succeeded";
}

/** Parts are tried again by their Job; only what ends all of them at once is followed by another attempt. */
function endOfParts(attempts: readonly (readonly (readonly PartOutcome[])[])[], limit: number): "Succeeded" | "Failed" {
  for (const [used, parts] of attempts.entries()) {
    const isRepeated = parts.some(([first]) => first === "stuck" || first === "no result");
    if (!isRepeated) return parts.every(partSucceeds) ? "Succeeded" : "Failed";
    if (used >= limit) return "Failed";
  }
  return "Succeeded";
}

function partSucceeds(tries: readonly PartOutcome[]): boolean {
  const last = tries.find((outcome) => outcome !== "transient" && outcome !== "killed");
  return last === "succeeds" || last === "vanishes";
}
