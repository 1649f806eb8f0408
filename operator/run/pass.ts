import type { PipelineNode } from "../api/pipeline.ts";
import type { NodeState, NodeStatus } from "../api/pipeline-run.ts";
import type { Action } from "./action.ts";
import { startAhead } from "./ahead/ahead.ts";
import type { Decision } from "./decide.ts";
import type { CopyFacts, Facts, Puzzle } from "./facts.ts";
import { makeRoom, slotsOf, withinLimits } from "./limits.ts";
import { decideNode, type NodeContext, type NodeDecision, TERMINAL } from "./node.ts";
import type { NodeKinds } from "./node-kinds/node-kind.ts";
import { begunNodes, livingNodes, ownNodeOf } from "./node-kinds/own-nodes.ts";
import { packNodes } from "./packing/packed-status.ts";
import { beginsByItsRule, closedBy, deadlineOf, ruleOf } from "./packing/unit-rule.ts";
import { ProjectCommits } from "./project-commit.ts";
import { ProjectPackages } from "./project-packages.ts";
import type { ReadinessRule, Stand } from "./readiness.ts";
import { conditionState } from "./rules/condition.ts";
import { type FinallyGate, finallyGate, finallyRule, hasFinally } from "./rules/finally.ts";
import { endOf, standOf, tolerates } from "./rules/stands.ts";
import { isLive } from "./stop-jobs.ts";
import { wakeAtFirst } from "./time.ts";
import { judge } from "./verdict.ts";

const WITHOUT_SUCCESS: readonly NodeState[] = ["Failed", "Skipped", "Cancelled"];

type Copy = Extract<CopyFacts, { readonly state: "read" }>;

/** What a pass over the nodes of a run has come to so far. */
interface Pass {
  readonly nodes: Record<string, NodeStatus>;
  readonly actions: Action[];
  readonly times: (number | undefined)[];
  readonly puzzles: Puzzle[];
  /** Nodes that have succeeded by a push alone, which is not stored yet. */
  readonly byPush: Set<string>;
  /** Of packed nodes of which a unit has failed, that unit. */
  readonly failed: Map<string, string>;
  restsOnAbsence: boolean;
  storeFirst: boolean;
}

/** What the nodes of one pass share. */
interface Surroundings {
  readonly pass: Pass;
  readonly proven: ReadonlySet<string>;
  readonly commits: ProjectCommits;
  readonly packages: ProjectPackages;
  readonly kinds: NodeKinds;
  readonly gate: FinallyGate | undefined;
  /** Nodes of other kinds than Jobs of which something works. */
  readonly living: ReadonlySet<string>;
}

/** The run's everyday: each node in the order of needs, so that one pass carries an outcome all the way down. */
export function passOver(copy: Copy, facts: Facts, kinds: NodeKinds): Decision {
  const proven = provenNodes(copy, facts, begunNodes(facts, kinds));
  const slots = slotsOf(copy, facts);
  const commits = new ProjectCommits(copy.spec, facts);
  const packages = new ProjectPackages(copy.spec, facts);
  const living = livingNodes(facts, kinds);
  const gate = hasFinally(copy.spec) ? finallyGate(copy.spec, facts, living) : undefined;
  const pass: Pass = {
    nodes: {},
    actions: [],
    times: [],
    puzzles: [],
    byPush: new Set(),
    failed: failedUnits(copy, facts),
    restsOnAbsence: false,
    storeFirst: false,
  };
  for (const name of copy.graph.order) {
    const context = contextOf(name, copy, facts, { pass, proven, commits, packages, kinds, gate, living });
    if (context === undefined) continue;
    const decision = withinLimits(decideNode(context), context, slots);
    collect(pass, context, packages.taken(name, commits.taken(name, decision, context.stored), context.stored));
  }
  // A unit that waits for the place of one that has ended begins when that is stored.
  if (slots.units.hasFreed(pass.nodes)) pass.storeFirst = true;
  const { actions, times, puzzles, restsOnAbsence, storeFirst } = pass;
  const ahead = startAhead(facts, { ...copy, nodes: pass.nodes, slots, commits, kinds, begins: storeFirst });
  return {
    verdict: {
      ...judge(packNodes({ ...pass.nodes, ...ahead.nodes }), copy.spec),
      nodes: { ...pass.nodes, ...ahead.nodes },
    },
    actions: [...actions, ...ahead.actions, ...makeRoom(facts)],
    ...wakeAtFirst(...times),
    ...(puzzles.length === 0 ? {} : { puzzles }),
    ...(restsOnAbsence ? { restsOnAbsence: true as const } : {}),
    ...(storeFirst ? { storeFirst: true as const } : {}),
  };
}

