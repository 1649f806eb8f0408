import type { jobOf } from "../job/job.ts";
import { ApiError, isAlreadyExists } from "../kube/api-error.ts";
import type { Job } from "../kube/kinds.ts";
import type { Kube, NewObject } from "../kube/kube.ts";
import type { JobRefusal } from "../run/facts.ts";
import { ownerUid } from "./observe.ts";

/** The Job as the API server has it, or why it would not create it. */
export type OwnedJob = { readonly job: Job } | { readonly refusal: JobRefusal };

/** Who a Job is made for: `what` names it in messages. */
export interface JobOwner {
  readonly what: "run" | "connection";
  readonly namespace: string;
  readonly uid: string;
}

/**
 * Creates a Job that `owner` controls, or finds that it is there already. Doing it twice does no harm: the name says what the Job
 * is for. Rejects with the ApiError of a fault that may pass.
 */
export async function createOwnedJob(kube: Kube, owner: JobOwner, job: ReturnType<typeof jobOf>): Promise<OwnedJob> {
  try {
    return { job: await kube.create("Job", owner.namespace, job as unknown as NewObject) };
  } catch (error) {
    if (isAlreadyExists(error)) return await adoptJob(kube, owner, job.metadata?.name ?? "");
    if (isRefusal(error)) {
      return { refusal: { reason: "JobRefused", message: error.message, final: error.status !== 403 } };
    }
    throw error;
  }
}

/** The server's own word on this Job; not one of the port, which has its own reasons to hold a write back. */
function isRefusal(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || ![400, 403, 422].includes(error.status)) return false;
  return error.reason !== "NotLeading" && error.reason !== "NotGranted";
}

/** A Job of the name exists: it is the one that was wanted when its owner is the same, else it stands in the way. */
async function adoptJob(kube: Kube, { what, namespace, uid }: JobOwner, name: string): Promise<OwnedJob> {
  const job = await kube.get("Job", { namespace, name });
  if (ownerUid(job) === uid) return { job };
  const message = `Job ${name} exists and does not belong to this ${what}; delete it, or give the ${what} another name`;
  return { refusal: { reason: "NameConflict", message, final: false } };
}
