import type { Reason } from "../api/reasons.ts";
import { EXIT, type FailureKind, RESULT_BYTES_MAX, TaskResult } from "../api/task.ts";
import type { AttemptFacts, JobFacts, PodFacts } from "./facts.ts";

/**
 * Where one attempt stands, from its Job and Pods alone.
 *
 * | state     | what is true                                                                          |
 * |-----------|---------------------------------------------------------------------------------------|
 * | gone      | no Job is seen                                                                        |
 * | starting  | the Job exists, no task container has run yet                                         |
 * | running   | a task container runs, or has ended in a way that the Job has yet to judge            |
 * | succeeded | a task container exited 0 and left a valid result                                     |
 * | failed    | a task container left a valid failed result with its exit code, or the Job has failed |
 *
 * Success and failures that the task itself reports are read off the container, two seconds before the Job's conditions.
 * Every other end (a kill, a deadline, an eviction) waits for the Job's verdict, which knows which of them it was.
 */
export type AttemptState =
  | { readonly state: "gone" }
  | {
      readonly state: "starting";
      readonly since: number;
      readonly held: boolean;
      readonly waiting?: PodFacts["waiting"];
    }
  | { readonly state: "running"; readonly settlesAt?: number }
  | { readonly state: "succeeded"; readonly at: number; readonly result?: TaskResult }
  | Failure;

export interface Failure {
  readonly state: "failed";
  readonly at: number;
  /** Whether another attempt may help. */
  readonly retriable: boolean;
  readonly reason: Reason | "OOMKilled";
  readonly message: string;
  readonly result?: TaskResult;
  /** The failure follows from something not being there, which a cache that lags behind would show just the same. */
  readonly inferred?: true;
}

/** Who must have written a result for it to count, and whether the node's verb writes one at all. */
export interface ResultExpectation {
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  readonly required: boolean;
}

/** How long the Job's verdict may run ahead of the Pod's end, because the two arrive by different watches. */
const SETTLE_MS = 5_000;

export function attemptState(facts: AttemptFacts, expected: ResultExpectation, now: number): AttemptState {
  const ended = facts.pods.flatMap((pod) => (pod.terminated === undefined ? [] : [{ pod, ...pod.terminated }]));
  const success = ended.find((end) => end.exitCode === EXIT.done);
  if (success !== undefined) return successOf(success, expected);
  const reported = ended.find((end) => kindOfExit(end.exitCode) !== undefined && !end.pod.disrupted);
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
    return judgedFailure(facts.job.verdict, ended);
  }
  if (newest?.runningSince !== undefined || newest?.terminated !== undefined) return { state: "running" };
  return startingState(facts.job, newest);
}

function startingState(job: JobFacts, pod: PodFacts | undefined): AttemptState {
  return {
    state: "starting",
    since: pod?.created ?? job.created,
    held: job.suspended,
    ...(pod?.waiting === undefined ? {} : { waiting: pod.waiting }),
  };
}

type Ended = NonNullable<PodFacts["terminated"]>;

function successOf(end: Ended, expected: ResultExpectation): AttemptState {
  const result = readResult(end.message, expected);
  if (typeof result !== "string" && result.outcome === "succeeded") return { state: "succeeded", at: end.at, result };
  if (!expected.required) return { state: "succeeded", at: end.at };
  const found = typeof result === "string" ? result : `its outcome is ${result.outcome}`;
  return {
    state: "failed",
    at: end.at,
    retriable: true,
    reason: "InvalidResult",
    message: `the task exited with 0 but its termination message is no valid result: ${found}`,
  };
}

const REASON_OF_KIND = {
  configuration: "ConfigurationError",
  data: "DataError",
  transient: "TransientError",
} as const satisfies Record<FailureKind, Reason>;

function kindOfExit(exitCode: number): FailureKind | undefined {
  return (["configuration", "data", "transient"] as const).find((kind) => EXIT[kind] === exitCode);
}

/** A failure that the task reports: by its result, or for a container without one by the exit code's meaning alone. */
function reportedFailure(end: Ended, expected: ResultExpectation): Failure | undefined {
  const kind = kindOfExit(end.exitCode);
  if (kind === undefined) return undefined;
  const result = readResult(end.message, expected);
  const valid = typeof result !== "string" && result.outcome === "failed";
  if (!valid && kind === "transient") return undefined;
  return {
    state: "failed",
    at: end.at,
    retriable: kind === "transient",
    reason: REASON_OF_KIND[kind],
    message: valid
      ? (result.error?.message ?? result.message)
      : `the container exited with ${end.exitCode} (${kind}) and left no result`,
    ...(valid ? { result } : {}),
  };
}

/** A failure that only the Job tells of. The pods that could tell more may not have reached the cache. */
function judgedFailure(verdict: NonNullable<JobFacts["verdict"]>, ended: readonly Ended[]): Failure {
  const base = { state: "failed", retriable: true, at: verdict.at, inferred: true } as const;
  if (verdict.succeeded) {
    const message = "the Job is complete but its pod is gone, and the result with it";
    return { ...base, reason: "InvalidResult", message };
  }
  if (verdict.reason === "DeadlineExceeded") {
    return {
      ...base,
      reason: "AttemptTimedOut",
      message: "the attempt took longer than attemptTimeout",
    };
  }
  const last = ended.at(-1);
  if (last === undefined) {
    return {
      ...base,
      reason: "JobFailed",
      message: `the Job failed: ${verdict.reason}: ${verdict.message}`,
    };
  }
  if (last.reason === "OOMKilled") {
    const message = "the container needed more memory than its limit; raise resources.limits.memory of the node";
    return { ...base, at: last.at, reason: "OOMKilled", message };
  }
  const signal = last.exitCode > 128 ? ` (killed by signal ${last.exitCode - 128})` : "";
  return {
    ...base,
    at: last.at,
    reason: "ExitCode",
    message: `the task container exited with ${last.exitCode}${signal}`,
  };
}

/** The result in a termination message, or why it is none. */
export function readResult(message: string, expected: ResultExpectation): TaskResult | string {
  if (message === "") return "it is empty";
  if (Buffer.byteLength(message) > RESULT_BYTES_MAX) return `it is longer than ${RESULT_BYTES_MAX} bytes`;
  let json: unknown;
  try {
    json = JSON.parse(message);
  } catch {
    return "it is not JSON";
  }
  const parsed = TaskResult.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`;
  }
  const { run, node, attempt } = parsed.data;
  if (run !== expected.run || node !== expected.node || attempt !== expected.attempt) {
    return `it speaks of run ${run}, node ${node}, attempt ${attempt}`;
  }
  return parsed.data;
}
