import { STOPPED, type TaskResult } from "../../api/task.ts";
import type { PodFacts } from "../facts.ts";
import type { Failure } from "./attempt-state.ts";
import { REASON_OF_KIND, type ResultExpectation, readResult, speaksOf } from "./task-end.ts";

/*
 * What a task's own result is worth, by whichever way it came: pushed by the report channel while the task runs, or left in the
 * termination message. kelt's own verbs say `succeeded` only after COMMIT, and only ever exit with 0 after it: another exit code is
 * a kill between the two.
 *
 * | the node      | pushed       | left in the message | what it means                                                          |
 * |---------------|--------------|---------------------|------------------------------------------------------------------------|
 * | `container`   | anything     | anything            | nothing: its exit code, pod and Job decide (`stopped.ts`)              |
 * | part of a fan-out | anything | anything            | `fan-out.ts` decides, by the ends of containers: a part alone is no load |
 * | one of ours   | anything     | succeeded           | the work is done, whatever the exit code is                            |
 * | one of ours   | succeeded    | nothing that is valid, or the container runs | the work is done, by the push alone         |
 * | one of ours   | failed       | nothing that is valid, or the container runs | the attempt has failed, unless it was stopped |
 * | one of ours   | anything     | failed              | the exit code, pod and Job decide, as ever                             |
 * | any           | of another run, node or attempt | the same | nothing                                                          |
 *
 * A message that differs from what was pushed cannot be; the message counts, and `afterResult` says so. A pod that is stopped reports a
 * failure of code Stopped: by whom it was stopped, and whether its Job makes another one, only its end says.
 */

/** A result with the time at which it came. */
export interface ReportedResult {
  readonly result: TaskResult;
  readonly at: number;
  /** The channel alone says so: no container has ended and left it. */
  readonly byPush: boolean;
}

/** The result that counts for a pod of kelt's own verbs. */
export function reportedResult(pod: PodFacts, expected: ResultExpectation): ReportedResult | undefined {
  if (!expected.required) return undefined;
  const left = resultLeft(pod, expected);
  if (left !== undefined && pod.terminated !== undefined) return { result: left, at: pod.terminated.at, byPush: false };
  const pushed = resultPushed(pod, expected);
  return pushed === undefined ? undefined : { ...pushed, byPush: true };
}

/** Whether one of kelt's own verbs says that its work is committed. */
export function isDone({ result }: ReportedResult): boolean {
  return result.outcome === "succeeded";
}

/** The failure that a task has pushed while its container runs; nothing where its end has more to say. */
export function pushedFailure(pod: PodFacts, expected: ResultExpectation): Failure | undefined {
  const reported = reportedResult(pod, expected);
  if (reported === undefined || !reported.byPush || pod.disrupted || pod.goneBy !== undefined) return undefined;
  const { result, at } = reported;
  if (result.outcome !== "failed" || result.error === undefined || result.error.code === STOPPED) return undefined;
  const { kind, message } = result.error;
  return { state: "failed", at, retriable: kind === "transient", reason: REASON_OF_KIND[kind], message, result };
}

/** What is odd about a pod that has reported success: nothing follows from it but that somebody should know. */
export interface Oddity {
  readonly what: "EndedBadlyAfterResult" | "ResultsDiffer";
  readonly pod: string;
  readonly message: string;
}

/** What is odd about how a pod ended whose task had reported its result. */
export function afterResult(pod: PodFacts, expected: ResultExpectation): Oddity | undefined {
  const { name, terminated, goneBy, disrupted } = pod;
  if (terminated === undefined) return undefined;
  const pushed = resultPushed(pod, expected)?.result;
  const left = resultLeft(pod, expected);
  if (pushed !== undefined && left !== undefined && essence(pushed) !== essence(left)) {
    const message = `the task of pod ${name} pushed one result and left another one in its termination message; the message counts where nothing was decided yet: pushed ${essence(pushed)}, left ${essence(left)}`;
    return { what: "ResultsDiffer", pod: name, message };
  }
  const isStopped = disrupted || goneBy !== undefined;
  if ((left ?? pushed)?.outcome !== "succeeded" || terminated.exitCode === 0 || isStopped) return undefined;
  const why = terminated.reason === "" ? "" : ` (${terminated.reason})`;
  const message = `pod ${name} ended with exit code ${terminated.exitCode}${why} after its task had reported success: the work is committed and counts`;
  return { what: "EndedBadlyAfterResult", pod: name, message };
}

function resultPushed({ pushed }: PodFacts, expected: ResultExpectation) {
  return pushed !== undefined && speaksOf(pushed.result, expected) ? pushed : undefined;
}

function resultLeft({ terminated }: PodFacts, expected: ResultExpectation): TaskResult | undefined {
  const result = terminated === undefined ? "" : readResult(terminated.message, expected);
  return typeof result === "string" ? undefined : result;
}

/** What two results of one task have in common when they say the same; texts may be cut on one way and not on the other. */
function essence({ outcome, rows, bytes, tests, error }: TaskResult): string {
  return JSON.stringify({ outcome, rows, bytes, tests, code: error?.code });
}
