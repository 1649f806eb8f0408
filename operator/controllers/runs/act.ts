import type { PipelineSpec } from "#api/pipeline.ts";
import { resolveNode } from "../../expressions/resolve-node.ts";
import { type Attempt, jobOf, type TaskPodSettings } from "../../job/job.ts";
import type { Job } from "../../kinds/objects.ts";
import { isConflict, isNotFound } from "../../kube/api-error.ts";
import type { Kube } from "../../kube/kube.ts";
import type { Reports } from "../../report/reports.ts";
import type { JobAction } from "../../run/action.ts";
import type { Facts, JobRefusal } from "../../run/facts.ts";
import { type RunOf, storedCommit } from "../../run/project-commit.ts";
import { chosenPackages } from "../../run/project-packages.ts";
import type { KnownJobs } from "../jobs/known-jobs.ts";
import { createOwnedJob } from "../jobs/owned-job.ts";

/** What came of an action: the Job as the API server has it, or that it would not create it. */
export type Acted =
  | { readonly action: JobAction; readonly job?: Job }
  | {
      readonly action: JobAction & { readonly do: "createJob" };
      readonly refusal: JobRefusal;
    };

export interface ActServices {
  readonly kube: Kube;
  readonly taskPods: TaskPodSettings;
  /** The Jobs of the run: those that are made become known. */
  readonly known: KnownJobs;
  /** How the tasks of new Jobs report, where they can. */
  readonly channel?: Reports["channel"];
}

/**
 * Carries an action out. Doing it twice does no harm: a Job's name says which attempt it is, and a deletion names the uid.
 * Rejects with the ApiError of a fault that may pass; the whole decision is then made again.
 */
export function act(action: JobAction, facts: Facts, spec: () => PipelineSpec, services: ActServices): Promise<Acted> {
  switch (action.do) {
    case "createJob":
      return createJob(action, facts, spec, services);
    case "deleteJob":
      return deleteJob(action, facts, services.kube);
    default:
      return action satisfies never;
  }
}

async function createJob(
  action: JobAction & { readonly do: "createJob" },
  { run, copy }: Facts,
  spec: () => PipelineSpec,
  { kube, taskPods, known, channel }: ActServices,
): Promise<Acted> {
  const attempt: Attempt = {
    run: run.meta,
    pipeline: run.spec.pipeline,
    spec: resolveNode(spec(), action.node, run.status),
    node: action.node,
    attempt: action.attempt,
    ...unitFor(action.node, copy),
    ...projectFor(action.node, { spec: spec(), status: run.status }),
    ...memoryFor(action.node, run.status),
    ...(channel === undefined ? {} : { report: { ...channel, ...(action.hold === true ? { hold: true } : {}) } }),
  };
  if (action.hold === true && attempt.report === undefined)
    throw new Error(`the Job of node ${action.node} is to be held, and its task would not hear when to begin`);
  const wanted = { what: "run", purpose: action, known, job: jobOf(attempt, taskPods) } as const;
  return { action, ...(await createOwnedJob(kube, run.meta.namespace, wanted)) };
}

/** Which part of a packed node the Job does. */
function unitFor(node: string, copy: Facts["copy"]): Pick<Attempt, "unit"> {
  const found = copy?.state === "read" ? copy.units?.get(node) : undefined;
  if (found === undefined) return {};
  const { unit: name, project } = found;
  return { unit: { node: found.node, name, ...(project === undefined ? {} : { project }) } };
}

/** What the run knows of the node's project already. */
function projectFor(node: string, run: RunOf): Pick<Attempt, "commit" | "chosenPackages"> {
  const [commit, packages] = [storedCommit(node, run), chosenPackages(node, run)];
  return {
    ...(commit === undefined ? {} : { commit }),
    ...(packages.length === 0 ? {} : { chosenPackages: packages }),
  };
}

/** How often the node's attempts were killed for their memory. */
function memoryFor(node: string, { nodes = {} }: Facts["run"]["status"]): Pick<Attempt, "outOfMemory"> {
  const outOfMemory = nodes[node]?.failures?.outOfMemory;
  return outOfMemory === undefined ? {} : { outOfMemory };
}

/** In the foreground, so that the Job is there until its pod has ended: a stopped run must not work on. */
async function deleteJob(action: JobAction & { readonly do: "deleteJob" }, { run }: Facts, kube: Kube): Promise<Acted> {
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

/** The copy of the spec that a run's Jobs are made from. Throws where it is not there: then no Job is decided about. */
export function specOf({ run, copy }: Facts): PipelineSpec {
  if (copy?.state === "read") return copy.spec;
  throw new Error(`run ${run.meta.namespace}/${run.meta.name} makes a Job without a copy of its spec`);
}
