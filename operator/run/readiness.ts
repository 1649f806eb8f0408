import type { NodeState } from "../api/pipeline-run.ts";
import { listed } from "../graph/listing.ts";

/**
 * Whether a node may begin, by the states of the nodes that it needs. The one rule: all of them have succeeded.
 *
 * | readiness | what is true of the nodes that it needs |
 * |-----------|------------------------------------------|
 * | due       | all have succeeded                       |
 * | waits     | the others may still succeed             |
 * | never     | one of them has ended in another way     |
 */
export type Readiness =
  | { readonly is: "due" }
  | { readonly is: "waits"; readonly for: readonly string[] }
  | { readonly is: "never"; readonly why: string };

/** States of a node that has ended without success. */
const LOST: readonly NodeState[] = ["Failed", "Skipped", "Cancelled"];

export function readinessOf(needs: ReadonlyMap<string, NodeState>): Readiness {
  const lost = [...needs].filter(([, state]) => LOST.includes(state));
  if (lost.length > 0) {
    return {
      is: "never",
      why: `needs ${listed(
        lost.map(([need, state]) => `${need} (${state})`),
        1000,
      )}`,
    };
  }
  const awaited = [...needs].flatMap(([need, state]) => (state === "Succeeded" ? [] : [need]));
  return awaited.length === 0 ? { is: "due" } : { is: "waits", for: awaited };
}
