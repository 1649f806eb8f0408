import type { PipelineSpec } from "#api/pipeline.ts";
import { type Attempt, jobOf, type TaskPodSettings } from "../job/job.ts";
import { isConflict, isNotFound } from "../kube/api-error.ts";
import type { Job } from "../kube/kinds.ts";
import type { Kube } from "../kube/kube.ts";
import type { Action } from "../run/action.ts";
import type { Facts, JobRefusal } from "../run/facts.ts";
import { createOwnedJob } from "./owned-job.ts";

/** What came of an action: the Job as the API server has it, or that it would not create it. */
export type Acted =
  | { readonly action: Action; readonly job?: Job }
  | {
      readonly action: Action & { readonly do: "createJob" };
      readonly refusal: JobRefusal;
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
  const owner = { what: "run", namespace: run.meta.namespace, uid: run.meta.uid } as const;
  return { action, ...(await createOwnedJob(kube, owner, jobOf(attempt, taskPods))) };
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
