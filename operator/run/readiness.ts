import type { NodeState } from "../api/pipeline-run.ts";
import type { Reason } from "../api/reasons.ts";

/**
 * How a needed node stands, for the rule of one that needs it: its state, or one of two that a state does not tell.
 *
 * | stand          | what is true                                                                             |
 * |----------------|------------------------------------------------------------------------------------------|
 * | Tolerated      | it has failed, and those that need it go on as if it had succeeded (onFailure: continue) |
 * | UpstreamFailed | it was skipped because of a failure                                                      |
 */
export type Stand = NodeState | "Tolerated" | "UpstreamFailed";

/**
 * Whether a node may begin, by how the nodes stand that it needs. `rules/trigger-rules.ts` has the table of the rules.
 *
 * | readiness | what is true                                                                        |
 * |-----------|-------------------------------------------------------------------------------------|
 * | due       | it may begin                                                                        |
 * | waits     | it may begin once the named nodes meet the rule                                     |
 * | never     | whatever else happens, it may not begin: it is skipped, unless it counts as failed  |
 */
export type Readiness =
  | { readonly is: "due" }
  | { readonly is: "waits"; readonly for: readonly string[] }
  | {
      readonly is: "never";
      readonly why: string;
      /** UpstreamFailed unless it says another one. */
      readonly reason?: Reason;
      readonly fails?: true;
    };

/** When a node may begin. All that a run does with what nodes need follows from its rule. */
export interface ReadinessRule {
  readonly readinessOf: (needs: ReadonlyMap<string, Stand>) => Readiness;
  /** How a needed node stands that lets the node begin, as far as that one is concerned. */
  readonly meets: readonly Stand[];
  /** A node of this rule that has begun proves that all that it needs has succeeded, unless another end of it is stored. */
  readonly provesSuccess: boolean;
  /** Its nodes begin only now and then: no pod is started for one before it may begin. */
  readonly isRare?: true;
}

/** States of a node that may soon have ended. */
const UNDER_WAY: readonly Stand[] = ["Running", "Starting"];

/** The first needed node that neither meets the rule nor may soon do so: it has not begun, waits, is tried again, or has ended. */
export function blockedBy({ meets }: ReadinessRule, needs: ReadonlyMap<string, Stand>): string | undefined {
  return [...needs].find(([, stand]) => !meets.includes(stand) && !UNDER_WAY.includes(stand))?.[0];
}
