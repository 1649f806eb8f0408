import { durationMs } from "../../api/duration.ts";
import type { NodeStatus } from "../../api/pipeline-run.ts";
import type { Reason } from "../../api/reasons.ts";
import type { AttemptFacts, JobFacts, PodFacts, Puzzle, Trouble } from "../facts.ts";
import { parseTime } from "../time.ts";
import type { AttemptState } from "./attempt-state.ts";
import { withAdvice } from "./missing-object.ts";
import { lacksRoom } from "./room.ts";

/*
 * How an attempt waits for a pod that runs, and since when.
 *
 * | what is true                       | the wait counts from                           | what is said                   |
 * |------------------------------------|------------------------------------------------|--------------------------------|
 * | the Job is held back (Kueue)       | capacityTimeout, from when that was said       | JobSuspended, when that lasts  |
 * | there is no room (`room.ts`)       | capacityTimeout, from when that was said       | Unschedulable, QuotaExceeded   |
 * | its pod waits                      | its creation, or the moment room was found     | Kubernetes' reason             |
 * | its container is being made        | the same                                       | the pod's newest Event, if that is a fault |
 * | it has no pod yet                  | its creation, or the moment it was resumed     | NoPod, when that lasts         |
 * | the pod that ran is evicted or gone| the pod's end, or when that was first seen     | NoPod, when that lasts         |
 *
 * The Job controller replaces an evicted pod only when it has ended, and waits ten seconds and more before it does: an attempt that ran
 * for an hour is then without a pod and not late. Nothing in the Job says since when, so the status does (`podless`). An operator that was
 * away does not know what it has not seen, and begins to count when it comes back.
 */

/** How long a Job may be without a pod before the status says so: if nothing is in the way, it makes one within a second. */
const TELL_MS = 10_000;
/** How often the Events of a pod are asked for while its container is being made, as a large image takes minutes; and once they said why not. */
const ASK_AGAIN_MS = { open: 15_000, known: 30_000 } as const;

const NO_POD =
  "its Job has made no pod, or none in the place of one that is gone. The Job's events say why, such as a service account that does not exist";

const HELD =
  "its Job is suspended, as by a queue that has no room for it yet; it goes on when its spec.suspend is false";
const SUSPENDED = { reason: "JobSuspended", message: HELD };
const WITHOUT_PODS = {
  reason: "JobSuspended",
  message: "somebody has set spec.parallelism of its Job to 0, so that it makes no pod; it goes on when that is 1",
};

type Starting = Extract<AttemptState, { state: "starting" }>;

/** What the wait for a pod depends on besides the attempt's state. */
export interface StartContext {
  readonly attempt: AttemptFacts;
  readonly stored: NodeStatus;
  readonly startTimeout: string;
  readonly capacityTimeout: string;
  /** Why the Job could not make a pod, or the kubelet not the container, where that was asked. */
  readonly trouble?: Trouble | undefined;
  readonly now: number;
}

export interface Start {
  /** When the pod should run at the latest, or when room should be there. */
  readonly dueAt?: number;
  /** It waits for room, which is no fault of the attempt. */
  readonly room?: true;
  /** Since when it waits for the one or the other. */
  readonly since?: number;
  /** When there is more to say, if nothing happens before. */
  readonly showAt?: number;
  /** Since when the attempt is seen to have no pod. */
  readonly podlessSince?: number;
  /** What the attempt waits for, as far as it is worth a word by now. */
  readonly notice?: NonNullable<PodFacts["waiting"]>;
  /** The same for when the time is over. */
  readonly why: string;
  /** The Events of the Job, or of the pod where there is one, say more. */
  readonly puzzling?: true;
  /** It says something of a pod that is not there. A Job that was made a moment ago has none yet, and nothing follows from that. */
  readonly restsOnAbsence?: true;
}

/** How long an attempt that has no running pod may wait, and for what it does. */
export function startOf(state: Starting, context: StartContext): Start {
  const { waiting, since } = state;
  if (state.held) {
    const held = context.attempt.job?.withoutPods === true ? WITHOUT_PODS : SUSPENDED;
    return context.now < since + TELL_MS ? { showAt: since + TELL_MS, why: held.message } : roomWait(held, context);
  }
  if (state.podless === true) return podlessStart(state, context);
  if (waiting !== undefined && lacksRoom(waiting)) return roomWait(waiting, context);
  const begun = startingSince(since, context);
  const dueAt = begun + durationMs(context.startTimeout);
  if (waiting === undefined) return containerStart({ dueAt, since: begun }, context);
  const { reason, message } = withAdvice(waiting);
  return { dueAt, since: begun, notice: withAdvice(steady(waiting, context)), why: `${reason}: ${message}` };
}

