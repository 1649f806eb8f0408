import type { ConnectionSpec } from "../api/connection.ts";
import type { ObjectMeta } from "../api/metadata.ts";
import { PipelineSpec, type PipelineStatus } from "../api/pipeline.ts";
import type { PipelineRunStatus } from "../api/pipeline-run.ts";
import type { Condition } from "../api/status.ts";
import { listed } from "../graph/listing.ts";
import { formatProblem, type Problem } from "../graph/problem.ts";
import { resolvePipeline } from "../graph/resolve.ts";
import { pipelineHealth } from "./health.ts";
import { expiredRuns, type FinishedRun, type HistoryLimits } from "./history.ts";
import { ownRuns, type RunSummary } from "./own-runs.ts";
import { decideScheduleOf, isSettled } from "./schedule/pipeline-schedule.ts";
import type { ScheduleDecision } from "./schedule/schedule-facts.ts";
import { isFinished, succeededCondition } from "./succeeded.ts";
import { parseTime, timeText, wakeAtFirst } from "./time.ts";

/** Everything that a decision about one Pipeline may look at. */
export interface PipelineDecisionFacts {
  readonly now: number;
  /** Absent when the Pipeline is gone and runs of it are left. */
  readonly pipeline?: {
    readonly meta: ObjectMeta;
    /** `spec.history`, `spec.schedule` and `spec.suspend` as stored, not yet checked. */
    readonly history?: unknown;
    readonly schedule?: unknown;
    readonly suspend?: unknown;
    readonly judgement: PipelineJudgement;
    readonly status: PipelineStatus;
  };
  /** Every run that names this Pipeline, or one of the same name before it. */
  readonly runs: readonly RunSummary[];
  /** Slots whose run cannot be made, because a run of that name is another's. */
  readonly occupied?: ReadonlySet<number>;
}

/** Whether a spec can run. It holds until the spec changes, or a Connection that it names. */
export interface PipelineJudgement {
  /** Number of nodes, as far as the spec can be read. */
  readonly nodes?: number;
  readonly problems: readonly Problem[];
}

export interface PipelineDecision {
  /** Absent when there is no Pipeline to write it to. */
  readonly status?: PipelineStatus;
  /** Runs that have not finished, also of a Pipeline that is gone. */
  readonly activeRuns: number;
  /** How healthy the data is, from 0 to 1, by the latest runs. */
  readonly health: ReturnType<typeof pipelineHealth>;
  /** Finished runs that the history gives up. */
  readonly expired: readonly FinishedRun[];
  /** What the schedule asks for; absent without one. */
  readonly schedule?: ScheduleDecision;
  readonly wakeAt?: number;
}

export function judgePipeline(spec: unknown, connections: ReadonlyMap<string, ConnectionSpec>): PipelineJudgement {
  const resolved = resolvePipeline(spec, connections);
  const nodes = resolved.graph === undefined ? {} : { nodes: resolved.graph.order.length };
  return { ...nodes, problems: resolved.ok ? [] : resolved.problems };
}

/**
 * The limits that the user has written, whatever else is wrong with the spec. Without a Pipeline, or with limits that cannot be
 * read, nothing is given up: a history that is gone does not come back with the corrected file.
 */
function historyLimits(pipeline: PipelineDecisionFacts["pipeline"]): HistoryLimits | undefined {
  return pipeline === undefined ? undefined : PipelineSpec.shape.history.safeParse(pipeline.history).data;
}

/**
 * Whether a Pipeline can run (kstatus: Ready, and Stalled only while a person must act), what its runs did, and which of them
 * are old enough to go.
 */
