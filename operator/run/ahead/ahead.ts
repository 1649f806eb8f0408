import type { PipelineNode, PipelineSpec } from "../../api/pipeline.ts";
import type { NodeStatus } from "../../api/pipeline-run.ts";
import { resultsNamedBy } from "../../expressions/resolve-node.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Action } from "../action.ts";
import type { Facts } from "../facts.ts";
import type { Slots } from "../limits.ts";
import { type NodeDecision, TERMINAL } from "../node.ts";
import type { NodeKinds } from "../node-kinds/node-kind.ts";
import { kindOf } from "../node-kinds/own-nodes.ts";
import type { Expanded } from "../packing/expand.ts";
import { ruleOf } from "../packing/unit-rule.ts";
import type { ProjectCommits } from "../project-commit.ts";
import { conditionState, isKnownEarly } from "../rules/condition.ts";
import { drop, heldJobs } from "./held.ts";

/*
 * Which nodes are started ahead: their pod starts while a node that they need still works, and waits (`held.ts`). This hides the start of
 * a pod, a second and more, behind the work before it.
 *
 * | a node is started ahead when all of this is true                                                                   |
 * |--------------------------------------------------------------------------------------------------------------------|
 * | a task of its namespace has been heard by this process: it would hear `go`                                         |
 * | it is of one of kelt's own verbs, of one pod, removes nothing, names no result of another node, and has no attempt yet |
 * | it and those that it waits for are done by Jobs: when another one ends is unknown                                   |
 * | the commit of its git project is stored, where it has one                                                          |
 * | all that it needs has succeeded or runs, one of these runs, and has at most one item left if it says how many      |
 * | (one that was started ahead itself, and begins while its pod is still being started, counts as one that runs:      |
 * | else pods of short nodes would start one after the other)                                                          |
 * | no node of its run waits for room, nor of its namespace for a place, and no node begins in this pass               |
 * | its rule lets it begin in an ordinary run: not anyFailed, not always, and it is no finally node                    |
 * | its condition holds, where it has one, and looks at nothing that could change before                               |
 * | spec.startAhead, spec.parallelism, the namespace's limit and the operator's own bound have room for it             |
 * | its Job was not held in vain before                                                                                |
 *
 * A held pod keeps a place from others: where one of those lacks room, held Jobs go first.
 */

/** Reasons of a node that waits for room, or may. */
const LACKS_ROOM: readonly string[] = ["NoPod", "QuotaExceeded", "Unschedulable", "RunParallelism", "NamespaceLimit"];

/** The nodes of a run as one pass has decided about them. */
export interface Decided {
  readonly spec: PipelineSpec;
  readonly graph: Graph;
  readonly nodes: Readonly<Record<string, NodeStatus>>;
  readonly slots: Slots;
  readonly commits: Pick<ProjectCommits, "isKnown">;
  readonly kinds: NodeKinds;
  /** Nodes begin in this pass, once it is stored: nothing is to hold that up. */
  readonly begins: boolean;
  readonly units?: Expanded["units"];
  readonly packed?: Expanded["packed"];
}

export interface Ahead {
  /** The nodes that have another status by it. */
  readonly nodes: Readonly<Record<string, NodeStatus>>;
  readonly actions: readonly Action[];
}

/** What is started ahead, and which held Jobs are deleted so that others have room. */
export function startAhead(facts: Facts, decided: Decided): Ahead {
  const held = heldJobs(facts, decided.nodes);
  if (facts.ahead?.yields === true || Object.values(decided.nodes).some(lacksRoom)) {
    return changed([...held].map(([name, attempt]) => [name, drop(name, attempt, "another node lacks room")]));
  }
  if (facts.ahead === undefined || decided.begins) return changed([]);
  const { run, namespace } = decided.slots;
  const room = Math.min(decided.spec.startAhead - held.size, run, namespace, facts.ahead.room);
  const names = decided.graph.order.filter((name) => mayStart(name, facts, decided));
  const placed = names.slice(0, Math.max(0, room)).filter((name) => decided.slots.units.take(name));
  return changed(placed.map((name) => [name, start(name)]));
}

function changed(decisions: readonly (readonly [string, NodeDecision])[]): Ahead {
  return {
    nodes: Object.fromEntries(decisions.map(([name, { status }]) => [name, status])),
    actions: decisions.flatMap(([, { actions }]) => actions),
  };
}

function lacksRoom({ state, reason = "" }: NodeStatus): boolean {
  return state === "Waiting" || LACKS_ROOM.includes(reason);
}

function start(name: string): NodeDecision {
  const message = "its pod is being started while a node that it needs works";
  const status: NodeStatus = { state: "Pending", attempt: 1, reason: "StartingAhead", message };
  return { status, actions: [{ do: "createJob", node: name, attempt: 1, hold: true }] };
}

function mayStart(name: string, facts: Facts, decided: Decided): boolean {
  const { spec, graph, nodes, commits } = decided;
  const node = spec.nodes[name];
  const needs = graph.needs.get(name) ?? [];
  const hasJob = facts.attempts.get(name)?.some(({ job }) => job !== undefined) ?? false;
  if (
    node === undefined ||
    decided.packed?.has(name) === true ||
    kindOf(node, decided.kinds) !== undefined ||
    !commits.isKnown(name) ||
    hasJob ||
    facts.refusals.has(name)
  )
    return false;
  if (nodes[name]?.state !== "Pending" || facts.ahead?.spent.has(name) !== false) return false;
  const { meets, isRare } = ruleOf(name, decided);
  if (isRare === true || node.finally === true || !mayHold(name, facts, decided)) return false;
  const working = needs.filter((need) => !meets.includes(nodes[need]?.state ?? "Pending"));
  return working.length > 0 && mayBeHeld(node) && working.every((need) => isAlmostDone(facts, need, decided));
}

/** Whether the condition of a node is known to hold, whatever becomes of others. */
function mayHold(name: string, facts: Facts, { spec, nodes }: Decided): boolean {
  const when = spec.nodes[name]?.when;
  return when === undefined || (isKnownEarly(when) && conditionState(name, spec, facts, nodes).is === "holds");
}

/** A node that removes files, whose parts are tried one by one, or that has results of others in its Job, begins when it is due. */
function mayBeHeld(node: PipelineNode): boolean {
  const { container, load } = node;
  const removes = load?.from.cleanup !== undefined && load.from.cleanup !== "none";
  return container === undefined && load?.fanOut === undefined && !removes && resultsNamedBy(node).length === 0;
}

/** It is unknown how long the work before takes; a task that has several things to do says when it comes to the last. */
function isAlmostDone(facts: Facts, name: string, { spec, nodes, packed, kinds }: Decided): boolean {
  const status = nodes[name];
  const node = spec.nodes[name];
  if (node === undefined || status === undefined || status.reason !== undefined) return false;
  if (kindOf(node, kinds) !== undefined) return false;
  if (status.state === "Starting") return facts.attempts.get(name)?.at(-1)?.job?.startsHeld === true;
  if (status.state !== "Running") return false;
  const parts = packed?.get(name);
  if (parts !== undefined) {
    // A plan that is not stored says nothing of what follows.
    const open = parts.filter((part) => !TERMINAL.includes(nodes[part]?.state ?? "Pending"));
    return parts.length > 1 && open.length === 1 && nodes[open[0] ?? ""]?.state === "Running";
  }
  const attempt = facts.attempts.get(name)?.at(-1);
  return (attempt?.pods.at(-1)?.itemsLeft ?? 0) <= 1;
}
