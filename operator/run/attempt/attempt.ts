import { EXIT } from "../../api/task.ts";
import type { AttemptFacts, JobFacts, PodFacts } from "../facts.ts";
import type { AttemptState } from "./attempt-state.ts";
import { fanOutState } from "./fan-out.ts";
import { isDone, pushedFailure, reportedResult } from "./reported-result.ts";
import { releasedAt } from "./start.ts";
import { evictedWords, hasSucceeded, isReplaced, mayBeStopped, stoppedWords } from "./stopped.ts";
import {
  type Ended,
  isReported,
  judgedFailure,
  killedWords,
  type ResultExpectation,
  reportedFailure,
  SETTLE_MS,
  successOf,
} from "./task-end.ts";

/** Where one attempt stands, by the table of `attempt-state.ts`. */
export function attemptState(facts: AttemptFacts, expected: ResultExpectation, now: number): AttemptState {
  const state = ownState(facts, expected, now);
  const { foreignPod, pods, job } = facts;
  // Until the Job is judged it may still make a pod of its own: somebody else may have been faster.
  if (foreignPod === undefined || job?.verdict === undefined) return state;
  // The Job counts that pod, and what its own pods came to is then not known.
  const isLost = state.state === "failed" && state.reason === "InvalidResult" && state.restsOnAbsence === true;
  if (pods.length > 0 && !isLost) return state;
  const { at, why: message } = foreignPod;
  return { state: "failed", at, retriable: false, restsOnAbsence: true, reason: "ForeignPod", message };
}

/** What the attempt's Job and its own pods say. */
function ownState(facts: AttemptFacts, expected: ResultExpectation, now: number): AttemptState {
  const { job, pods } = facts;
  if (job?.parts !== undefined) return fanOutState({ ...facts, job }, expected, now);
  const reported = reportedState(pods, expected) ?? endedByItself(pods, expected);
  if (reported !== undefined) return reported;
  if (job === undefined) return { state: "gone" };
  const newest = pods.at(-1);
  if (job.verdict !== undefined) {
    const settlesAt = job.verdict.at + SETTLE_MS;
    if (newest !== undefined && newest.terminated === undefined && now < settlesAt)
      return { state: "running", settlesAt };
    return judgedState(job.verdict, pods, expected);
  }
  if (newest?.disrupted === true && newest.terminated !== undefined)
    return evictedState(job, newest, newest.terminated);
  if (newest?.terminated !== undefined) return endedState(newest, newest.terminated, expected, now);
  if (newest?.runningSince !== undefined) return runningState(newest, now);
  return startingState(job, newest);
}

/** What the task of one of kelt's own verbs has reported, by the table of `reported-result.ts`. What was left counts before what was pushed. */
function reportedState(pods: readonly PodFacts[], expected: ResultExpectation): AttemptState | undefined {
  const done = pods.flatMap((pod) => reportedResult(pod, expected) ?? []).filter(isDone);
  const success = done.find(({ byPush }) => !byPush) ?? done[0];
  if (success === undefined) return pods.flatMap((pod) => pushedFailure(pod, expected) ?? [])[0];
  const { at, result, byPush } = success;
  return { state: "succeeded", at, result, ...(byPush ? { byPush } : {}) };
}

/** What a container says by its exit code: that it is done, or what kind of failure it met. */
function endedByItself(pods: readonly PodFacts[], expected: ResultExpectation): AttemptState | undefined {
  const [success] = [
    ...pods.filter((pod) => hasSucceeded(pod, expected)),
    ...pods.filter((pod) => pod.terminated?.exitCode === EXIT.done && !mayBeStopped(pod)),
  ];
  if (success?.terminated !== undefined) return successOf(success.terminated, expected);
  const failed = pods.find(({ terminated, disrupted }) => terminated && isReported(terminated) && !disrupted);
  return failed?.terminated === undefined ? undefined : reportedFailure(failed.terminated, expected);
}

/** What the Job's verdict means where the container has not said enough. */
function judgedState(
  verdict: NonNullable<JobFacts["verdict"]>,
  pods: readonly PodFacts[],
  expected: ResultExpectation,
): AttemptState {
  const done = pods.findLast(({ terminated }) => terminated?.exitCode === EXIT.done);
  if (done?.terminated === undefined || verdict.reason === "DeadlineExceeded")
    return judgedFailure(verdict, pods, expected);
  const stopped = stoppedWords(done);
  // The Job may be seen before the pod's last word, which could be that it was evicted.
  if (stopped === undefined) return { ...successOf(done.terminated, expected), restsOnAbsence: true };
  return { state: "failed", at: done.terminated.at, retriable: true, ...stopped };
}

/** A pod that was evicted has ended: its Job makes another one, unless it takes exit code 0 for a success. */
function evictedState(job: JobFacts, pod: PodFacts, { at }: Ended): AttemptState {
  const stopped = isReplaced(pod) ? undefined : stoppedWords(pod);
  if (stopped !== undefined) return { state: "failed", at, retriable: true, ...stopped };
  return { state: "starting", since: at, held: job.suspended, podless: true, lostAt: at };
}

/** How long the Job's verdict is waited for where sidecars keep the pod from ending: most of them end within a second. */
const SIDECARS_MS = 5_000;

/** A container that has ended with a code that says nothing: the Job's verdict tells why, unless another container keeps the pod from ending. */
function endedState(pod: PodFacts, { at }: Ended, expected: ResultExpectation, now: number): AttemptState {
  const { lingering, sidecars } = pod;
  if ((lingering ?? sidecars) === undefined || mayBeStopped(pod)) return { state: "running" };
  const failure = { state: "failed", at, retriable: true, ...killedWords(pod, expected) } as const;
  if (lingering !== undefined) return failure;
  const settlesAt = at + SIDECARS_MS;
  return now < settlesAt ? { state: "running", settlesAt } : { ...failure, restsOnAbsence: true };
}

/** A pod that outlives its deletion by this much has no kubelet that would end it. */
const GRACE_MS = 30_000;

/** A pod on a lost node seems to run for ever: only a person can know that nothing works there any more. */
function runningState(pod: PodFacts, now: number): AttemptState {
  const { name, goneBy, disrupted } = pod;
  const evicted = disrupted ? { setback: evictedWords(pod) } : {};
  if (goneBy === undefined) return { state: "running", ...evicted };
  if (now < goneBy + GRACE_MS) return { state: "running", settlesAt: goneBy + GRACE_MS, ...evicted };
  const message = `pod ${name} was deleted and does not end: its node may be lost. It is waited for; once that node is off, kubectl delete pod ${name} --force lets the work be tried again`;
  return { state: "running", setback: { reason: "PodNotGone", message } };
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
