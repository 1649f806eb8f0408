import type { jobOf } from "../../job/job.ts";
import { project } from "../../kinds/kinds.ts";
import type { Job } from "../../kinds/objects.ts";
import { ApiError, isAlreadyExists, isOfThePort } from "../../kube/api-error.ts";
import type { Kube, NewObject } from "../../kube/kube.ts";
import { exceedsQuota } from "../../run/attempt/room.ts";
import type { JobRefusal } from "../../run/facts.ts";
import type { KnownJobs, Purpose } from "./known-jobs.ts";

/** The Job as the API server has it, or why it would not create it. */
export type OwnedJob = { readonly job: Job } | { readonly refusal: JobRefusal };

/** What a Job is made for, and how it is known again. */
export interface NewJob {
  /** Names the owner in messages. */
  readonly what: "run" | "connection";
  readonly purpose: Purpose;
  readonly known: KnownJobs;
  readonly job: ReturnType<typeof jobOf>;
}

/**
 * Creates a Job, or finds that we have made it already. Doing it twice does no harm: the name says what the Job is for. Rejects only with
 * what the port itself refuses.
 */
export async function createOwnedJob(kube: Kube, namespace: string, wanted: NewJob): Promise<OwnedJob> {
  const { known, purpose } = wanted;
  try {
    const sealed = known.seal(purpose, wanted.job as unknown as NewObject);
    const job = project("Job", await kube.create("Job", namespace, sealed));
    // Whatever had the name before is gone, such as a Job that was held in vain.
    known.record(job.metadata.uid, purpose);
    return { job };
  } catch (error) {
    if (isAlreadyExists(error)) return await adoptJob(kube, namespace, wanted);
    return { refusal: refusalOf(error) };
  }
}

/**
 * What an error says of this Job, of whatever class it is: a webhook that is down is answered with 500, one that is slow with nothing.
 * Throws what is no word on the Job.
 */
function refusalOf(error: unknown): JobRefusal {
  if (!(error instanceof ApiError) || isOfThePort(error)) throw error;
  const { status, message, retryAfterMs } = error;
  const isFull = status === 403 && exceedsQuota(message);
  return {
    reason: isFull ? "QuotaExceeded" : "JobRefused",
    message,
    final: [400, 413, 422].includes(status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** A Job that another process of ours has made. One that was held will do for a node that begins, unless it is on its way out. */
function takeOver(found: Job, { purpose, known }: Pick<NewJob, "purpose" | "known">): OwnedJob {
  const isHeld = known.isHeld(found);
  const isGoing = isHeld && found.metadata.deletionTimestamp !== undefined;
  if (!isGoing && (isHeld || purpose.hold !== true)) return { job: found };
  const message = `Job ${found.metadata.name} ${isGoing ? "is being deleted" : "has begun already"}`;
  return { refusal: { reason: "NameConflict", message, final: false } };
}

/** A Job of the name exists: it is the one that was wanted when we made it for the same, else it stands in the way. */
async function adoptJob(kube: Kube, namespace: string, { what, purpose, known, job }: NewJob): Promise<OwnedJob> {
  const name = job.metadata?.name ?? "";
  const found = await kube
    .get("Job", { namespace, name })
    .then((job) => project("Job", job))
    .catch(refusalOf);
  if (!("metadata" in found)) return { refusal: found };
  if (known.isOurs(found, purpose)) return takeOver(found, { purpose, known });
  const message = `Job ${name} exists and the operator did not make it for this ${what}: kubectl get job ${name} -o yaml --show-managed-fields shows who did. Delete it, or give the ${what} another name`;
  return { refusal: { reason: "NameConflict", message, final: false } };
}
