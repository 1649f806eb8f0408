import type { TriggerRule } from "../../api/nodes/rules.ts";
import type { PipelineNode } from "../../api/pipeline.ts";
import { listed } from "../../graph/listing.ts";
import type { Readiness, ReadinessRule, Stand } from "../readiness.ts";

/*
 * When a node begins, and when it never will (`triggerRule`). A needed node is open until it has ended; failed, where it Failed, was
 * Cancelled, or was skipped because of a failure; passed over, where it was skipped for another reason; and tolerated, where it failed and
 * that is not to count.
 *
 * | rule         | due                                     | never                                | skipped as                           |
 * |--------------|-----------------------------------------|--------------------------------------|--------------------------------------|
 * | allSucceeded | all have succeeded or are tolerated     | one has failed or is passed over     | UpstreamFailed if one has failed, else UpstreamSkipped |
 * | allDone      | none is open                            |                                      |                                      |
 * | anyFailed    | one has failed                          | none is open, and none has failed    | RuleNotMet                           |
 * | noneFailed   | none is open, and none has failed       | one has failed                       | UpstreamFailed                       |
 * | anySucceeded | one has succeeded                       | none is open, and none has succeeded | UpstreamFailed if one has failed, else UpstreamSkipped |
 * | always       | always                                  |                                      |                                      |
 */

/** A node that has ended, however it did. */
export const ENDS: readonly Stand[] = ["Succeeded", "Tolerated", "Failed", "UpstreamFailed", "Skipped", "Cancelled"];
const FAILED: readonly Stand[] = ["Failed", "UpstreamFailed", "Cancelled"];
const DUE: Readiness = { is: "due" };
const WHY_MAX = 1000;

type Needs = ReadonlyMap<string, Stand>;

/** All that the node needs has succeeded. */
export const ALL_SUCCEEDED: ReadinessRule = {
  readinessOf(needs) {
    const lost = which(needs, [...FAILED, "Skipped"]);
    if (lost.length > 0) return lostTo(needs, lost);
    const awaited = which(needs, ["Succeeded", "Tolerated"], false);
    return awaited.length === 0 ? DUE : { is: "waits", for: awaited };
  },
  meets: ["Succeeded", "Tolerated"],
  provesSuccess: true,
};

const ALL_DONE: ReadinessRule = {
  readinessOf: (needs) => openOf(needs) ?? DUE,
  meets: ENDS,
  provesSuccess: true,
};

const ANY_FAILED: ReadinessRule = {
  readinessOf(needs) {
    if (which(needs, FAILED).length > 0) return DUE;
    const why = `none of the nodes that it needs has failed: ${listed([...needs.keys()], WHY_MAX)}`;
    return openOf(needs) ?? { is: "never", why, reason: "RuleNotMet" };
  },
  meets: FAILED,
  provesSuccess: false,
  isRare: true,
};

const NONE_FAILED: ReadinessRule = {
  readinessOf(needs) {
    const failed = which(needs, FAILED);
    return failed.length > 0 ? lostTo(needs, failed) : (openOf(needs) ?? DUE);
  },
  meets: ["Succeeded", "Tolerated", "Skipped"],
  provesSuccess: true,
};

const ANY_SUCCEEDED: ReadinessRule = {
  readinessOf(needs) {
    if (which(needs, ["Succeeded"]).length > 0) return DUE;
    return openOf(needs) ?? lostTo(needs, [...needs.keys()]);
  },
  meets: ["Succeeded"],
  provesSuccess: false,
};

const ALWAYS: ReadinessRule = { readinessOf: () => DUE, meets: [], provesSuccess: false, isRare: true };

const RULES: Readonly<Record<TriggerRule, ReadinessRule>> = {
  allSucceeded: ALL_SUCCEEDED,
  allDone: ALL_DONE,
  anyFailed: ANY_FAILED,
  noneFailed: NONE_FAILED,
  anySucceeded: ANY_SUCCEEDED,
  always: ALWAYS,
};

/** The rule that a node names. */
export function triggerRuleOf({ triggerRule = "allSucceeded" }: Pick<PipelineNode, "triggerRule">): ReadinessRule {
  return RULES[triggerRule];
}

function openOf(needs: Needs): Readiness | undefined {
  const open = which(needs, ENDS, false);
  return open.length === 0 ? undefined : { is: "waits", for: open };
}

function lostTo(needs: Needs, lost: readonly string[]): Readiness {
  const names = lost.map((need) => `${need} (${said(needs.get(need))})`);
  const why = `needs ${listed(names, WHY_MAX)}`;
  return which(needs, FAILED).length > 0 ? { is: "never", why } : { is: "never", why, reason: "UpstreamSkipped" };
}

/** A stand in the words of the status. */
function said(stand: Stand = "Pending"): string {
  if (stand === "UpstreamFailed") return "Skipped";
  return stand === "Tolerated" ? "Failed" : stand;
}

/** The needed nodes that stand in one of these ways, or in none of them. */
function which(needs: Needs, stands: readonly Stand[], included = true): string[] {
  return [...needs].flatMap(([need, stand]) => (stands.includes(stand) === included ? [need] : []));
}
