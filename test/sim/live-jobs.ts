import { PART_LABEL } from "#api/metadata.ts";
import { EXIT } from "#api/task.ts";
import type { FakeApi } from "../support/fake-cluster/fake-api.ts";
import type { StoredObject } from "../support/fake-cluster/fake-api-objects.ts";
import { isIndexed } from "../support/fake-cluster/fake-indexed-job.ts";
import { isPodOf } from "../support/fake-cluster/fake-kubelet.ts";

/**
 * Whether a Job may have a pod at work, or make another one. One of a single pod is done with the first that ends by itself; one of
 * several parts with the last of them, or with one that makes it fail.
 */
export function jobLives(api: FakeApi, job: StoredObject): boolean {
  const pods = api.storage.list("Pod").filter((pod) => isPodOf(job, pod));
  if (pods.some((pod) => containerStatuses(pod).some(({ state }) => state?.running !== undefined))) return true;
  const { conditions = [], completedIndexes = "" } = (job.status ?? {}) as {
    conditions?: unknown[];
    completedIndexes?: string;
  };
  const works = pods.some((pod) => containerEnd(pod) === undefined);
  if (!isIndexed(job)) {
    const isJudged = conditions.length > 0 && !works;
    return !isJudged && !pods.some((pod) => exitCode(pod) !== undefined && !disrupted(pod));
  }
  if (works) return true;
  const { completions } = job.spec as { completions: number };
  // A pod that has gone since it was counted is known to the Job alone.
  const counted = completedIndexes.split(",").filter((index) => index !== "");
  const seen = pods.filter((pod) => exitCode(pod) === 0).map((pod) => pod.metadata.labels?.[PART_LABEL]);
  const succeeded = new Set([...counted, ...seen]).size;
  const isFinal = pods.some((pod) => [64, 65].includes(exitCode(pod) ?? 0) && !disrupted(pod));
  return conditions.length === 0 && succeeded < completions && !isFinal;
}

interface Container {
  readonly name: string;
  readonly state?: {
    readonly running?: object;
    readonly terminated?: { readonly exitCode: number; readonly message?: string };
  };
}

function containerStatuses({ status }: StoredObject): readonly Container[] {
  return (status as { containerStatuses?: readonly Container[] } | undefined)?.containerStatuses ?? [];
}

export function containerEnd(pod: StoredObject): { readonly exitCode: number; readonly message?: string } | undefined {
  return containerStatuses(pod).find(({ name }) => name === "task")?.state?.terminated;
}

/** Whether somebody has deleted or evicted the pod, or the kubelet has taken it down before it said why. */
export function mayBeStopped(pod: StoredObject): boolean {
  const { conditions = [], phase } = (pod.status ?? {}) as { conditions?: { type: string }[]; phase?: string };
  const down = phase === "Running" && conditions.some(({ type }) => type === "PodReadyToStartContainers");
  return pod.metadata.deletionTimestamp !== undefined || disrupted(pod) || down;
}

export function exitCode(pod: StoredObject): number | undefined {
  return containerEnd(pod)?.exitCode;
}

function disrupted(pod: StoredObject): boolean {
  const status = pod.status as { conditions?: { type: string }[] } | undefined;
  if (exitCode(pod) === EXIT.notReached) return true;
  return status?.conditions?.some(({ type }) => type === "DisruptionTarget") ?? false;
}
