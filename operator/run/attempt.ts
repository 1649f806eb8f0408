import type { Reason } from "../api/reasons.ts";
import { EXIT, type TaskResult } from "../api/task.ts";
import type { AttemptFacts, JobFacts, PodFacts } from "./facts.ts";
import { fanOutState } from "./fan-out.ts";
import { releasedAt } from "./start.ts";
import {
  isReported,
  judgedFailure,
  type ResultExpectation,
  reportedFailure,
  SETTLE_MS,
  successOf,
} from "./task-end.ts";

/**
 * Where one attempt stands, from its Job and Pods alone.
 *
 * | state     | what is true                                                                          |
 * |-----------|---------------------------------------------------------------------------------------|
 * | gone      | no Job is seen                                                                        |
 * | starting  | the Job exists, no task container has run yet, or the one that ran was evicted        |
 * | running   | a task container runs, or has ended in a way that the Job has yet to judge            |
 * | succeeded | a task container exited 0 and left a valid result                                     |
 * | failed    | a task container left a valid failed result with its exit code, or the Job has failed |
 *
 * Success and failures that the task itself reports are read off the container, two seconds before the Job's conditions.
 * Every other end (a kill, a deadline, an eviction) waits for the Job's verdict, which knows which of them it was. Where the Job has
 * parts, `fan-out.ts` has the table.
 */
export type AttemptState =
  | { readonly state: "gone" }
  | {
      readonly state: "starting";
      readonly since: number;
      readonly held: boolean;
      /** The Job has no pod that may still start. */
      readonly podless?: true;
      /** When the pod that ran was evicted, while it can be seen. */
      readonly lostAt?: number;
      readonly waiting?: PodFacts["waiting"];
      readonly parts?: string;
    }
  | {
      readonly state: "running";
      readonly settlesAt?: number;
      readonly parts?: string;
      /** A part that has failed and is tried again. */
      readonly setback?: Pick<Failure, "reason" | "message">;
    }
  | {
      readonly state: "succeeded";
      readonly at: number;
      readonly result?: TaskResult;
      readonly parts?: string;
      /** The Job says that parts have succeeded whose results are not there, or not there yet. */
      readonly inferred?: true;
    }
  | Failure;

export interface Failure {
  readonly state: "failed";
  readonly at: number;
  /** Whether another attempt may help. */
  readonly retriable: boolean;
  readonly reason: Reason | "OOMKilled";
  readonly message: string;
  readonly result?: TaskResult;
  /** Parts of a fan-out that have succeeded, of all: `5/8`. */
  readonly parts?: string;
  /** The failure follows from something not being there, which a cache that lags behind would show just the same. */
  readonly inferred?: true;
}

export function attemptState(facts: AttemptFacts, expected: ResultExpectation, now: number): AttemptState {
  if (facts.job?.parts !== undefined) return fanOutState({ ...facts, job: facts.job }, expected, now);
  const ended = facts.pods.flatMap((pod) => (pod.terminated === undefined ? [] : [{ pod, ...pod.terminated }]));
  const success = ended.find((end) => end.exitCode === EXIT.done);
  if (success !== undefined) return successOf(success, expected);
  const reported = ended.find((end) => isReported(end) && !end.pod.disrupted);
  if (reported !== undefined) {
    const failure = reportedFailure(reported, expected);
    if (failure !== undefined) return failure;
  }
  if (facts.job === undefined) return { state: "gone" };
  const newest = facts.pods.at(-1);
  if (facts.job.verdict !== undefined) {
    const settlesAt = facts.job.verdict.at + SETTLE_MS;
    if (newest !== undefined && newest.terminated === undefined && now < settlesAt)
      return { state: "running", settlesAt };
    return judgedFailure(facts.job.verdict, facts.pods, expected);
  }
  if (newest?.disrupted === true && newest.terminated !== undefined) {
    const { at } = newest.terminated;
    return { state: "starting", since: at, held: facts.job.suspended, podless: true, lostAt: at };
  }
  if (newest?.runningSince !== undefined || newest?.terminated !== undefined) return { state: "running" };
  return startingState(facts.job, newest);
}

function startingState(job: JobFacts, pod: PodFacts | undefined): AttemptState {
  return {
    state: "starting",
    since: pod?.created ?? releasedAt(job),
    held: job.suspended,
    ...(pod === undefined ? { podless: true as const } : {}),
    ...(pod?.waiting === undefined ? {} : { waiting: pod.waiting }),
  };
}
