import { PART_LABEL } from "#api/metadata.ts";
import { TASK_CONTAINER } from "../job/policy.ts";
import type { Pod } from "../kube/kinds.ts";
import type { PodFacts } from "../run/facts.ts";
import { parseTime } from "../run/time.ts";

/** Reasons of a container that waits as every container does at first. */
const ORDINARY_WAITS = ["ContainerCreating", "PodInitializing"];

export function podFacts(pod: Pod): PodFacts {
  const { metadata, status } = pod;
  const state = status?.containerStatuses?.find(({ name }) => name === TASK_CONTAINER)?.state;
  const terminated = state?.terminated;
  const waiting = waitingOf(pod);
  const created = parseTime(metadata.creationTimestamp) ?? 0;
  const part = metadata.labels?.[PART_LABEL];
  const goneBy = parseTime(metadata.deletionTimestamp);
  return {
    name: metadata.name,
    created,
    ...(part === undefined ? {} : { part: Number(part) }),
    failed: status?.phase === "Failed",
    ...(status?.phase !== "Failed" || status.reason === undefined
      ? {}
      : { failure: { reason: status.reason, message: (status.message ?? "").trim() } }),
    disrupted: hasCondition(pod, "DisruptionTarget"),
    ...(waiting === undefined ? {} : { waiting }),
    ...(state?.running === undefined ? {} : { runningSince: parseTime(state.running.startedAt) ?? created }),
    ...(goneBy === undefined ? {} : { goneBy }),
    ...(terminated === undefined
      ? {}
      : {
          terminated: {
            exitCode: terminated.exitCode,
            reason: terminated.reason ?? "",
            message: terminated.message ?? "",
            at: parseTime(terminated.finishedAt) ?? created,
          },
        }),
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
