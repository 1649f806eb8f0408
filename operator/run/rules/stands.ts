import type { PipelineNode } from "../../api/pipeline.ts";
import type { NodeStatus } from "../../api/pipeline-run.ts";
import { verbOf } from "../../api/verbs/verbs.ts";
import type { ReadinessRule, Stand } from "../readiness.ts";
import { ALL_SUCCEEDED, ENDS } from "./trigger-rules.ts";

/*
 * How a needed node stands for one that needs it (`readiness.ts`). Nothing begins because of an end that could still turn out to be
 * another one, nor beside work that is to be over:
 *
 * | the needed node                                    | the rule                                     | it stands                                |
 * |----------------------------------------------------|----------------------------------------------|------------------------------------------|
 * | has succeeded                                      | one whose nodes prove that                   | so, at once                              |
 * | has succeeded                                      | another one                                  | so, once that is stored                  |
 * | has failed, was skipped or cancelled, not tolerated| all must have succeeded                      | so, at once: what needs it is skipped    |
 * | the same                                           | another one                                  | so, once that is stored and no Job of it lives |
 * | has failed, and that is tolerated                  | any                                          | the same                                 |
 *
 * Until then it stands as Running. So a node that has begun proves, by most rules, that what it needs and what has not ended by the status
 * has succeeded.
 */

export interface Needed {
  /** By this decision, and as it is stored. */
  readonly now: NodeStatus;
  readonly stored: NodeStatus;
  /** Whether a Job of it lives. */
  readonly lives: () => boolean;
  readonly tolerated: boolean;
}

/** How a needed node stands now. */
export function standOf({ now, stored, lives, tolerated }: Needed, rule: ReadinessRule): Stand {
  const stand = endOf(now, tolerated);
  if (!ENDS.includes(stand)) return stand;
  const isStored = stored.state === now.state;
  if (stand === "Succeeded") return rule.provesSuccess || isStored ? stand : "Running";
  const skips = rule === ALL_SUCCEEDED && stand !== "Tolerated";
  return skips || (isStored && !lives()) ? stand : "Running";
}

/** How it stands once all of this decision is stored. */
export function endOf({ state, reason }: NodeStatus, tolerated: boolean): Stand {
  if (state === "Failed" && tolerated) return "Tolerated";
  return state === "Skipped" && reason === "UpstreamFailed" ? "UpstreamFailed" : state;
}

/** Whether the failure of a needed node does not count for the one that needs it. One whose files it reads is never done without. */
export function tolerates(node: PipelineNode, need: string, needed: PipelineNode | undefined): boolean {
  if (needed?.onFailure !== "continue") return false;
  const verb = verbOf(node);
  return verb?.entry.needs?.(verb.said).includes(need) !== true;
}
