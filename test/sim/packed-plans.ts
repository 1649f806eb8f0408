import { END_UNIT, PLAN_UNIT, type PlannedUnit, packPlan, splitUnitKey, unitKey } from "#api/packing.ts";
import { PipelineSpec } from "#api/pipeline.ts";
import type { Random } from "../../operator/kube/clock.ts";
import type { Outcome, Plan } from "./plan.ts";

/** A part of a packed node, as the plan of a story has it. */
export interface SimUnit {
  readonly needs: readonly string[];
  /** It begins when what it needs has ended: `fails` is then no reason to skip it. */
  readonly goesOn: boolean;
  readonly isLast: boolean;
}

/** What the nodes of a story need, and how the Jobs of packed ones hang together. */
export interface SimPacking {
  /** Each packed node's plan as its first Job says it. */
  readonly plans: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, SimUnit>;
}

const OUTCOMES: readonly Outcome[] = ["data", "transient", "killed", "stuck", "succeeds, then killed", "no result"];

/** The same plan, in which some nodes of kelt's own verbs are dbt projects that several Jobs build. */
export function withPacking(plan: Plan, random: Random): Plan {
  const int = (max: number) => Math.floor(random() * max);
  const limit = plan.spec.retries?.limit ?? 0;
  const plans = new Map<string, string>();
  const units = new Map<string, SimUnit>();
  const outcomes = new Map(plan.outcomes);
  const pushing = new Map<string, boolean>();
  const nodes = Object.entries(plan.spec.nodes).map(([name, { test, ...rest }]) => {
    if (test === undefined || random() < 0.4) return [name, { ...rest, test }];
    const planned = randomUnits(random);
    const hasEnd = random() < 0.5;
    plans.set(name, packPlan({ project: "f".repeat(64), hasEnd, units: planned }));
    for (const [key, unit] of partsOf(name, rest.needs ?? [], planned, hasEnd)) {
      units.set(key, unit);
      const dice = () => (random() < 0.8 ? "succeeds" : (OUTCOMES[int(OUTCOMES.length)] ?? "killed"));
      outcomes.set(key, Array.from({ length: limit + 1 }, dice));
      pushing.set(key, random() < 0.7);
    }
    outcomes.delete(name);
    const project = { configMap: "models" };
    const packed = { command: "build", packing: "model", threads: 1 + int(3) };
    return [name, { ...rest, transform: { connection: "warehouse", schema: "a", project, ...packed } }];
  });
  return {
    ...plan,
    outcomes,
    packing: { plans, units },
    spec: PipelineSpec.parse({ ...plan.spec, nodes: Object.fromEntries(nodes) }),
    pushes: (key, attempt) => {
      const pushes = pushing.get(key);
      return pushes === undefined ? plan.pushes(key, attempt) : pushes ? "the result" : "nothing";
    },
  };
}

function randomUnits(random: Random): readonly PlannedUnit[] {
  const count = Math.floor(random() * 5);
  return Array.from({ length: count }, (_, index) => {
    const needs = Array.from({ length: index }, (__, before) => before).filter(() => random() < 0.4);
    return { name: `u${index}`, needs, ...(random() < 0.2 ? { goesOn: true as const } : {}) };
  });
}

function partsOf(
  node: string,
  needs: readonly string[],
  planned: readonly PlannedUnit[],
  hasEnd: boolean,
): readonly (readonly [string, SimUnit])[] {
  const first = unitKey(node, PLAN_UNIT);
  const middle = planned.map(({ name, needs: before, goesOn = false }) => {
    const others = before.map((index) => unitKey(node, planned[index]?.name ?? ""));
    return [unitKey(node, name), { needs: [first, ...others], goesOn, isLast: false }] as const;
  });
  const last = { needs: [first, ...middle.map(([key]) => key)], goesOn: true, isLast: true };
  return [
    [first, { needs, goesOn: false, isLast: false }],
    ...middle,
    ...(hasEnd ? [[unitKey(node, END_UNIT), last] as const] : []),
  ];
}

/** The parts of a packed node; none of any other. */
export function partsIn({ packing }: Plan, node: string): readonly string[] {
  return [...(packing?.units.keys() ?? [])].filter((key) => splitUnitKey(key).node === node);
}

/** The node of the spec that a node or a part of one is. */
export function nodeOf({ spec }: Plan, key: string): PipelineSpec["nodes"][string] | undefined {
  return spec.nodes[splitUnitKey(key).node];
}

/** What must have ended well before a node or a part of a packed one begins; of one that goes on nothing need have. */
export function needsOf(plan: Plan, key: string): readonly string[] {
  const unit = plan.packing?.units.get(key);
  if (unit === undefined) return plan.spec.nodes[key]?.needs ?? [];
  return unit.goesOn ? [] : unit.needs;
}

/** What must have ended, well or not, before it begins. */
export function endsBefore(plan: Plan, key: string): readonly string[] {
  const unit = plan.packing?.units.get(key);
  return unit?.goesOn === true ? unit.needs : [];
}

type End = "Succeeded" | "Failed" | "Skipped";

/** How a packed node must end that has begun. */
export function endOfPacked(plan: Plan, node: string, endOf: (key: string) => End): End {
  const [first = "", ...others] = partsIn(plan, node);
  const planned = endOf(first);
  if (planned !== "Succeeded") return planned;
  const ends = new Map<string, End>([[first, planned]]);
  for (const key of others) ends.set(key, isLost(plan, key, ends) ? "Skipped" : endOf(key));
  return [...ends.values()].includes("Failed") ? "Failed" : "Succeeded";
}

/** Whether a part cannot begin, because of what came before it. What comes last always does. */
function isLost({ packing }: Plan, key: string, ends: ReadonlyMap<string, End>): boolean {
  const unit = packing?.units.get(key);
  if (unit === undefined || unit.isLast) return false;
  const before = unit.needs.map((need) => ends.get(need));
  return before.some((end) => (unit.goesOn ? end === "Skipped" : end !== "Succeeded"));
}
