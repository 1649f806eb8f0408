import { EXIT } from "../api/task.ts";
import type { AttemptState } from "./attempt-state.ts";
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

/** Where one attempt stands, by the table of `attempt-state.ts`. */
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
  if (newest?.terminated !== undefined) return { state: "running" };
  if (newest?.runningSince !== undefined) return runningState(newest, now);
  return startingState(facts.job, newest);
}

/** A pod that outlives its deletion by this much has no kubelet that would end it. */
const GRACE_MS = 30_000;

/** A pod on a lost node seems to run for ever: only a person can know that nothing works there any more. */
function runningState({ name, goneBy }: PodFacts, now: number): AttemptState {
  if (goneBy === undefined) return { state: "running" };
  if (now < goneBy + GRACE_MS) return { state: "running", settlesAt: goneBy + GRACE_MS };
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
