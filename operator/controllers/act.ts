import type { PipelineSpec } from "#api/pipeline.ts";
import { type Attempt, jobOf, type TaskPodSettings } from "../job/job.ts";
import { jobName } from "../job/names.ts";
import { ApiError, isAlreadyExists, isConflict, isNotFound } from "../kube/api-error.ts";
import type { Job } from "../kube/kinds.ts";
import type { Kube, NewObject } from "../kube/kube.ts";
import type { Action } from "../run/action.ts";
import type { Facts, Refusal } from "../run/facts.ts";
import { ownerUid } from "./observe.ts";

/** What came of an action: the Job as the API server has it, or that it would not create it. */
export type Acted =
  | { readonly action: Action; readonly job?: Job }
  | {
      readonly action: Action & { readonly do: "createJob" };
      readonly refusal: Pick<Refusal, "reason" | "message" | "final">;
    };

export interface ActParts {
  readonly kube: Kube;
  readonly taskPods: TaskPodSettings;
}

/**
 * Carries an action out. Doing it twice does no harm: a Job's name says which attempt it is, and a deletion names the uid.
 * Rejects with the ApiError of a fault that may pass; the whole decision is then made again.
 */
export function act(action: Action, facts: Facts, spec: () => PipelineSpec, parts: ActParts): Promise<Acted> {
  switch (action.do) {
    case "createJob":
      return createJob(action, facts, spec, parts);
    case "deleteJob":
      return deleteJob(action, facts, parts.kube);
    default:
      return action satisfies never;
  }
}

async function createJob(
  action: Action & { readonly do: "createJob" },
  { run }: Facts,
  spec: () => PipelineSpec,
  { kube, taskPods }: ActParts,
): Promise<Acted> {
  const attempt: Attempt = {
    run: run.meta,
    pipeline: run.spec.pipeline,
    spec: spec(),
    node: action.node,
    attempt: action.attempt,
  };
  try {
    const job = await kube.create("Job", run.meta.namespace, jobOf(attempt, taskPods) as unknown as NewObject);
    return { action, job };
  } catch (error) {
    if (isAlreadyExists(error)) return await adoptJob(action, run, kube);
    if (isRefusal(error)) {
      return { action, refusal: { reason: "JobRefused", message: error.message, final: error.status !== 403 } };
    }
    throw error;
  }
}

/** The server's own word on this Job; not one of the port, which has its own reasons to hold a write back. */
function isRefusal(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || ![400, 403, 422].includes(error.status)) return false;
  return error.reason !== "NotLeading" && error.reason !== "NotGranted";
}

/** A Job of the name exists: it is this attempt's when this run owns it, else it stands in the way. */
async function adoptJob(action: Action & { readonly do: "createJob" }, run: Facts["run"], kube: Kube): Promise<Acted> {
  const name = jobName(run.meta.name, action.node, action.attempt);
  const job = await kube.get("Job", { namespace: run.meta.namespace, name });
  if (ownerUid(job) === run.meta.uid) return { action, job };
  const message = `Job ${name} exists and does not belong to this run; delete it, or give the run another name`;
  return { action, refusal: { reason: "NameConflict", message, final: false } };
}

/** In the foreground, so that the Job is there until its pod has ended: a stopped run must not work on. */
async function deleteJob(action: Action & { readonly do: "deleteJob" }, { run }: Facts, kube: Kube): Promise<Acted> {
  try {
    await kube.delete(
      "Job",
      { namespace: run.meta.namespace, name: action.name },
      { propagation: "Foreground", uid: action.uid },
    );
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
  return { action };
}
