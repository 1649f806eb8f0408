import type { NodeState } from "../api/pipeline-run.ts";
import { listed } from "../graph/listing.ts";

/**
 * Whether a node may begin, by the states of the nodes that it needs.
 *
 * | readiness | what is true                                         | by the rule that all must have succeeded |
 * |-----------|------------------------------------------------------|------------------------------------------|
 * | due       | it may begin                                         | all have succeeded                       |
 * | waits     | it may begin once the named nodes meet the rule      | the others may still succeed             |
 * | never     | whatever else happens, it may not begin              | one of them has ended in another way     |
 */
export type Readiness =
  | { readonly is: "due" }
  | { readonly is: "waits"; readonly for: readonly string[] }
  | { readonly is: "never"; readonly why: string };

/** When a node may begin. All that a run does with what nodes need follows from its rule. */
export interface ReadinessRule {
  readonly readinessOf: (needs: ReadonlyMap<string, NodeState>) => Readiness;
  /** States of a needed node that let the node begin, as far as that one is concerned. */
  readonly meets: readonly NodeState[];
  /** A node of this rule that has begun proves that all that it needs has succeeded. */
  readonly provesSuccess: boolean;
}

/** States of a node that has ended without success. */
const LOST: readonly NodeState[] = ["Failed", "Skipped", "Cancelled"];
/** States of a node that may soon have ended. */
const UNDER_WAY: readonly NodeState[] = ["Running", "Starting"];

/** All that the node needs has succeeded. */
export const ALL_SUCCEEDED: ReadinessRule = {
  readinessOf(needs) {
    const lost = [...needs].filter(([, state]) => LOST.includes(state));
    if (lost.length > 0) {
      const names = lost.map(([need, state]) => `${need} (${state})`);
      return { is: "never", why: `needs ${listed(names, 1000)}` };
    }
    const awaited = [...needs].flatMap(([need, state]) => (state === "Succeeded" ? [] : [need]));
    return awaited.length === 0 ? { is: "due" } : { is: "waits", for: awaited };
  },
  meets: ["Succeeded"],
  provesSuccess: true,
};

/** The first needed node that neither meets the rule nor may soon do so: it has not begun, waits, is tried again, or has ended. */
export function blockedBy({ meets }: ReadinessRule, needs: ReadonlyMap<string, NodeState>): string | undefined {
  return [...needs].find(([, state]) => !meets.includes(state) && !UNDER_WAY.includes(state))?.[0];
}
