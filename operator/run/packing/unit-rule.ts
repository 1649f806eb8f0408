import { durationMs } from "../../api/duration.ts";
import { END_UNIT } from "../../api/packing.ts";
import type { PipelineNode } from "../../api/pipeline.ts";
import type { NodeState, NodeStatus } from "../../api/pipeline-run.ts";
import { ALL_SUCCEEDED, type ReadinessRule } from "../readiness.ts";
import { parseTime } from "../time.ts";
import type { Expanded, UnitFacts } from "./expand.ts";

const ENDED: readonly NodeState[] = ["Succeeded", "Failed"];
const LOST: readonly NodeState[] = ["Skipped", "Cancelled"];

/** All that the unit needs has ended, well or not, and nothing of it works any more (`pass.ts`): what follows from a failure its task skips itself. */
const GOES_ON: ReadinessRule = {
  readinessOf(needs) {
    const lost = [...needs].find(([, state]) => LOST.includes(state));
    if (lost !== undefined) return { is: "never", why: `needs ${lost[0]} (${lost[1]})` };
    const awaited = [...needs].flatMap(([need, state]) => (ENDED.includes(state) ? [] : [need]));
    return awaited.length === 0 ? { is: "due" } : { is: "waits", for: awaited };
  },
  meets: ENDED,
  provesSuccess: false,
};

/** All units have ended, or have been skipped: what comes last looks at what became of each. */
const COMES_LAST: ReadinessRule = {
  readinessOf(needs) {
    const awaited = [...needs].flatMap(([need, state]) =>
      ENDED.includes(state) || LOST.includes(state) ? [] : [need],
    );
    return awaited.length === 0 ? { is: "due" } : { is: "waits", for: awaited };
  },
  meets: [...ENDED, ...LOST],
  provesSuccess: false,
};

/** The rule of a node: that of a part of a packed node may be another one. */
export function ruleOf(name: string, { units }: { readonly units?: Expanded["units"] }): ReadinessRule {
  const unit = units?.get(name);
  return unit === undefined ? ALL_SUCCEEDED : unitRule(unit);
}

function unitRule({ unit, goesOn }: UnitFacts): ReadinessRule {
  if (unit === END_UNIT) return COMES_LAST;
  return goesOn ? GOES_ON : ALL_SUCCEEDED;
}

/** When the whole of a packed node is to have ended. */
export function deadlineOf({ timeout }: PipelineNode, { started }: NodeStatus): number | undefined {
  const began = parseTime(started);
  return timeout === undefined || began === undefined ? undefined : began + durationMs(timeout);
}

interface Closing {
  readonly unit: UnitFacts;
  readonly node: PipelineNode;
  readonly deadline: number | undefined;
  /** A unit of the node that has failed. */
  readonly failed: string | undefined;
  readonly now: number;
}

/** The rule of a unit that may not begin any more: the node's time is over, or another unit has failed and the node is to fail fast. */
export function closedBy({ unit, node, deadline, failed, now }: Closing): ReadinessRule | undefined {
  if (deadline !== undefined && now >= deadline)
    return closed(`the node took longer than its timeout of ${node.timeout ?? ""}`);
  if (node.transform?.failFast !== true || failed === undefined || unit.unit === END_UNIT) return undefined;
  return closed(`${failed} has failed, and failFast lets no other unit begin`);
}

function closed(why: string): ReadinessRule {
  return { ...ALL_SUCCEEDED, readinessOf: () => ({ is: "never", why }) };
}
