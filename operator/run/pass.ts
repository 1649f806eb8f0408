import type { PipelineSpec } from "../api/pipeline.ts";
import type { NodeState, NodeStatus } from "../api/pipeline-run.ts";
import type { Graph } from "../graph/graph.ts";
import type { Action } from "./action.ts";
import { startAhead } from "./ahead/ahead.ts";
import type { Decision } from "./decide.ts";
import type { CopyFacts, Facts, Puzzle } from "./facts.ts";
import { makeRoom, slotsOf, withinLimits } from "./limits.ts";
import { decideNode, type NodeContext, type NodeDecision } from "./node.ts";
import { ProjectCommits } from "./project-commit.ts";
import { ruleOf } from "./readiness.ts";
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
  restsOnAbsence: boolean;
  storeFirst: boolean;
}

/** The run's everyday: each node in the order of needs, so that one pass carries an outcome all the way down. */
export function passOver(copy: Copy, facts: Facts): Decision {
  const proven = provenNodes(copy, facts);
  const slots = slotsOf(copy.spec, facts);
  const commits = new ProjectCommits(copy.spec, facts);
  const pass: Pass = {
    nodes: {},
    actions: [],
    times: [],
    puzzles: [],
    byPush: new Set(),
    restsOnAbsence: false,
    storeFirst: false,
  };
  for (const name of copy.graph.order) {
    const context = contextOf(name, copy, facts, { pass, proven, commits });
    if (context === undefined) continue;
    const decision = withinLimits(decideNode(context), context, slots);
    collect(pass, context, commits.taken(name, decision, context.stored));
  }
  const { actions, times, puzzles, restsOnAbsence, storeFirst } = pass;
  const ahead = startAhead(facts, { ...copy, nodes: pass.nodes, slots, commits, begins: storeFirst });
  return {
    verdict: judge({ ...pass.nodes, ...ahead.nodes }),
    actions: [...actions, ...ahead.actions, ...makeRoom(facts)],
    ...wakeAtFirst(...times),
    ...(puzzles.length === 0 ? {} : { puzzles }),
    ...(restsOnAbsence ? { restsOnAbsence: true as const } : {}),
    ...(storeFirst ? { storeFirst: true as const } : {}),
  };
}

function contextOf(
  name: string,
  { spec, graph }: { readonly spec: PipelineSpec; readonly graph: Graph },
  facts: Facts,
  {
    pass,
    proven,
    commits,
  }: { readonly pass: Pass; readonly proven: ReadonlySet<string>; readonly commits: ProjectCommits },
): NodeContext | undefined {
  const node = spec.nodes[name];
  if (node === undefined) return undefined;
  const names = graph.needs.get(name) ?? [];
  const needs = new Map(names.map((need) => [need, pass.nodes[need]?.state ?? ("Pending" as NodeState)]));
  const stored = facts.run.status.nodes?.[name] ?? { state: "Pending" };
  const needsStore = names.some((need) => pass.byPush.has(need));
  const commitWait = commits.waitOf(name);
  const runsCommit = commits.storedOf(name);
  return {
    ...{ name, node, pipeline: spec, facts, stored, proven: proven.has(name), rule: ruleOf(node), needs, needsStore },
    ...(commitWait === undefined ? {} : { commitWait }),
    ...(runsCommit === undefined ? {} : { runsCommit }),
  };
}

function collect(pass: Pass, { name, proven }: NodeContext, decision: NodeDecision): void {
  const { status, actions, wakeAt, puzzle } = decision;
  pass.nodes[name] = status;
  pass.actions.push(...actions);
  pass.times.push(wakeAt);
  pass.restsOnAbsence ||= decision.restsOnAbsence === true;
  pass.storeFirst ||= decision.awaitsStore === true;
  if (decision.byPush === true && !proven) pass.byPush.add(name);
  if (puzzle !== undefined) pass.puzzles.push(puzzle);
}

/** The nodes that must have succeeded, because a node that needs them has a Job; and all that those need in turn. */
function provenNodes({ spec, graph }: Copy, { attempts }: Facts): ReadonlySet<string> {
  const proven = new Set<string>();
  for (const name of graph.order.toReversed()) {
    const node = spec.nodes[name];
    if (node === undefined || !ruleOf(node).provesSuccess) continue;
    // One that was held was made before; its node is stored as started with all that it needs.
    const hasJob = attempts.get(name)?.some(({ job }) => job !== undefined && job.startsHeld !== true) ?? false;
    if (hasJob || proven.has(name)) for (const need of graph.needs.get(name) ?? []) proven.add(need);
  }
  return proven;
}
