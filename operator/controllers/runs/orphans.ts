import type { ObjectMeta } from "#api/metadata.ts";
import type { Job } from "../../kinds/objects.ts";
import { isConflict, isNotFound } from "../../kube/api-error.ts";
import type { Kube, ObjectKey } from "../../kube/kube.ts";
import { purposeIn } from "../jobs/attempts.ts";
import { hasVerdict } from "../jobs/job-facts.ts";
import type { Caches } from "../loop/caches.ts";
import type { RunMemory } from "./run-memory.ts";

/*
 * Jobs of a run that is gone. Kubernetes collects those that have the run as their owner. Somebody who may change Jobs can take that away,
 * and such a Job would work on for nobody.
 */

/** Jobs that are known to be the run's, have lost it as their owner, and have not ended. */
function orphansOf({ uid, known }: RunMemory, namespace: string, caches: Pick<Caches, "jobs">): readonly Job[] {
  return caches.jobs.by("run", uid).filter((job) => {
    const { metadata } = job;
    const isLive = metadata.deletionTimestamp === undefined && !hasVerdict(job);
    const isHere = metadata.namespace === namespace && isLive && !isOwnedBy(metadata, uid);
    return isHere && known.purposeOf(job, purposeIn(job)) !== undefined;
  });
}

function isOwnedBy({ ownerReferences = [] }: ObjectMeta, uid: string): boolean {
  return ownerReferences.some((owner) => owner.uid === uid);
}

/** Deletes what a run that no cache shows has left at work, once the API server says itself that the run is gone. Answers their names. */
export async function endOrphans(
  key: ObjectKey,
  memory: RunMemory,
  { caches, kube }: { readonly caches: Pick<Caches, "jobs">; readonly kube: Kube },
): Promise<readonly string[]> {
  const orphans = orphansOf(memory, key.namespace, caches);
  if (orphans.length === 0 || (await exists(key, memory.uid, kube))) return [];
  for (const { metadata } of orphans) {
    try {
      const { namespace, name, uid } = metadata;
      await kube.delete("Job", { namespace, name }, { propagation: "Foreground", uid });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
  return orphans.map(({ metadata }) => metadata.name);
}

async function exists({ namespace, name }: ObjectKey, uid: string, kube: Kube): Promise<boolean> {
  const { items } = await kube.list("PipelineRun", { namespace, fieldSelector: `metadata.name=${name}` });
  return items.some(({ metadata }) => metadata.uid === uid);
}
