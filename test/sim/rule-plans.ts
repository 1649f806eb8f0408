import { TRIGGER_RULES, type TriggerRule } from "#api/nodes/rules.ts";
import { PLAN_UNIT, splitUnitKey } from "#api/packing.ts";
import { type PipelineNode, PipelineSpec } from "#api/pipeline.ts";
import type { NodeStatus } from "#api/pipeline-run.ts";
import type { Random } from "../../operator/kube/clock.ts";
import { TERMINAL } from "../../operator/run/node.ts";
import { needsOf, nodeOf } from "./packed-plans.ts";
import type { Plan } from "./plan.ts";

/** Conditions over what is the same however often a node is tried. */
const CONDITIONS = ["run.pipeline == 'p'", "run.pipeline != 'p'"] as const;
export const isFalse = (when: string | undefined) => when === CONDITIONS[1];

/** The same plan, in which some nodes begin by other rules or on a condition, some come last, and some may fail without harm. */
export function withRules(plan: Plan, random: Random): Plan {
  const last = lastNodes(plan, random);
  const nodes = Object.entries(plan.spec.nodes).map(([name, node]) => {
    const looks = (node.needs ?? []).length > 0;
    const rules = looks ? TRIGGER_RULES : (["allDone", "noneFailed", "always"] as const);
    const rule = random() < 0.5 ? { triggerRule: rules[Math.floor(random() * rules.length)] as TriggerRule } : {};
    const when = random() < 0.2 ? { when: CONDITIONS[Math.floor(random() * 2)] } : {};
    const harmless = random() < 0.2 ? { onFailure: "continue" } : {};
    return [name, { ...node, ...rule, ...when, ...harmless, ...(last.has(name) ? { finally: true } : {}) }];
  });
  return { ...plan, spec: PipelineSpec.parse({ ...plan.spec, nodes: Object.fromEntries(nodes) }) };
}

/** Some nodes that no other one needs but for nodes of the same kind. */
function lastNodes({ spec }: Plan, random: Random): ReadonlySet<string> {
  const last = new Set<string>();
  for (const [name] of Object.entries(spec.nodes).toReversed()) {
    const dependents = Object.entries(spec.nodes).filter(([, { needs = [] }]) => needs.includes(name));
    if (random() < 0.3 && dependents.every(([other]) => last.has(other))) last.add(name);
  }
  return last;
}

/** What a check may look at when a node begins. */
export interface Scene {
  readonly stored: (node: string) => NodeStatus | undefined;
  /** Whether its work is known to be done: what its pods say, or what is stored. */
  readonly succeeded: (node: string) => boolean;
  /** Whether a Job of it may still work. */
  readonly lives: (node: string) => boolean;
}

/** Whether a node, or a part of a packed one, begins by what its manifest says, and not by how parts follow each other. */
export function isRuled(plan: Plan, key: string): boolean {
  const { unit } = splitUnitKey(key);
  return plan.packing?.plans.has(key) !== true && (unit === undefined || unit === PLAN_UNIT);
}

/** Whether a node of this rule may only begin when none of what it needs is under way. */
export function looksAtAll(plan: Plan, key: string): boolean {
  return !["anyFailed", "anySucceeded", "always"].includes(nodeOf(plan, key)?.triggerRule ?? "allSucceeded");
}

/** Why a node must not begin at this moment: an empty list if it may. */
export function brokenRules(plan: Plan, key: string, scene: Scene): readonly string[] {
  const needs = needsOf(plan, key);
  const ends = needs.map((need) => ({ need, end: endOf(plan.spec.nodes[need], scene.stored(need)) }));
  const failed = ends.filter(({ end }) => end === "failed");
  const node = nodeOf(plan, key);
  const rule = node?.triggerRule ?? "allSucceeded";
  const early = [
    ...(isFalse(node?.when) ? [`${key} began, and its condition is false`] : []),
    ...(node?.finally === true ? tooEarly(plan, key, scene) : []),
  ];
  if (early.length > 0) return early;
  const others = (allowed: readonly Ended[]) =>
    ends.flatMap(({ need, end }) => {
      if (scene.succeeded(need) || (end !== undefined && allowed.includes(end))) return [];
      return [`${key} (${rule}) began while ${need} was ${scene.stored(need)?.state ?? "unknown"}`];
    });
  const alive = ends.flatMap(({ need, end }) => {
    const isOver = end === "failed" || end === "harmless";
    return isOver && looksAtAll(plan, key) && scene.lives(need)
      ? [`${key} (${rule}) began beside ${need}, which has failed`]
      : [];
  });
  switch (rule) {
    case "allSucceeded":
      return [...others(["harmless"]), ...alive];
    case "allDone":
      return [...others(["harmless", "failed", "skipped"]), ...alive];
    case "noneFailed":
      return [...others(["harmless", "skipped"]), ...alive];
    case "anyFailed":
      return failed.length > 0 ? [] : [`${key} (anyFailed) began, and no failure of what it needs is stored`];
    case "anySucceeded":
      return needs.some((need) => scene.stored(need)?.state === "Succeeded")
        ? []
        : [`${key} (anySucceeded) began, and no success of what it needs is stored`];
    case "always":
      return [];
  }
}

/** What a finally node should have waited for. */
function tooEarly(plan: Plan, key: string, { stored, lives }: Scene): readonly string[] {
  const others = Object.keys(plan.spec.nodes).filter((name) => plan.spec.nodes[name]?.finally !== true);
  return others.flatMap((name) => {
    const state = stored(name)?.state ?? "Pending";
    if (!TERMINAL.includes(state)) return [`${key}, a finally node, began while ${name} was ${state}`];
    return state !== "Succeeded" && lives(name) ? [`${key}, a finally node, began beside a Job of ${name}`] : [];
  });
}

type Ended = "harmless" | "failed" | "skipped";

function endOf(node: PipelineNode | undefined, stored: NodeStatus | undefined): Ended | undefined {
  if (stored?.state === "Failed") return node?.onFailure === "continue" ? "harmless" : "failed";
  if (stored?.state === "Cancelled") return "failed";
  if (stored?.state !== "Skipped") return undefined;
  return stored.reason === "UpstreamFailed" ? "failed" : "skipped";
}
