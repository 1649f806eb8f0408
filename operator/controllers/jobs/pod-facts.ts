import { PART_LABEL } from "#api/metadata.ts";
import { TASK_CONTAINER } from "#api/task.ts";
import type { ContainerState, Job, Pod } from "../../kinds/objects.ts";
import type { PodFacts } from "../../run/facts.ts";
import { parseTime } from "../../run/time.ts";
import type { Seen } from "./sightings.ts";

type Terminated = NonNullable<ContainerState["terminated"]>;

/** Reasons of a container that waits as every container does at first. */
const ORDINARY_WAITS = ["ContainerCreating", "PodInitializing"];

/** What a pod of the Job says, its times as the operator first saw them. */
export function podFacts(pod: Pod, job: Job, seen: Seen): PodFacts {
  const { metadata, status } = pod;
  const state = status?.containerStatuses?.find(({ name }) => name === TASK_CONTAINER)?.state;
  const waiting = waitingOf(pod);
  const part = metadata.labels?.[PART_LABEL];
  return {
    name: metadata.name,
    uid: metadata.uid,
    created: seen("created"),
    ...(part === undefined ? {} : { part: Number(part) }),
    failed: status?.phase === "Failed",
    ...(status?.phase !== "Failed" || status.reason === undefined
      ? {}
      : { failure: { reason: status.reason, message: (status.message ?? "").trim() } }),
    disrupted: hasCondition(pod, "DisruptionTarget"),
    ...(waiting === undefined ? {} : { waiting }),
    ...(state?.running === undefined ? {} : { runningSince: seen("running") }),
    ...goneBy(pod, seen),
    ...(state?.terminated === undefined ? {} : endOf(state.terminated, pod, job, seen)),
  };
}

function goneBy({ metadata }: Pod, seen: Seen): Pick<PodFacts, "goneBy"> {
  if (metadata.deletionTimestamp === undefined) return {};
  return { goneBy: seen("deleted") + (metadata.deletionGracePeriodSeconds ?? 0) * 1000 };
}

/** How the task's container ended, and what its pod does since. */
function endOf(
  { exitCode, reason = "", message = "", finishedAt }: Terminated,
  pod: Pod,
  job: Job,
  seen: Seen,
): Pick<PodFacts, "terminated" | "lingering" | "sidecars" | "unsettled"> {
  const overdue = isOverdue(finishedAt, job) ? { overdue: true as const } : {};
  const terminated = { exitCode, reason, message, at: seen("ended"), ...overdue };
  if (pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded") return { terminated };
  const lingering = liveContainers(pod);
  const sidecars = liveSidecars(pod);
  return {
    terminated,
    ...(lingering.length === 0 ? {} : { lingering }),
    ...(sidecars.length === 0 ? {} : { sidecars }),
    ...(isTakenDown(pod) ? { unsettled: true } : {}),
  };
}

function hasCondition(pod: Pod, type: string): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}

function waitingOf(pod: Pod): PodFacts["waiting"] {
  const waiting = pod.status?.containerStatuses?.find(({ name }) => name === TASK_CONTAINER)?.state?.waiting;
  if (waiting?.reason !== undefined && !ORDINARY_WAITS.includes(waiting.reason)) {
    return { reason: waiting.reason, message: waiting.message ?? "" };
  }
  const scheduled = pod.status?.conditions?.find((condition) => condition.type === "PodScheduled");
  if (scheduled?.status === "False" && scheduled.reason !== undefined) {
    return { reason: scheduled.reason, message: scheduled.message ?? "" };
  }
  return undefined;
}

/** Containers beside the task's that have not ended. The kubelet ends none of them by itself. */
function liveContainers({ status }: Pod): string[] {
  const others = (status?.containerStatuses ?? []).filter(({ name }) => name !== TASK_CONTAINER);
  return others.filter(({ state }) => state?.terminated === undefined).map(({ name }) => name);
}

/** An init container that runs when the task's container has ended is a restartable one. */
function liveSidecars({ status }: Pod): string[] {
  const running = (status?.initContainerStatuses ?? []).filter(({ state }) => state?.running !== undefined);
  return running.map(({ name }) => name);
}

function isTakenDown(pod: Pod): boolean {
  return (
    pod.status?.conditions?.some(({ type, status }) => type === "PodReadyToStartContainers" && status === "False") ??
    false
  );
}

/** Whether a container ended when the deadline of its Job had come; both times are other machines'. */
function isOverdue(finishedAt: string | undefined, { spec, status }: Job): boolean {
  const started = parseTime(status?.startTime);
  const ended = parseTime(finishedAt);
  const seconds = spec?.activeDeadlineSeconds;
  return seconds !== undefined && started !== undefined && ended !== undefined && ended >= started + seconds * 1000;
}
