import { durationMs } from "../api/duration.ts";
import type { PipelineSpec } from "../api/pipeline.ts";
import type { NodeState, NodeStatus } from "../api/pipeline-run.ts";
import type { Reason } from "../api/reasons.ts";
import type { Condition } from "../api/status.ts";
import type { Graph } from "../graph/graph.ts";
import { formatProblem, type Problem } from "../graph/problem.ts";
import { resolveConnections } from "../graph/references.ts";
import { validatePipeline } from "../graph/validate.ts";
import type { Action } from "./action.ts";
import type { Facts } from "./facts.ts";
import { partsText } from "./fan-out.ts";
import { decideNode, isLive, stopJobs, TERMINAL } from "./node.ts";
import { parseTime, timeText } from "./time.ts";

/**
 * What a run is said to be, before it is written as a status.
 *
 * | Succeeded | reason           | what is true                                      | what leaves it                             |
 * |-----------|------------------|---------------------------------------------------|--------------------------------------------|
 * | Unknown   | PipelineNotFound | the Pipeline does not exist                       | it appears, or a minute has passed         |
 * | Unknown   | Suspended        | the Pipeline is suspended and the run not begun   | resume                                     |
 * | Unknown   | Running          | the run follows its copy of the Pipeline's spec   | all nodes end; cancel; timeout             |
 * | Unknown   | Cancelling       | nodes are Cancelled, live Jobs are being stopped  | no Job lives                               |
 * | Unknown   | TimingOut        | the same after the run's timeout                  | no Job lives                               |
 * | True      | Succeeded        | every node Succeeded                              | never                                      |
 * | False     | Failed, Cancelled, TimedOut, InvalidPipeline, PipelineNotFound | the run has ended   | never                |
 *
 * The verdict Cancelling or TimingOut is stored before any Job is deleted, and the end is written when nothing lives any more.
 */
export interface Verdict {
  readonly succeeded: Condition["status"];
  readonly reason: Reason;
  readonly message: string;
  readonly nodes: Readonly<Record<string, NodeStatus>>;
  /** Set by the rule that begins the run: what it will follow from then on. */
  readonly begin?: { readonly spec: PipelineSpec; readonly generation: number };
}

export interface Decision {
  /** Absent when the stored status stands as it is. */
  readonly verdict?: Verdict;
  readonly actions: readonly Action[];
  /** When to decide again if nothing happens before. */
  readonly wakeAt?: number;
  /** The decision follows from something not being there: it holds only if the API server itself says so too. */
  readonly inferred?: true;
  /** It follows from the Pipeline and its Connections, of which a cache may show older ones: it holds only for the newest. */
  readonly copies?: true;
}

export type Rule = (facts: Facts) => Decision | undefined;

/** How long a run waits for a Pipeline that does not exist, because both may come from one apply in any order. */
const PIPELINE_WAIT_MS = 60_000;

/** The specification of a run: the first rule that has an answer gives it. */
export const rules: readonly Rule[] = [
  deleted,
  finished,
  stopping,
  stoppedBeforeBegin,
  missing,
  suspended,
  begin,
  proceed,
];

export function decide(facts: Facts): Decision {
  for (const rule of rules) {
    const decision = rule(facts);
    if (decision !== undefined) return doubtDeletions(decision);
  }
  return { actions: [] };
}

/** A Job that seems to work may have ended already: deleting it would take its log away for nothing. */
function doubtDeletions(decision: Decision): Decision {
  return decision.actions.some((action) => action.do === "deleteJob") ? { ...decision, inferred: true } : decision;
}

/** A run that is being deleted: the garbage collector takes its Jobs along, and nothing new may begin. */
function deleted({ run }: Facts): Decision | undefined {
  return run.meta.deletionTimestamp === undefined ? undefined : { actions: [] };
}

/** An end is never left; Jobs that outlived it, because a write of an old leader came late, are stopped. */
function finished(facts: Facts): Decision | undefined {
  if (!hasFinished(facts)) return undefined;
  return { actions: [...facts.attempts.keys()].flatMap((name) => stopJobs({ facts, name }, "the run has finished")) };
}

