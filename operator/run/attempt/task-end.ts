import type { Reason } from "../../api/reasons.ts";
import { EXIT, type FailureKind, RESULT_BYTES_MAX, TaskResult } from "../../api/task.ts";
import type { JobFacts, PodFacts } from "../facts.ts";
import type { AttemptState, Failure } from "./attempt-state.ts";

/** Who must have written a result for it to count, and whether the node's verb writes one at all. */
export interface ResultExpectation {
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  readonly part?: number;
  readonly required: boolean;
}

/** How long the Job's verdict may run ahead of the Pod's end, because the two arrive by different watches. */
export const SETTLE_MS = 5_000;

/** How a task container ended. */
export type Ended = NonNullable<PodFacts["terminated"]>;

/** What exit code 0 means: success, if the result that the verb owes is there. */
export function successOf(
  end: Ended,
  expected: ResultExpectation,
): Extract<AttemptState, { state: "succeeded" | "failed" }> {
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

export const REASON_OF_KIND = {
  configuration: "ConfigurationError",
  data: "DataError",
  transient: "TransientError",
} as const satisfies Record<FailureKind, Reason>;

/** Whether the exit code is one by which the task itself says what kind of failure it was. */
export function isReported({ exitCode }: Ended): boolean {
  return kindOfExit(exitCode) !== undefined;
}

function kindOfExit(exitCode: number): FailureKind | undefined {
  return (["configuration", "data", "transient"] as const).find((kind) => EXIT[kind] === exitCode);
}

/** A failure that the task reports: by its result, or for a container without one by the exit code's meaning alone. */
export function reportedFailure(end: Ended, expected: ResultExpectation): Failure | undefined {
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

/** Container runtimes' words for a command that they could not run; the message says why, and the exit code (126 to 128) nothing. */
const NOT_STARTED = ["StartError", "ContainerCannotRun"];
/**
 * What runc, crun and youki say of a command, a working directory or an image that no other attempt could run either. Everything else,
 * such as a node without memory or a volume that is not there yet, may pass.
 */
const NEVER_STARTS =
  /exec format error|executable file .*not found|\bexec:? .*(?:no such file or directory|permission denied|is a directory|not a directory|invalid argument)|chdir to cwd .*(?:no such file or directory|permission denied|not a directory)/is;

/** A program that a signal ends exits with 128 and its number, of which Linux has 64: signal(7). 255 is a program's own -1. */
const EXIT_OF_SIGNALS = 128;
const SIGNAL_MAX = 64;

/** Whether a pod has ended, or never began: its node may have refused it. */
function isOver({ terminated, failure }: PodFacts): boolean {
  return terminated !== undefined || failure !== undefined;
}

/** The end of a pod by somebody else's hand, in words: those of its node, of the task that was told to stop, or of the exit code. */
export function killedWords(
  { name, failure, terminated, lingering, sidecars }: PodFacts,
  expected: ResultExpectation,
): Pick<Failure, "reason" | "message"> & { readonly retriable?: false } {
  if (failure !== undefined) {
    const why = failure.message === "" ? failure.reason : `${failure.reason}: ${failure.message}`;
    return { reason: "PodFailed", message: `the node ended the pod or would not take it: ${why}` };
  }
  const { reason, exitCode, message: left } = terminated ?? { reason: "", exitCode: -1, message: "" };
  if (reason === "OOMKilled") {
    const message = "the container needed more memory than its limit; raise resources.limits.memory of the node";
    return { reason: "OOMKilled", message };
  }
  const result = readResult(left, expected);
  if (typeof result !== "string" && result.error !== undefined) {
    return { reason: REASON_OF_KIND[result.error.kind], message: result.error.message };
  }
  if (NOT_STARTED.includes(reason)) return unstartedWords(reason, left);
  const signal = exitCode - EXIT_OF_SIGNALS;
  const isSignal = signal > 0 && signal <= SIGNAL_MAX;
  const until = sidecars === undefined ? "" : " until the next attempt begins";
  const log =
    lingering === undefined
      ? `; kubectl logs ${name} shows what it said${until}`
      : `; its log goes with the pod, which container ${lingering.join(", ")} keeps from ending`;
  const more = isSignal ? ` (killed by signal ${signal})` : log;
  return { reason: "ExitCode", message: `the task container exited with ${exitCode}${more}` };
}

function unstartedWords(reason: string, left: string) {
  const said = `the container could not be started: ${reason}: ${left === "" ? "the kubelet does not say why" : left.trim()}`;
  if (!NEVER_STARTS.test(left)) return { reason: "ContainerCannotRun", message: said } as const;
  const message = `${said}. Correct the command, the working directory or the image of the node`;
  return { reason: "ContainerCannotRun", message, retriable: false } as const;
}

/** The Job controller counts a pod that is deleted as one that failed. */
const GONE = "; its pod is gone and nobody saw how it ended: it was deleted, or lost with its node";

/** A failure that only the Job tells of. The pods that could tell more may not have reached the cache. */
export function judgedFailure(
  verdict: NonNullable<JobFacts["verdict"]>,
  pods: readonly PodFacts[],
  expected: ResultExpectation,
): Failure {
  const base = { state: "failed", retriable: true, at: verdict.at, restsOnAbsence: true } as const;
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
  const last = pods.findLast(isOver);
  if (last === undefined) {
    const gone = verdict.reason === "BackoffLimitExceeded" && pods.length === 0 ? GONE : "";
    return {
      ...base,
      reason: "JobFailed",
      message: `the Job failed: ${verdict.reason}: ${verdict.message}${gone}`,
    };
  }
  return { ...base, at: last.terminated?.at ?? verdict.at, ...killedWords(last, expected) };
}

/** The result in a termination message, or why it does not count. */
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
  const { run, node, attempt, part } = parsed.data;
  if (!speaksOf(parsed.data, expected)) {
    return `it speaks of run ${run}, node ${node}, attempt ${attempt}${part === undefined ? "" : `, part ${part}`}`;
  }
  return parsed.data;
}

/** Whether a result is of the attempt, and of the part of it, that is asked about. */
export function speaksOf({ run, node, attempt, part }: TaskResult, expected: ResultExpectation): boolean {
  return run === expected.run && node === expected.node && attempt === expected.attempt && part === expected.part;
}
