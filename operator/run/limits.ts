import type { PipelineSpec } from "../api/pipeline.ts";
import type { Action } from "./action.ts";
import type { Facts, Trouble } from "./facts.ts";
import { type NodeContext, type NodeDecision, TERMINAL } from "./node.ts";
import { waitForSlot } from "./node-waits.ts";
import { UnitSlots, type UnitsOf } from "./packing/unit-slots.ts";
import { isLive, jobsToSpare } from "./stop-jobs.ts";

/** How many nodes more may be at work: of the run, and in its namespace. Counted down while nodes are let in, in the order of needs. */
export interface Slots {
  run: number;
  namespace: number;
  /** Of packed nodes. */
  readonly units: UnitSlots;
}

/** A node is at work while a Job of it lives, also when its verdict is known. */
export function slotsOf(copy: UnitsOf, facts: Facts): Slots {
  const { parallelism = Number.POSITIVE_INFINITY } = copy.spec;
  const live = [...facts.attempts.values()].filter((attempts) => attempts.some(isLive)).length;
  const units = new UnitSlots(copy, facts.run.status.nodes);
  return { run: parallelism - live, namespace: facts.room ?? Number.POSITIVE_INFINITY, units };
}

/** The decision as it stands, unless it makes a Job and no slot is free: the node waits then, and says for what. */
export function withinLimits(decision: NodeDecision, context: NodeContext, slots: Slots): NodeDecision {
  if (!decision.actions.some((action) => action.do === "createJob")) return decision;
  if (!slots.units.take(context.name)) return { status: context.stored, actions: [] };
  const full = fullOf(slots, context.pipeline);
  if (full !== undefined) return waitForSlot(context, full);
  slots.run -= 1;
  slots.namespace -= 1;
  return decision;
}

function fullOf(slots: Slots, { parallelism }: PipelineSpec): Trouble | undefined {
  if (slots.run <= 0) {
    return { reason: "RunParallelism", message: `spec.parallelism lets ${parallelism} nodes of a run work at once` };
  }
  if (slots.namespace > 0) return undefined;
  const message = "as many nodes are at work in the namespace as the operator's installation allows";
  return { reason: "NamespaceLimit", message };
}

/**
 * Deletions of finished Jobs, one for each Job that a quota of Jobs refuses: those of runs that have ended first, then this run's, the
 * oldest first. Their verdicts are stored; their logs go before Kubernetes collects them.
 */
export function makeRoom(facts: Facts): Action[] {
  const refused = [...facts.refusals].filter(
    ([name, { reason, message }]) =>
      reason === "QuotaExceeded" && /jobs\.batch/.test(message) && !isStored(facts, name, TERMINAL),
  );
  if (refused.length === 0) return [];
  const others = facts.spare ?? [];
  const ownGoing = [...facts.attempts.values()].flat().filter(({ job }) => job?.deleting === true).length;
  const going = ownGoing + others.filter(({ deleting }) => deleting).length;
  const spare = [...facts.attempts].flatMap(([node, attempts]) =>
    isStored(facts, node, [...TERMINAL, "Retrying"]) ? jobsToSpare(node, attempts) : [],
  );
  const own = spare.toSorted((a, b) => a.created - b.created || (a.name < b.name ? -1 : 1));
  return [...others.filter(({ deleting }) => deleting !== true), ...own]
    .slice(0, Math.max(0, refused.length - going))
    .map(({ node, name, uid }) => ({ do: "deleteJob", node, name, uid, why: "a quota has no room for the next Job" }));
}

function isStored(facts: Facts, node: string, states: readonly string[]): boolean {
  return states.includes(facts.run.status.nodes?.[node]?.state ?? "Pending");
}