/** A run whose end is certain and whose Jobs may still live. */
function stopping(facts: Facts): Decision | undefined {
  const { run, now } = facts;
  if (run.status.pipelineSpec === undefined) return undefined;
  const stored = succeededCondition(facts)?.reason;
  const overdueAt = timeoutAt(facts);
  const reason = run.spec.cancelled === true || stored === "Cancelling" ? "Cancelling" : "TimingOut";
  if (reason === "TimingOut" && stored !== "TimingOut" && (overdueAt === undefined || now < overdueAt))
    return undefined;
  const settled = stored === reason ? undefined : proceed(facts);
  const judged = settled?.verdict;
  if (judged !== undefined && judged.succeeded !== "Unknown") return { ...settled, actions: [] };
  const nodes = stoppedNodes(facts, judged?.nodes);
  const message =
    reason === "Cancelling" ? "stopped on request" : `stopped after the run's timeout of ${runTimeout(facts)}`;
  const stopJobsOf = [...facts.attempts.keys()].flatMap((name) => stopJobs({ facts, name }, message));
  const living = [...facts.attempts.values()].flat().some(isLive);
  if (stored !== reason) {
    const inferred = settled?.inferred === true ? { inferred: true as const } : {};
    return { verdict: { succeeded: "Unknown", reason, message, nodes }, actions: [], ...inferred };
  }
  if (living) return { verdict: { succeeded: "Unknown", reason, message, nodes }, actions: stopJobsOf };
  const end = reason === "Cancelling" ? "Cancelled" : "TimedOut";
  return { verdict: { succeeded: "False", reason: end, message, nodes }, actions: [], inferred: true };
}

/**
 * The nodes of a run that ends now: what had finished stays as it is, and so does what the cluster shows to have finished and
 * nobody has said yet (`judged`), because the operator may have been away.
 */
function stoppedNodes(
  { run, now }: Facts,
  judged: Readonly<Record<string, NodeStatus>> = {},
): Record<string, NodeStatus> {
  const stop = ({ retryAt: _, podless: __, ...node }: NodeStatus): NodeStatus => ({
    ...node,
    state: "Cancelled",
    finished: timeText(now),
  });
  const nodes = Object.entries(run.status.nodes ?? {});
  return Object.fromEntries(
    nodes.map(([name, node]) => {
      const known = judged[name];
      const ended = known !== undefined && known.state !== "Skipped" && TERMINAL.includes(known.state) ? known : node;
      return [name, TERMINAL.includes(ended.state) ? ended : stop(ended)];
    }),
  );
}

function stoppedBeforeBegin({ run }: Facts): Decision | undefined {
  if (run.spec.cancelled !== true) return undefined;
  return end("Cancelled", "cancelled before it began");
}

function missing({ run, pipeline, now }: Facts): Decision | undefined {
  if (run.status.pipelineSpec !== undefined || pipeline !== undefined) return undefined;
  const message = `no Pipeline called ${run.spec.pipeline} exists in namespace ${run.meta.namespace}`;
  const giveUpAt = (parseTime(run.meta.creationTimestamp) ?? now) + PIPELINE_WAIT_MS;
  if (now >= giveUpAt) {
    return { ...end("PipelineNotFound", `${message}; create it, then create another run`), copies: true };
  }
  return {
    verdict: { succeeded: "Unknown", reason: "PipelineNotFound", message, nodes: {} },
    actions: [],
    wakeAt: giveUpAt,
  };
}

function suspended({ run, pipeline }: Facts): Decision | undefined {
  if (run.status.pipelineSpec !== undefined) return undefined;
  const spec = pipeline?.spec as { readonly suspend?: unknown } | null | undefined;
  if (spec?.suspend !== true) return undefined;
  const message = `Pipeline ${run.spec.pipeline} is suspended; the run begins when spec.suspend is false`;
  return { verdict: { succeeded: "Unknown", reason: "Suspended", message, nodes: {} }, actions: [] };
}

/** Takes the copy of the spec that the run follows. Nothing else happens until that copy is stored. */
function begin(facts: Facts): Decision | undefined {
  const { run, pipeline, connections } = facts;
  if (run.status.pipelineSpec !== undefined || pipeline === undefined) return undefined;
  const validation = validatePipeline(pipeline.spec);
  if (!validation.ok) {
    return { ...end("InvalidPipeline", invalidity(run.spec.pipeline, validation.problems)), copies: true };
  }
  const { spec, problems } = resolveConnections(validation.spec, connections);
  if (problems.length > 0) return awaitConnections(facts, invalidity(run.spec.pipeline, problems));
  const resolved = spec === validation.spec ? validation : validatePipeline(spec);
  if (!resolved.ok)
    return { ...end("InvalidPipeline", invalidity(run.spec.pipeline, resolved.problems)), copies: true };
  const nodes = Object.fromEntries(validation.graph.order.map((name) => [name, { state: "Pending" } as const]));
  const message = `0 of ${validation.graph.order.length} nodes have finished`;
  return {
    verdict: {
      succeeded: "Unknown",
      reason: "Running",
      message,
      nodes,
      begin: { spec, generation: pipeline.generation },
    },
    actions: [],
    copies: true,
  };
}

