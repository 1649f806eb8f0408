import { EXIT } from "../../api/task.ts";
import type { PodFacts } from "../facts.ts";
import type { Failure } from "./attempt-state.ts";
import { type ResultExpectation, readResult } from "./task-end.ts";

/*
 * What exit code 0 of a container is worth. A program that ends in order when it is told to stop exits with 0 as well, and its pod may
 * even count as succeeded. A result of kelt's own verbs is written after COMMIT and says that the work is done, with any exit code
 * (`reported-result.ts`).
 *
 * | what the container left     | what is true of its pod                                    | what it means                       |
 * |-----------------------------|------------------------------------------------------------|-------------------------------------|
 * | a valid result: succeeded   | anything                                                   | the work is done                    |
 * | exit code 0, no such result | no one has touched it                                      | the program ended by itself         |
 * | exit code 0, no such result | it was deleted, or its node gave it up                     | it was stopped: the attempt failed  |
 * | exit code 0, no such result | it was evicted, and its Job takes it for a success         | the attempt failed, and does not count |
 * | anything but 0              | it was evicted, or its phase is Failed                     | its Job makes another one           |
 * | exit code 0, no such result | the deadline had come, or the kubelet took the pod down    | the Job's verdict says, or the phase|
 *
 * Eviction is Kubernetes' condition DisruptionTarget. A pod that is evicted for using more storage than its own limit has none, and counts.
 */

/** Who stopped the pod, in words; nothing where nobody did. */
function stopperOf({ goneBy, disrupted, failure }: PodFacts): string | undefined {
  if (failure !== undefined) return `its node ended it: ${failure.reason}`;
  if (disrupted) return "it was evicted";
  return goneBy === undefined ? undefined : "it was deleted";
}

/** Whether an exit code 0 without a result proves nothing: the program may have ended because it was told to. */
export function mayBeStopped(pod: PodFacts): boolean {
  return stopperOf(pod) !== undefined || pod.terminated?.overdue === true || pod.unsettled === true;
}

/** Whether the container says itself that its work is done. */
export function hasSucceeded({ terminated }: PodFacts, expected: ResultExpectation): boolean {
  if (terminated?.exitCode !== EXIT.done) return false;
  const result = readResult(terminated.message, expected);
  return typeof result !== "string" && result.outcome === "succeeded";
}

/** Whether the pod's Job makes another one in its place. Of a pod that exits with 0 it believes that it has done its work. */
export function isReplaced({ disrupted, failed, terminated }: PodFacts): boolean {
  return disrupted && (failed || terminated?.exitCode !== EXIT.done);
}

/** The failure of an attempt whose pod was stopped and exited with 0; nothing for one that ended by itself. */
export function stoppedWords(pod: PodFacts): Pick<Failure, "reason" | "message" | "uncounted"> | undefined {
  const stopper = stopperOf(pod);
  if (stopper === undefined || pod.terminated?.exitCode !== EXIT.done) return undefined;
  const message = `pod ${pod.name} was stopped while it worked (${stopper}), and its exit code 0 does not say that the work was done`;
  return { reason: "PodStopped", message, ...(pod.disrupted ? { uncounted: true as const } : {}) };
}

/** What is said of a pod that works and is being evicted: who finds it gone knows by that what ended it. */
export function evictedWords({ name }: PodFacts): Pick<Failure, "reason" | "message"> {
  return {
    reason: "PodEvicted",
    message: `pod ${name} is being evicted; the work is repeated, which costs no attempt`,
  };
}

/** The failure of an attempt whose Job is complete without a pod, when the pod was seen to be evicted before. */
export function evictedUnseen(failure: Failure): Failure {
  const message =
    "its pod was evicted while it worked and is gone, and that its Job is complete does not say that the work was done";
  return { ...failure, reason: "PodStopped", message, uncounted: true };
}
