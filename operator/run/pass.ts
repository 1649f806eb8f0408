import type { PipelineNode } from "../api/pipeline.ts";
import type { NodeState, NodeStatus } from "../api/pipeline-run.ts";
import type { Action } from "./action.ts";
import { startAhead } from "./ahead/ahead.ts";
import type { Decision } from "./decide.ts";
import type { CopyFacts, Facts, Puzzle } from "./facts.ts";
import { makeRoom, slotsOf, withinLimits } from "./limits.ts";
import { decideNode, type NodeContext, type NodeDecision } from "./node.ts";
import type { NodeKinds } from "./node-kinds/node-kind.ts";
import { begunNodes, ownNodeOf } from "./node-kinds/own-nodes.ts";
import { packNodes } from "./packing/packed-status.ts";
import { closedBy, deadlineOf, ruleOf } from "./packing/unit-rule.ts";
import { ProjectCommits } from "./project-commit.ts";
import { ProjectPackages } from "./project-packages.ts";
import { isLive } from "./stop-jobs.ts";
import { wakeAtFirst } from "./time.ts";
import { judge } from "./verdict.ts";

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
}

/** The run's everyday: each node in the order of needs, so that one pass carries an outcome all the way down. */
export function passOver(copy: Copy, facts: Facts, kinds: NodeKinds): Decision {
  const proven = provenNodes(copy, facts, begunNodes(facts, kinds));
  const slots = slotsOf(copy, facts);
  const commits = new ProjectCommits(copy.spec, facts);
  const packages = new ProjectPackages(copy.spec, facts);
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
    const context = contextOf(name, copy, facts, { pass, proven, commits, packages, kinds });
    if (context === undefined) continue;
    const decision = withinLimits(decideNode(context), context, slots);
    collect(pass, context, packages.taken(name, commits.taken(name, decision, context.stored), context.stored));
  }
  // A unit that waits for the place of one that has ended begins when that is stored.
  if (slots.units.hasFreed(pass.nodes)) pass.storeFirst = true;
  const { actions, times, puzzles, restsOnAbsence, storeFirst } = pass;
  const ahead = startAhead(facts, { ...copy, nodes: pass.nodes, slots, commits, kinds, begins: storeFirst });
  return {
    verdict: { ...judge(packNodes({ ...pass.nodes, ...ahead.nodes })), nodes: { ...pass.nodes, ...ahead.nodes } },
    actions: [...actions, ...ahead.actions, ...makeRoom(facts)],
    ...wakeAtFirst(...times),
    ...(puzzles.length === 0 ? {} : { puzzles }),
    ...(restsOnAbsence ? { restsOnAbsence: true as const } : {}),
    ...(storeFirst ? { storeFirst: true as const } : {}),
  };
}

function contextOf(name: string, copy: Copy, facts: Facts, around: Surroundings): NodeContext | undefined {
  const { pass, proven, commits, packages, kinds } = around;
  const { spec, graph } = copy;
  const node = spec.nodes[name];
  if (node === undefined) return undefined;
  const names = graph.needs.get(name) ?? [];
  const standsOf = (need: string): NodeState => pass.nodes[need]?.state ?? "Pending";
  const goesOn = copy.units?.get(name)?.goesOn === true;
  const needs = new Map(names.map((need) => [need, goesOn ? endOf(need, standsOf(need), facts) : standsOf(need)]));
  const stored = storedOf(facts, name);
  const needsStore = names.some((need) => pass.byPush.has(need));
  const commitWait = commits.waitOf(name);
  const runsCommit = commits.storedOf(name);
  const own = ownNodeOf(name, node, facts, kinds);
  return {
    ...{ name, node, pipeline: spec, facts, stored, proven: proven.has(name), needs, needsStore },
    rule: ruleOf(name, copy),
    packages: packages.chosenFor(name),
    ...(commitWait === undefined ? {} : { commitWait }),
    ...(runsCommit === undefined ? {} : { runsCommit }),
    ...(own === undefined ? {} : { own }),
    ...packingContext(name, copy, facts, pass),
  };
}

/** The state of a unit for one that goes on after its failure: it has ended when that is stored and nothing of it lives any more. */
function endOf(need: string, state: NodeState, facts: Facts): NodeState {
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
function provenNodes(copy: Copy, { attempts }: Facts, begun: ReadonlySet<string>): ReadonlySet<string> {
  const { spec, graph } = copy;
  const proven = new Set<string>();
  for (const name of graph.order.toReversed()) {
    if (spec.nodes[name] === undefined || !ruleOf(name, copy).provesSuccess) continue;
    // One that was held was made before; its node is stored as started with all that it needs.
    const hasJob = attempts.get(name)?.some(({ job }) => job !== undefined && job.startsHeld !== true) ?? false;
    if (hasJob || begun.has(name) || proven.has(name)) for (const need of graph.needs.get(name) ?? []) proven.add(need);
  }
  return proven;
}
