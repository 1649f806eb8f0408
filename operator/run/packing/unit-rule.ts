import { durationMs } from "../../api/duration.ts";
import { END_UNIT, PLAN_UNIT } from "../../api/packing.ts";
import type { PipelineNode, PipelineSpec } from "../../api/pipeline.ts";
import type { NodeStatus } from "../../api/pipeline-run.ts";
import type { ReadinessRule, Stand } from "../readiness.ts";
import { ALL_SUCCEEDED, triggerRuleOf } from "../rules/trigger-rules.ts";
import { parseTime } from "../time.ts";
import type { Expanded, UnitFacts } from "./expand.ts";

const ENDED: readonly Stand[] = ["Succeeded", "Failed"];
const LOST: readonly Stand[] = ["Skipped", "Cancelled"];

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

/** The nodes of a run, some of which may be parts of packed ones. */
export interface RuledNodes {
  readonly spec: Pick<PipelineSpec, "nodes">;
  readonly units?: Expanded["units"];
  readonly packed?: Expanded["packed"];
}

/** The rule of a node, for what the graph says that it needs: of a packed node its first part begins by the rule that the node names. */
export function ruleOf(name: string, { spec, units, packed }: RuledNodes): ReadinessRule {
  const unit = units?.get(name);
  if (unit !== undefined && unit.unit !== PLAN_UNIT) return unitRule(unit);
  return packed?.has(name) === true ? ALL_SUCCEEDED : triggerRuleOf(spec.nodes[name] ?? {});
}

/** Whether a node begins as its manifest says: all do but packed ones and those of their parts that come after the first. */
export function beginsByItsRule(name: string, { units, packed }: Omit<RuledNodes, "spec">): boolean {
  const unit = units?.get(name);
  return unit === undefined ? packed?.has(name) !== true : unit.unit === PLAN_UNIT;
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
