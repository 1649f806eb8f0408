import type { Event } from "../../kinds/objects.ts";
import type { Kube } from "../../kube/kube.ts";
import { exceedsQuota } from "../../run/attempt/room.ts";
import type { Puzzle, Trouble } from "../../run/facts.ts";

/** As many Events of one namespace as a decision may cost; where there are more, some Jobs say nothing of their trouble. */
const EVENTS_MAX = 500;
/** Pods that a decision asks about, each by a call of its own; where more of them do not begin, most often one thing is in the way of all. */
const PODS_MAX = 8;
/** What the Job controller writes when it may not make a pod. */
const FAILED_CREATE = "FailedCreate";

/**
 * What keeps Jobs from making a pod, and the kubelet from making a pod's container, by their uids: nothing in their status says so, and
 * nothing else than their Events does. Read from the API server for those that do not begin for a while; the operator watches no Events.
 */
export async function troublesOf(
  kube: Kube,
  namespace: string,
  puzzles: readonly Puzzle[],
): Promise<ReadonlyMap<string, Trouble>> {
  const uids = (kind: Puzzle["kind"]) => puzzles.filter((puzzle) => puzzle.kind === kind).map(({ uid }) => uid);
  const pods = uids("Pod").slice(0, PODS_MAX);
  const found = await Promise.all([
    jobTroubles(kube, namespace, uids("Job")),
    ...pods.map((uid) => podTrouble(kube, namespace, uid)),
  ]);
  return new Map(found.flatMap((troubles) => [...troubles]));
}

type Troubles = readonly (readonly [uid: string, trouble: Trouble])[];

async function jobTroubles(kube: Kube, namespace: string, uids: readonly string[]): Promise<Troubles> {
  const [only] = uids;
  if (only === undefined) return [];
  const which = uids.length === 1 ? `regarding.uid=${only}` : "regarding.kind=Job";
  const fieldSelector = `${which},reason=${FAILED_CREATE}`;
  const { items } = await kube.list("Event", { namespace, fieldSelector, limit: EVENTS_MAX });
  return uids.flatMap((uid) => {
    const event = newest(items.filter(({ regarding }) => regarding?.uid === uid));
    return event === undefined ? [] : [[uid, jobTrouble(noteOf(event))] as const];
  });
}

function jobTrouble(message: string): Trouble {
  return { reason: exceedsQuota(message) ? "QuotaExceeded" : "NoPod", message };
}

/** What the kubelet, and who attaches volumes, write when they cannot go on with a pod, and when they do go on. */
const IN_THE_WAY: readonly string[] = [
  "FailedMount",
  "FailedMapVolume",
  "FailedAttachVolume",
  "FailedCreatePodSandBox",
  "FailedPrepareDynamicResources",
];
const GOES_ON: readonly string[] = ["Pulling", "Pulled", "Created", "Started"];
/** The kubelet's second word on a volume: that it has waited for long. What it waits for stands in the first. */
const WAITED = /timed out waiting for the condition|context deadline exceeded/;

async function podTrouble(kube: Kube, namespace: string, uid: string): Promise<Troubles> {
  const fieldSelector = `regarding.uid=${uid}`;
  const { items } = await kube.list("Event", { namespace, fieldSelector, limit: EVENTS_MAX });
  const known = items.filter(({ reason = "" }) => IN_THE_WAY.includes(reason) || GOES_ON.includes(reason));
  const event = newest(known.filter(({ note = "" }) => !WAITED.test(note))) ?? newest(known);
  if (event === undefined || GOES_ON.includes(event.reason ?? "")) return [];
  return [[uid, { reason: event.reason ?? "", message: noteOf(event) }]];
}

/** What a client writes before the note when it has many Events of one kind to tell. */
const COMBINED = /^\(combined from similar events\): /;

function noteOf({ note = "" }: Event): string {
  return note.replace(COMBINED, "");
}

function newest(events: readonly Event[]): Event | undefined {
  return events.toSorted((one, other) => (lastSeen(one) < lastSeen(other) ? -1 : 1)).at(-1);
}

/** All of one object by the clocks of its controllers; those of its machine may differ a little. */
function lastSeen({ series, deprecatedLastTimestamp, eventTime, metadata }: Event): string {
  return series?.lastObservedTime ?? deprecatedLastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "";
}
