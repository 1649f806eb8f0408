import { LABEL } from "#api/metadata.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import type { SpareJob } from "../../run/facts.ts";
import { isFinished } from "../../run/succeeded.ts";
import { hasVerdict } from "../jobs/job-facts.ts";
import type { Caches } from "../loop/caches.ts";

/**
 * Finished Jobs of runs that have ended, in one namespace, the oldest first: they are kept for their logs alone. Only those count that a
 * run's status names by their uid: whatever else claims to be a run's Job is left alone.
 */
export function spareJobs(namespace: string, { runs, jobs }: Pick<Caches, "runs" | "jobs">): readonly SpareJob[] {
  const found = runs.by("namespace", namespace).flatMap(({ metadata, status }) => {
    if (!hasEnded(status)) return [];
    const named = new Set(Object.values(status.nodes ?? {}).map(({ jobUid }) => jobUid));
    return jobs
      .by("run", metadata.uid)
      .filter((job) => job.metadata.namespace === namespace && named.has(job.metadata.uid))
      .filter((job) => hasVerdict(job));
  });
  return found
    .map(({ metadata: { name, uid, labels, creationTimestamp = "", deletionTimestamp } }) => ({
      node: labels?.[LABEL.node] ?? "",
      ...{ name, uid, created: creationTimestamp },
      ...(deletionTimestamp === undefined ? {} : { deleting: true as const }),
    }))
    .sort((a, b) => (a.created < b.created ? -1 : 1))
    .map(({ created: _, ...job }) => job);
}

/** The cache holds statuses as they are stored, whoever wrote them. */
function hasEnded(status: unknown): status is PipelineRunStatus {
  const { conditions } = (status ?? {}) as { readonly conditions?: unknown };
  return Array.isArray(conditions) && isFinished(status as PipelineRunStatus);
}
