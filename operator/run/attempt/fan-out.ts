import type { NodeStatus } from "../../api/pipeline-run.ts";
import { EXIT, type TaskResult } from "../../api/task.ts";
import { listed } from "../../graph/listing.ts";
import type { AttemptFacts, JobFacts, PodFacts } from "../facts.ts";
import type { AttemptState, Failure } from "./attempt-state.ts";
import { releasedAt } from "./start.ts";
import { mayBeStopped, stoppedWords } from "./stopped.ts";
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

/** An attempt whose Job has parts. */
type FannedOut = AttemptFacts & { readonly job: JobFacts };

const PARTS_TEXT_MAX = 900;
const NO_PARTS = { of: 0, parallel: 0, succeeded: [], failed: [] } as const;

/** Every state of an attempt whose Job is there. */
type Seen = Exclude<AttemptState, { readonly state: "gone" }>;

interface EndedPart extends Ended {
  readonly pod: PodFacts;
  readonly part: number;
}

/**
 * Where an attempt stands whose Job has several parts, each tried again by the Job itself.
 *
 * | state     | what is true                                                                                         |
 * |-----------|------------------------------------------------------------------------------------------------------|
 * | starting  | no part's container runs, and a pod waits to start                                                   |
 * | running   | a container runs, or the Job has yet to make the next pod or to judge the last one                    |
 * | succeeded | for every part a container exited 0 and left a valid result, or the Job counts it among its successes |
 * | failed    | a part says that no retry can mend it, or has exited 0 without a valid result, or the Job has failed  |
 *
 * A part whose pod is gone may have succeeded: the Job remembers it, but not its result. A part that the Job tries no more fails the
 * attempt for good; a deadline, which ends all parts, is followed by another attempt, in which parts that are done do nothing. So is a
 * failed part whose pod an injected container keeps from ending; where such pods take the room of parts that wait, no retry can mend it.
 */
export function fanOutState(facts: FannedOut, expected: ResultExpectation, now: number): AttemptState {
  const { of, succeeded } = facts.job.parts ?? NO_PARTS;
  const ends = endsOf(facts.pods);
  const results: TaskResult[] = [];
  const done = new Set(succeeded.filter((part) => part < of));
  let at = facts.job.created;
  for (const end of ends.filter(({ exitCode, part }) => exitCode === EXIT.done && part < of)) {
    const state = successOf(end, { ...expected, part: end.part });
    if (state.state === "failed") {
      const failure = { ...state, ...stoppedWords(end.pod) };
      return { ...ofPart(failure, end.part), parts: `${done.size}/${of}` };
    }
    if (state.result !== undefined) results.push(state.result);
    done.add(end.part);
    at = Math.max(at, end.at);
  }
  const parts = `${done.size}/${of}`;
  if (done.size === of) return succeededState(results, { of, at, parts });
  const state =
    partFailure(ends, expected) ??
    judgedState(facts, ends, expected, now) ??
    lingeringState(facts, ends, { expected, done });
  return { ...(state ?? liveState(facts, ends, { expected, done })), parts };
}

/** Whether no part is going to get another pod: all have succeeded, or one of them has made the Job fail. */
export function haveEnded({ job, pods }: AttemptFacts): boolean {
  const ends = endsOf(pods);
  const done = new Set([
    ...(job?.parts?.succeeded ?? []),
    ...ends.flatMap(({ exitCode, part }) => (exitCode === EXIT.done ? [part] : [])),
  ]);
  if (pods.some(({ lingering }) => lingering !== undefined)) return false;
  return done.size >= (job?.parts?.of ?? 0) || ends.some(failsJob);
}

/** How far the nodes are that several pods do together; nothing when none is at work. */
export function partsText(nodes: Readonly<Record<string, NodeStatus>>): string {
  const working = Object.entries(nodes).filter(([, { state }]) => state === "Starting" || state === "Running");
  const texts = working.flatMap(([name, { parts }]) =>
    parts === undefined ? [] : [`${name} has done ${parts} parts`],
  );
  return texts.length === 0 ? "" : `; ${listed(texts, PARTS_TEXT_MAX, "; ")}`;
}

function endsOf(pods: readonly PodFacts[]): readonly EndedPart[] {
  return pods.flatMap((pod) =>
    pod.terminated === undefined || pod.part === undefined ? [] : [{ pod, part: pod.part, ...pod.terminated }],
  );
}

/** The exit codes that the Job's failure policy names. */
function failsJob({ exitCode, pod }: EndedPart): boolean {
  return (exitCode === EXIT.configuration || exitCode === EXIT.data) && !pod.disrupted;
}

/** Rows and bytes add up over the parts; where one of them has published the load, it knows what the whole came to. */
function succeededState(
  results: readonly TaskResult[],
  { of, at, parts }: { readonly of: number; readonly at: number; readonly parts: string },
): AttemptState {
  const publisher = results.find(({ published }) => published !== undefined);
  const [speaker = publisher] = results;
  const restsOnAbsence = new Set(results.map(({ part }) => part)).size < of ? { restsOnAbsence: true as const } : {};
  if (speaker === undefined) return { state: "succeeded", at, parts, ...restsOnAbsence };
  const sum = (of: "rows" | "bytes") => results.reduce((total, result) => total + (result[of] ?? 0), 0);
  const { rows, bytes } = publisher?.published ?? { rows: sum("rows"), bytes: sum("bytes") };
  const message = `${publisher?.message ?? `${rows} rows`}, by ${of} pods`;
  return { state: "succeeded", at, parts, result: { ...speaker, message, rows, bytes }, ...restsOnAbsence };
}

