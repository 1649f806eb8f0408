import type { ConnectionSpec } from "../api/connection.ts";
import type { ObjectMeta } from "../api/metadata.ts";
import { PipelineSpec, type PipelineStatus } from "../api/pipeline.ts";
import type { PipelineRunStatus } from "../api/pipeline-run.ts";
import type { Condition } from "../api/status.ts";
import { formatProblem, type Problem } from "../graph/problem.ts";
import { resolveConnections } from "../graph/references.ts";
import { validatePipeline } from "../graph/validate.ts";
import { expiredRuns, type FinishedRun, type HistoryLimits } from "./history.ts";
import { parseTime, timeText } from "./time.ts";

/** Everything that a decision about one Pipeline may look at. */
export interface PipelineDecisionFacts {
  readonly now: number;
  /** Absent when the Pipeline is gone and runs of it are left. */
  readonly pipeline?: { readonly meta: ObjectMeta; readonly spec: unknown; readonly status: PipelineStatus };
  readonly connections: ReadonlyMap<string, ConnectionSpec>;
  /** Every run that names this Pipeline. */
  readonly runs: readonly { readonly meta: ObjectMeta; readonly status: PipelineRunStatus }[];
}

export interface PipelineDecision {
  /** Absent when there is no Pipeline to write it to. */
  readonly status?: PipelineStatus;
  /** Runs that have not finished, also of a Pipeline that is gone. */
  readonly activeRuns: number;
  /** Finished runs that the history gives up. */
  readonly expired: readonly FinishedRun[];
  readonly wakeAt?: number;
}

/**
 * The limits that the user has written, whatever else is wrong with the spec. Without a Pipeline, or with limits that cannot be
 * read, nothing is given up: a history that is gone does not come back with the corrected file.
 */
function historyLimits(spec: unknown): HistoryLimits | undefined {
  if (typeof spec !== "object" || spec === null) return undefined;
  return PipelineSpec.shape.history.safeParse((spec as { readonly history?: unknown }).history).data;
}

/**
 * Whether a Pipeline can run (kstatus: Ready, and Stalled only while a person must act), what its runs did, and which of them
 * are old enough to go.
 */
export function decidePipeline(facts: PipelineDecisionFacts): PipelineDecision {
  const { pipeline, now } = facts;
  const validation = pipeline === undefined ? undefined : validatePipeline(pipeline.spec);
  const limits = historyLimits(pipeline?.spec);
  const history = limits === undefined ? { expired: [] } : expiredRuns(facts.runs.flatMap(finishedRun), limits, now);
  const activeRuns = facts.runs.filter(({ status }) => isActive(status)).length;
  if (pipeline === undefined || validation === undefined) return { activeRuns, ...history };
  const problems = validation.ok ? resolvedProblems(validation.spec, facts.connections) : validation.problems;
  const generation = pipeline.meta.generation ?? 0;
  const status: PipelineStatus = {
    observedGeneration: generation,
    conditions: conditionsOf(problems, generation, pipeline.status.conditions ?? [], now),
    ...(validation.ok ? { nodes: validation.graph.order.length } : {}),
    activeRuns,
    ...runsSummary(facts.runs, pipeline.status),
  };
  return { status, activeRuns, ...history };
}

/** What shows only with the Connection resources in their places: whether they exist, are of the right kind, and fit each other. */
function resolvedProblems(spec: PipelineSpec, connections: PipelineDecisionFacts["connections"]): readonly Problem[] {
  const resolved = resolveConnections(spec, connections);
  if (resolved.problems.length > 0 || resolved.spec === spec) return resolved.problems;
  const validation = validatePipeline(resolved.spec);
  return validation.ok ? [] : validation.problems;
}

function isActive({ conditions }: PipelineRunStatus): boolean {
  return (conditions?.[0]?.status ?? "Unknown") === "Unknown";
}

function finishedRun({ meta, status }: PipelineDecisionFacts["runs"][number]): FinishedRun[] {
  const condition = status.conditions?.[0];
  if (condition === undefined || condition.status === "Unknown" || meta.deletionTimestamp !== undefined) return [];
  const finished = parseTime(status.finished) ?? parseTime(meta.creationTimestamp);
  if (finished === undefined) return [];
  return [{ name: meta.name, uid: meta.uid, succeeded: condition.status === "True", finished }];
}

function conditionsOf(
  problems: readonly Problem[],
  generation: number,
  before: readonly Condition[],
  now: number,
): Condition[] {
  const [first] = problems;
  const make = (type: string, status: Condition["status"], reason: string, message: string): Condition => {
    const old = before.find((condition) => condition.type === type);
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : timeText(now);
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime,
      reason,
      message: message.slice(0, 4096),
    };
  };
  if (first === undefined) return [make("Ready", "True", "Valid", "the spec is sound; runs can begin")];
  const message = problems.map(formatProblem).join("; ");
  return [make("Ready", "False", first.reason, message), make("Stalled", "True", first.reason, message)];
}

function runsSummary(runs: PipelineDecisionFacts["runs"], before: PipelineStatus): Partial<PipelineStatus> {
  const latest = runs
    .filter(({ status }) => status.started !== undefined)
    .reduce<(typeof runs)[number] | undefined>(
      (a, b) => ((a?.status.started ?? "") < (b.status.started ?? "") ? b : a),
      undefined,
    );
  const successes = runs.flatMap(({ status }) =>
    status.conditions?.[0]?.status === "True" && status.finished !== undefined ? [status.finished] : [],
  );
  const lastSuccessTime = [before.lastSuccessTime, ...successes]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return {
    ...(latest === undefined
      ? before.lastRun === undefined
        ? {}
        : { lastRun: before.lastRun }
      : { lastRun: lastRunOf(latest) }),
    ...(lastSuccessTime === undefined ? {} : { lastSuccessTime }),
  };
}

function lastRunOf({ meta, status }: PipelineDecisionFacts["runs"][number]): NonNullable<PipelineStatus["lastRun"]> {
  return {
    name: meta.name,
    result: status.conditions?.[0]?.reason ?? "Running",
    ...(status.finished === undefined ? {} : { finished: status.finished }),
  };
}