/** A container that is being made: what is in its way stands in the pod's Events alone, such as a volume that cannot be mounted. */
function containerStart(
  times: { readonly dueAt: number; readonly since: number },
  { attempt, startTimeout, trouble, now }: StartContext,
): Start {
  const pod = attempt.pods.at(-1)?.name ?? "";
  const why = `its container is still being made. The events of pod ${pod} say why, such as a volume that cannot be mounted`;
  const quietUntil = times.since + Math.min(TELL_MS, durationMs(startTimeout) / 2);
  if (now < quietUntil) return { ...times, showAt: quietUntil, why };
  const againMs = trouble === undefined ? ASK_AGAIN_MS.open : ASK_AGAIN_MS.known;
  const asking = { ...times, showAt: now + againMs, puzzling: true as const };
  if (trouble === undefined) return { ...asking, why };
  const notice = withAdvice(trouble);
  return { ...asking, notice, why: `${notice.reason}: ${notice.message}` };
}

/** A wait for room goes on for as long as the status has said so without a break. */
function roomWait(trouble: Trouble, { attempt, stored, capacityTimeout, now }: StartContext): Start {
  const known = stored.attempt === attempt.attempt && stored.state === "Waiting" ? stored.waitingSince : undefined;
  const since = parseTime(known) ?? now;
  return {
    room: true,
    since,
    dueAt: since + durationMs(capacityTimeout),
    notice: trouble,
    why: `${trouble.reason}: ${trouble.message}`,
  };
}

/** A pod that has found room, or stands in the place of another one, has its whole time. */
function startingSince(since: number, { attempt, stored, now }: StartContext): number {
  if (stored.attempt !== attempt.attempt) return since;
  if (stored.state === "Waiting") return now;
  const known = stored.state === "Starting" && stored.podless === undefined ? stored.waitingSince : undefined;
  return parseTime(known) ?? since;
}

/** The kubelet says the one after each try to pull an image and the other until the next: to its readers both are one. */
const PULLS: readonly string[] = ["ErrImagePull", "ImagePullBackOff"];

/** What a pod waits for, in the words that the status has for it already. */
function steady(
  waiting: NonNullable<PodFacts["waiting"]>,
  { attempt, stored: { attempt: shown, reason = "", message = waiting.message } }: StartContext,
): NonNullable<PodFacts["waiting"]> {
  return shown === attempt.attempt && PULLS.includes(reason) && PULLS.includes(waiting.reason)
    ? { reason, message }
    : waiting;
}

function podlessStart({ since, lostAt }: Starting, context: StartContext): Start {
  const { attempt, stored, startTimeout, trouble, now } = context;
  if (trouble !== undefined && lacksRoom(trouble)) return { ...roomWait(trouble, context), puzzling: true };
  const why =
    attempt.foreignPod?.why ?? (trouble === undefined ? NO_POD : `its Job could make no pod: ${trouble.message}`);
  const limit = durationMs(startTimeout);
  const reason: Reason = attempt.foreignPod === undefined ? "NoPod" : "ForeignPod";
  const quiet = Math.min(TELL_MS, limit / 2);
  const known = stored.attempt === attempt.attempt ? stored : undefined;
  const podlessSince = lostAt ?? parseTime(known?.podless) ?? firstSeen();
  if (podlessSince === undefined) return { dueAt: since + limit, showAt: since + quiet, why };
  const times = { dueAt: podlessSince + limit, podlessSince };
  if (now >= podlessSince + quiet)
    return { ...times, why, notice: { reason, message: why }, restsOnAbsence: true, puzzling: true };
  return {
    ...times,
    showAt: podlessSince + quiet,
    why,
    ...(lostAt === undefined ? { restsOnAbsence: true as const } : {}),
  };

  function firstSeen(): number | undefined {
    if (known?.state === "Running" || known?.state === "Waiting") return now;
    return now < since + quiet ? undefined : Math.max(since, now - quiet);
  }
}

/** Since when nobody holds the Job's pods back. */
export function releasedAt({ created, resumed = created }: JobFacts): number {
  return Math.max(created, resumed);
}

/** Whose Events say why an attempt does not begin: those of the pod that is to run, or of the Job that has none. */
export function puzzleOf({ job, pods }: AttemptFacts, state: AttemptState): Puzzle | undefined {
  const pod = pods.findLast(({ terminated, failed }) => terminated === undefined && !failed);
  if (pod !== undefined && !("podless" in state)) return { kind: "Pod", uid: pod.uid };
  return job === undefined ? undefined : { kind: "Job", uid: job.uid };
}