/** What a part says that no other try can mend. */
function partFailure(ends: readonly EndedPart[], expected: ResultExpectation): Failure | undefined {
  const end = ends.find(failsJob);
  const failure = end === undefined ? undefined : reportedFailure(end, { ...expected, part: end.part });
  return end === undefined || failure === undefined ? undefined : ofPart(failure, end.part);
}

/** A failure names its part, by the number that its pod's name carries; rows of one part are not the node's. */
function ofPart({ result: _, ...failure }: Failure, part: number): Failure {
  return { ...failure, message: `part ${part}: ${failure.message}` };
}

/**
 * A part whose task has ended, in a pod that another container keeps from ending: its Job neither tries it again nor makes the pod of
 * a part that waits for its room.
 */
function lingeringState(
  { job, pods }: FannedOut,
  ends: readonly EndedPart[],
  { expected, done }: { readonly expected: ResultExpectation; readonly done: ReadonlySet<number> },
): Failure | undefined {
  const failed = ends.find(({ exitCode, pod, part }) => exitCode !== EXIT.done && lingers(pod) && !done.has(part));
  if (failed !== undefined) {
    return ofPart({ state: "failed", at: failed.at, retriable: true, ...wordsOf(failed, expected) }, failed.part);
  }
  const { of, parallel } = job.parts ?? NO_PARTS;
  const waiting = pods.filter(lingers);
  const [first] = waiting;
  if (done.size >= of || waiting.length < parallel || first?.terminated === undefined) return undefined;
  const message = `the task of pod ${first.name} has ended and its container ${first.lingering?.join(", ")} works on, so that no pod is made for the parts that wait; inject it as a restartable init container, or not into pods of this pipeline`;
  return { state: "failed", at: first.terminated.at, retriable: false, reason: "ContainerNotEnded", message };
}

function lingers(pod: PodFacts): boolean {
  return pod.lingering !== undefined && !mayBeStopped(pod);
}

/** What the Job's own verdict means, once the pods that can say why have had time to be seen. */
function judgedState(
  { job, pods }: FannedOut,
  ends: readonly EndedPart[],
  expected: ResultExpectation,
  now: number,
): Seen | undefined {
  const { verdict, parts } = job;
  if (verdict === undefined) return undefined;
  const settlesAt = verdict.at + SETTLE_MS;
  if (pods.some(({ terminated }) => terminated === undefined) && now < settlesAt)
    return { state: "running", settlesAt };
  if (verdict.succeeded || verdict.reason === "DeadlineExceeded") return judgedFailure(verdict, [], expected);
  const [failed] = parts?.failed ?? [];
  const tries = ends.filter(({ part, exitCode, pod }) => part === failed && exitCode !== EXIT.done && !pod.disrupted);
  const last = tries.at(-1);
  const ofFailed = pods.filter(({ part }) => part === failed);
  if (failed === undefined || last === undefined)
    return { ...judgedFailure(verdict, ofFailed, expected), retriable: failed === undefined };
  const { reason, message } = wordsOf(last, expected);
  const times = tries.length === 1 ? "once" : `${tries.length} times`;
  const text = `part ${failed} failed ${times} and has no retry left: ${message}`;
  return { state: "failed", at: last.at, retriable: false, restsOnAbsence: true, reason, message: text };
}

/** Why a container ended that did not exit with 0: in the task's own words where there are any. */
function wordsOf(
  end: EndedPart,
  expected: ResultExpectation,
): Pick<Failure, "reason" | "message"> & { readonly retriable?: boolean } {
  const reported = isReported(end) ? reportedFailure(end, { ...expected, part: end.part }) : undefined;
  return reported ?? killedWords(end.pod, { ...expected, part: end.part });
}

/** An attempt that goes on: what it waits for, or which part has just failed and is tried again. */
function liveState(
  { job, pods }: FannedOut,
  ends: readonly EndedPart[],
  { expected, done }: { readonly expected: ResultExpectation; readonly done: ReadonlySet<number> },
): Seen {
  const live = pods.filter(({ terminated, failed }) => terminated === undefined && !failed);
  const isRunning = live.some(({ runningSince }) => runningSince !== undefined);
  if (!isRunning && (live.length > 0 || pods.length === 0)) {
    // A pod may have waited for the room of others: its time counts from the last of their ends.
    const since = Math.max(releasedAt(job), ...live.map(({ created }) => created), ...ends.map((end) => end.at));
    const [waiting] = live.flatMap(({ part, waiting: why }) =>
      why === undefined ? [] : [{ ...why, message: `part ${part}: ${why.message}` }],
    );
    return {
      state: "starting",
      since,
      held: job.suspended,
      ...(live.length === 0 ? { podless: true as const } : {}),
      ...(waiting === undefined ? {} : { waiting }),
    };
  }
  const setback = ends.findLast(
    ({ part, exitCode, pod }) => !done.has(part) && exitCode !== EXIT.done && !pod.disrupted,
  );
  if (setback === undefined) return { state: "running" };
  const { reason, message } = wordsOf(setback, expected);
  return {
    state: "running",
    setback: { reason, message: `part ${setback.part} failed and is tried again: ${message}` },
  };
}