function contextOf(name: string, copy: Copy, facts: Facts, around: Surroundings): NodeContext | undefined {
  const { pass, proven, commits, packages, kinds, gate, living } = around;
  const { spec } = copy;
  const node = spec.nodes[name];
  if (node === undefined) return undefined;
  const byRule = beginsByItsRule(name, copy);
  const last = gate !== undefined && node.finally === true ? gate : undefined;
  const named = ruleOf(name, copy);
  const rule = last !== undefined && byRule ? finallyRule(named, last, spec, facts.now) : named;
  const needed = byRule ? needsByRule(name, rule, { copy, facts, pass, living }) : needsOfUnit(name, copy, facts, pass);
  const awaitsOthers = byRule && last !== undefined && last.open.length > 0 && haveEnded(last.open, pass);
  const stored = storedOf(facts, name);
  const commitWait = commits.waitOf(name);
  const runsCommit = commits.storedOf(name);
  const own = ownNodeOf(name, node, facts, kinds);
  return {
    ...{ name, node, pipeline: spec, facts, stored, proven: proven.has(name), ...needed },
    rule,
    packages: packages.chosenFor(name),
    ...(awaitsOthers ? { needsStore: true } : {}),
    ...(byRule && node.when !== undefined ? { condition: () => conditionState(name, spec, facts, pass.nodes) } : {}),
    ...(last?.endsAt === undefined ? {} : { finallyEndsAt: last.endsAt }),
    ...(commitWait === undefined ? {} : { commitWait }),
    ...(runsCommit === undefined ? {} : { runsCommit }),
    ...(own === undefined ? {} : { own }),
    ...packingContext(name, copy, facts, pass),
  };
}

/** How the nodes stand that a node needs, and whether it could begin were all of this pass stored. */
function needsByRule(
  name: string,
  rule: ReadinessRule,
  { copy, facts, pass, living }: Pick<Surroundings, "pass" | "living"> & { readonly copy: Copy; readonly facts: Facts },
): Pick<NodeContext, "needs" | "needsStore" | "needsAbsence"> {
  const { spec, graph, packed } = copy;
  const node = spec.nodes[name] as PipelineNode;
  const needs = new Map<string, Stand>();
  const soon = new Map<string, Stand>();
  let isUnseen = false;
  for (const need of graph.needs.get(name) ?? []) {
    const now = pass.nodes[need] ?? { state: "Pending" };
    const tolerated = tolerates(node, need, spec.nodes[need]);
    const attempts = (packed?.get(need) ?? [need]).flatMap((key) => facts.attempts.get(key) ?? []);
    const lives = () => living.has(need) || attempts.some(isLive);
    isUnseen ||= now.state === "Failed" && attempts.every(({ job }) => job === undefined);
    needs.set(need, standOf({ now, stored: storedOf(facts, need), lives, tolerated }, rule));
    soon.set(need, endOf(now, tolerated));
  }
  const then = rule.readinessOf(soon).is;
  // A node that will never begin is skipped with what it is skipped for.
  if (then === "never") return { needs: soon, needsStore: false };
  const byPush = [...needs.keys()].some((need) => pass.byPush.has(need));
  const isHeldUp = byPush || rule.readinessOf(needs).is === "waits";
  return { needs, needsStore: isHeldUp && then === "due", ...(isUnseen ? { needsAbsence: true as const } : {}) };
}

/** Whether these nodes have ended in this pass: once that is stored, nothing waits for them. */
function haveEnded(names: readonly string[], { nodes }: Pass): boolean {
  return names.every((name) => TERMINAL.includes(nodes[name]?.state ?? "Pending"));
}

