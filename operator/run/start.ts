import { durationMs } from "../api/duration.ts";
import type { NodeStatus } from "../api/pipeline-run.ts";
import type { AttemptState } from "./attempt-state.ts";
import type { AttemptFacts, JobFacts, PodFacts } from "./facts.ts";
import { parseTime } from "./time.ts";

/*
 * How an attempt waits for a pod that runs, and since when.
 *
 * | what is true                       | the wait counts from                           | what is said                   |
 * |------------------------------------|------------------------------------------------|--------------------------------|
 * | the Job is held back (Kueue)       | nothing: it may take as long as it does        | JobSuspended, when that lasts  |
 * | its pod waits                      | the pod's creation                             | Kubernetes' reason             |
 * | it has no pod yet                  | its creation, or the moment it was resumed     | NoPod, when that lasts         |
 * | the pod that ran is evicted or gone| the pod's end, or when that was first seen     | NoPod, when that lasts         |
 *
 * The Job controller replaces an evicted pod only when it has ended, and waits ten seconds and more before it does: an attempt that ran
 * for an hour is then without a pod and not late. Nothing in the Job says since when, so the status does (`podless`). An operator that was
 * away does not know what it has not seen, and begins to count when it comes back.
 */

/** How long a Job may be without a pod before somebody is told: where nothing is in the way it makes one within a second. */
const TELL_MS = 10_000;

const NO_POD =
  "its Job has made no pod, or none in the place of one that is gone. The Job's events say why, such as a service account that does not exist or a quota";

const HELD =
  "its Job is suspended, as by a queue that has no room for it yet; it goes on when its spec.suspend is false";
const SUSPENDED = { reason: "JobSuspended", message: HELD };

type Starting = Extract<AttemptState, { state: "starting" }>;

/** What the wait for a pod depends on besides the attempt's state. */
export interface StartContext {
  readonly attempt: AttemptFacts;
  readonly stored: NodeStatus;
  readonly startTimeout: string;
  readonly now: number;
}

export interface Start {
  /** When the pod should run at the latest; nothing while the Job is held back. */
  readonly dueAt?: number;
  /** When there is more to say, if nothing happens before. */
  readonly tellAt?: number;
  /** Since when the attempt is seen to have no pod. */
  readonly podlessSince?: number;
  /** What the attempt waits for, as far as it is worth a word by now. */
  readonly told?: NonNullable<PodFacts["waiting"]>;
  /** The same for when the time is over. */
  readonly why: string;
  /** It says something of a pod that is not there. A Job that was made a moment ago has none yet, and nothing follows from that. */
  readonly inferred?: true;
}

/** How long an attempt that has no running pod may wait, and for what it does. */
export function startOf(state: Starting, context: StartContext): Start {
  const { waiting, since } = state;
  if (state.held)
    return context.now < since + TELL_MS ? { tellAt: since + TELL_MS, why: HELD } : { told: SUSPENDED, why: HELD };
  if (state.podless === true) return podlessStart(state, context);
  const dueAt = since + durationMs(context.startTimeout);
  if (waiting !== undefined)
    return { dueAt, told: steady(waiting, context), why: `${waiting.reason}: ${waiting.message}` };
  const pod = context.attempt.pods.at(-1)?.name ?? "";
  const why = `its container is still being made. The events of pod ${pod} say why, such as a volume that cannot be mounted`;
  return { dueAt, why };
}

/** The kubelet says the one after each try to pull an image and the other until the next: to its readers both are one. */
const PULLS: readonly string[] = ["ErrImagePull", "ImagePullBackOff"];

/** What a pod waits for, in the words that the status has for it already. */
function steady(
  waiting: NonNullable<PodFacts["waiting"]>,
  { attempt, stored: { attempt: told, reason = "", message = waiting.message } }: StartContext,
): NonNullable<PodFacts["waiting"]> {
  return told === attempt.attempt && PULLS.includes(reason) && PULLS.includes(waiting.reason)
    ? { reason, message }
    : waiting;
}

function podlessStart({ since, lostAt }: Starting, { attempt, stored, startTimeout, now }: StartContext): Start {
  const limit = durationMs(startTimeout);
  const quiet = Math.min(TELL_MS, limit / 2);
  const known = stored.attempt === attempt.attempt ? stored : undefined;
  const podlessSince = lostAt ?? parseTime(known?.podless) ?? firstSeen();
  if (podlessSince === undefined) return { dueAt: since + limit, tellAt: since + quiet, why: NO_POD };
  const times = { dueAt: podlessSince + limit, podlessSince };
  if (now >= podlessSince + quiet)
    return { ...times, why: NO_POD, told: { reason: "NoPod", message: NO_POD }, inferred: true };
  return {
    ...times,
    tellAt: podlessSince + quiet,
    why: NO_POD,
    ...(lostAt === undefined ? { inferred: true as const } : {}),
  };

  function firstSeen(): number | undefined {
    if (known?.state === "Running") return now;
    return now < since + quiet ? undefined : Math.max(since, now - quiet);
  }
}

/** Since when nobody holds the Job's pods back. */
export function releasedAt({ created, resumed = created }: JobFacts): number {
  return Math.max(created, resumed);
}