export function decidePipeline(facts: PipelineDecisionFacts): PipelineDecision {
  const { pipeline, now } = facts;
  const runs = ownRuns(facts.runs, pipeline?.meta);
  const limits = historyLimits(pipeline);
  const settled = pipeline === undefined ? runs : runs.filter((run) => isSettled(run, pipeline));
  const history: ReturnType<typeof expiredRuns> =
    limits === undefined ? { expired: [] } : expiredRuns(settled.flatMap(finishedRun), limits, now);
  const activeRuns = runs.filter(isActive).length;
  const health = pipelineHealth(runs.map(({ status }) => status));
  if (pipeline === undefined) return { activeRuns, health, ...history };
  const schedule = decideScheduleOf(pipeline, runs, facts);
  const { nodes, problems } = pipeline.judgement;
  const generation = pipeline.meta.generation ?? 0;
  const status: PipelineStatus = {
    observedGeneration: generation,
    conditions: conditionsOf(problems, generation, pipeline.status.conditions ?? [], now),
    ...(nodes === undefined ? {} : { nodes }),
    activeRuns,
    ...runsSummary(runs, pipeline.status),
    ...(schedule === undefined ? {} : { schedule: schedule.status }),
  };
  const wake = wakeAtFirst(history.wakeAt, schedule?.wakeAt);
  return {
    status,
    activeRuns,
    health,
    expired: history.expired,
    ...(schedule === undefined ? {} : { schedule }),
    ...wake,
  };
}

/** Whether the run goes on; one that is being deleted is on its way out, whatever holds it. */
function isActive({ meta, status }: RunSummary): boolean {
  return meta.deletionTimestamp === undefined && !isFinished(status);
}

function finishedRun({ meta, status }: RunSummary): FinishedRun[] {
  if (!isFinished(status) || meta.deletionTimestamp !== undefined) return [];
  const finished = parseTime(status.finished) ?? parseTime(meta.creationTimestamp);
  if (finished === undefined) return [];
  return [{ name: meta.name, uid: meta.uid, succeeded: hasSucceeded(status), finished }];
}

function hasSucceeded(status: Pick<PipelineRunStatus, "conditions">): boolean {
  return succeededCondition(status)?.status === "True";
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
  const message = listed(problems.map(formatProblem), 4096, "; ");
  return [make("Ready", "False", first.reason, message), make("Stalled", "True", first.reason, message)];
}

/** Whether the run was deleted before it had come to an end of its own; a finalizer may hold it. */
function isGivenUp({ meta, status }: RunSummary): boolean {
  const reason = succeededCondition(status)?.reason;
  return meta.deletionTimestamp !== undefined && (!isFinished(status) || reason === "Cancelled");
}

function lastRunOfAll(runs: readonly RunSummary[], before: PipelineStatus["lastRun"]): PipelineStatus["lastRun"] {
  const latest = runs
    .filter((run) => !isGivenUp(run))
    .reduce<RunSummary | undefined>((a, b) => (begunAt(a) < begunAt(b) ? b : a), undefined);
  if (latest !== undefined) return lastRunOf(latest);
  const isGoing = runs.some((run) => isGivenUp(run) && run.meta.name === before?.name);
  return isGoing ? undefined : before;
}

function runsSummary(runs: readonly RunSummary[], before: PipelineStatus): Partial<PipelineStatus> {
  const successes = runs.flatMap(({ status }) =>
    hasSucceeded(status) && status.finished !== undefined ? [status.finished] : [],
  );
  const lastSuccessTime = [before.lastSuccessTime, ...successes]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  const lastRun = lastRunOfAll(runs, before.lastRun);
  return {
    ...(lastRun === undefined ? {} : { lastRun }),
    ...(lastSuccessTime === undefined ? {} : { lastSuccessTime }),
  };
}

/** When a run began, or was refused without a beginning; nothing for one that still waits, or found no Pipeline. */
function begunAt(run: RunSummary | undefined): string {
  const { started, finished, pipelineUid } = run?.status ?? {};
  return started ?? (pipelineUid === undefined ? "" : (finished ?? ""));
}

function lastRunOf({ meta, status }: RunSummary): NonNullable<PipelineStatus["lastRun"]> {
  return {
    name: meta.name,
    result: succeededCondition(status)?.reason ?? "Running",
    ...(status.finished === undefined ? {} : { finished: status.finished }),
  };
}