/** The same of a part of a packed node, which needs other parts. */
function needsOfUnit(name: string, { graph, units }: Copy, facts: Facts, pass: Pass) {
  const names = graph.needs.get(name) ?? [];
  const stateOf = (need: string): NodeState => pass.nodes[need]?.state ?? "Pending";
  const goesOn = units?.get(name)?.goesOn === true;
  return {
    needs: new Map(names.map((need) => [need, goesOn ? stateAfter(need, stateOf(need), facts) : stateOf(need)])),
    needsStore: names.some((need) => pass.byPush.has(need)),
  };
}

/** The state of a unit for one that goes on after its failure: it has ended when that is stored and nothing of it lives any more. */
function stateAfter(need: string, state: NodeState, facts: Facts): NodeState {
  if (state !== "Failed") return state;
  const isOver = storedOf(facts, need).state === "Failed" && !facts.attempts.get(need)?.some(isLive);
  return isOver ? state : "Running";
}

function storedOf({ run }: Facts, name: string): NodeStatus {
  return run.status.nodes?.[name] ?? { state: "Pending" };
}

/** What a node's decision depends on where it is packed, or is a part of a packed one. */
function packingContext(
  name: string,
  { spec, units, packed }: Copy,
  facts: Facts,
  { nodes, failed }: Pass,
): Partial<NodeContext> {
  const unit = units?.get(name);
  if (unit !== undefined) {
    const node = spec.nodes[name] as PipelineNode;
    const deadline = deadlineOf(node, storedOf(facts, unit.node));
    const closed = closedBy({ unit, node, deadline, failed: failed.get(unit.node), now: facts.now });
    return { unit, ...(deadline === undefined ? {} : { deadline }), ...(closed === undefined ? {} : { rule: closed }) };
  }
  const keys = packed?.get(name);
  if (keys === undefined) return {};
  const parts = keys.map((key) => {
    const before = storedOf(facts, key);
    return { key, unit: units?.get(key)?.unit ?? "", before, now: nodes[key] ?? before };
  });
  return { parts };
}

/** A unit of each packed node that has failed by what is stored. */
function failedUnits({ units = new Map() }: Copy, facts: Facts): Map<string, string> {
  return new Map(
    [...units].flatMap(([key, { node }]) => (storedOf(facts, key).state === "Failed" ? [[node, key] as const] : [])),
  );
}

function collect(pass: Pass, { name, unit, proven }: NodeContext, decision: NodeDecision): void {
  const { status, actions, wakeAt, puzzle } = decision;
  pass.nodes[name] = status;
  pass.actions.push(...actions);
  pass.times.push(wakeAt);
  pass.restsOnAbsence ||= decision.restsOnAbsence === true;
  pass.storeFirst ||= decision.awaitsStore === true;
  if (decision.byPush === true && !proven) pass.byPush.add(name);
  if (unit !== undefined && status.state === "Failed") pass.failed.set(unit.node, name);
  if (puzzle !== undefined) pass.puzzles.push(puzzle);
}

/** The nodes that must have succeeded, because a node that needs them has a Job or is seen to have begun; and all that those need in turn. */
function provenNodes(copy: Copy, facts: Facts, begun: ReadonlySet<string>): ReadonlySet<string> {
  const { spec, graph } = copy;
  const { attempts } = facts;
  const proven = new Set<string>();
  for (const name of graph.order.toReversed()) {
    if (spec.nodes[name] === undefined || !ruleOf(name, copy).provesSuccess) continue;
    // One that was held was made before; its node is stored as started with all that it needs.
    const hasJob = attempts.get(name)?.some(({ job }) => job !== undefined && job.startsHeld !== true) ?? false;
    // One that has ended without success may never have begun.
    const hasSucceeded = proven.has(name) && !WITHOUT_SUCCESS.includes(storedOf(facts, name).state);
    if (hasJob || begun.has(name) || hasSucceeded) for (const need of graph.needs.get(name) ?? []) proven.add(need);
  }
  return proven;
}