/** A Connection that the Pipeline names may come from the same apply, and by another watch. */
function awaitConnections({ run, now }: Facts, message: string): Decision {
  const giveUpAt = (parseTime(run.meta.creationTimestamp) ?? now) + PIPELINE_WAIT_MS;
  if (now >= giveUpAt) return { ...end("InvalidPipeline", message), copies: true };
  return {
    verdict: { succeeded: "Unknown", reason: "UnknownReference", message, nodes: {} },
    actions: [],
    wakeAt: giveUpAt,
  };
}

function invalidity(pipeline: string, problems: readonly Problem[]): string {
  return `Pipeline ${pipeline} is not valid: ${problems.map(formatProblem).join("; ")}`;
}

/** The run's everyday: each node in the order of needs, so that one pass carries an outcome all the way down. */
function proceed(facts: Facts): Decision | undefined {
  const validation = validatePipeline(facts.run.status.pipelineSpec);
  if (!validation.ok) {
    const message = invalidity(facts.run.spec.pipeline, validation.problems);
    return end("InvalidPipeline", message, stoppedNodes(facts));
  }
  const { spec, graph } = validation;
  const proven = provenNodes(graph, facts);
  const nodes: Record<string, NodeStatus> = {};
  const actions: Action[] = [];
  const times = [timeoutAt(facts)];
  let inferred = false;
  for (const name of graph.order) {
    const node = spec.nodes[name];
    if (node === undefined) continue;
    const needs = new Map(
      (graph.needs.get(name) ?? []).map((need) => [need, nodes[need]?.state ?? ("Pending" as NodeState)]),
    );
    const stored = facts.run.status.nodes?.[name] ?? { state: "Pending" };
    const decision = decideNode({ name, node, pipeline: spec, facts, stored, proven: proven.has(name), needs });
    nodes[name] = decision.status;
    actions.push(...decision.actions);
    times.push(decision.wakeAt);
    inferred ||= decision.inferred === true;
  }
  const wakeAt = Math.min(...times.filter((time) => time !== undefined));
  return {
    verdict: judge(nodes),
    actions,
    ...(Number.isFinite(wakeAt) ? { wakeAt } : {}),
    ...(inferred ? { inferred: true as const } : {}),
  };
}

/** The nodes that must have succeeded, because a node that needs them has a Job; and all that those need in turn. */
function provenNodes(graph: Graph, { attempts }: Facts): ReadonlySet<string> {
  const proven = new Set<string>();
  for (const name of graph.order.toReversed()) {
    const hasJob = attempts.get(name)?.some(({ job }) => job !== undefined) ?? false;
    if (hasJob || proven.has(name)) for (const need of graph.needs.get(name) ?? []) proven.add(need);
  }
  return proven;
}

/** The run's condition from its nodes' states alone. */
export function judge(nodes: Readonly<Record<string, NodeStatus>>): Verdict {
  const all = Object.entries(nodes);
  const finishedCount = all.filter(([, node]) => TERMINAL.includes(node.state)).length;
  const failed = all
    .filter(([, node]) => node.state === "Failed")
    .sort(([, a], [, b]) => ((a.finished ?? "") < (b.finished ?? "") ? -1 : 1));
  const [first] = failed;
  const summary =
    first === undefined
      ? `${finishedCount} of ${all.length} nodes have finished${partsText(nodes)}`
      : `${failed.map(([name]) => name).join(", ")} failed; ${first[0]}: ${first[1].message ?? first[1].reason ?? "no message"}`;
  if (finishedCount < all.length) return { succeeded: "Unknown", reason: "Running", message: summary, nodes };
  if (first !== undefined) return { succeeded: "False", reason: "Failed", message: summary, nodes };
  return { succeeded: "True", reason: "Succeeded", message: `all ${all.length} nodes succeeded`, nodes };
}

function end(reason: Reason, message: string, nodes: Verdict["nodes"] = {}): Decision {
  return { verdict: { succeeded: "False", reason, message, nodes }, actions: [] };
}

export function succeededCondition({ run }: Pick<Facts, "run">): Condition | undefined {
  return run.status.conditions?.find(({ type }) => type === "Succeeded");
}

/** Whether the stored status says that the run has ended. */
export function hasFinished(facts: Pick<Facts, "run">): boolean {
  const condition = succeededCondition(facts);
  return condition !== undefined && condition.status !== "Unknown";
}

function runTimeout({ run }: Facts): string | undefined {
  const copy = run.status.pipelineSpec as { readonly timeout?: unknown } | null | undefined;
  return run.spec.timeout ?? (typeof copy?.timeout === "string" ? copy.timeout : undefined);
}

function timeoutAt(facts: Facts): number | undefined {
  const timeout = runTimeout(facts);
  const started = parseTime(facts.run.status.started);
  return timeout === undefined || started === undefined ? undefined : started + durationMs(timeout);
}
