import { CONTROLLER_LABEL, LABEL, type ObjectMeta } from "#api/metadata.ts";
import { PipelineRunStatus } from "#api/pipeline-run.ts";
import { jobName } from "../../job/names.ts";
import { project } from "../../kinds/kinds.ts";
import type { CustomObject, Job } from "../../kinds/objects.ts";
import { isNotFound } from "../../kube/api-error.ts";
import type { Kube, ObjectKey } from "../../kube/kube.ts";
import type { CopyFacts, Facts, Refusal } from "../../run/facts.ts";
import { TERMINAL } from "../../run/node.ts";
import { expandCopy } from "../../run/packing/expand.ts";
import type { Definitions } from "../copies/definitions.ts";
import { type Children, type Foreign, observeAttempts, ownerUid, type Proof } from "../jobs/attempts.ts";
import { type Sightings, seenOf } from "../jobs/sightings.ts";
import type { Caches } from "../loop/caches.ts";

/** What the caches show of an object's namespace; objects with its uid in other namespaces are not its children. */
export function cachedChildren({ metadata }: CustomObject, caches: Caches): Children {
  const isHere = (child: { readonly metadata: ObjectMeta }) => child.metadata.namespace === metadata.namespace;
  return {
    jobs: caches.jobs.by("run", metadata.uid).filter(isHere),
    pods: caches.pods.by("run", metadata.uid).filter(isHere),
  };
}

/** What the API server itself has, for a decision that rests on something not being there: a cache may only lag behind. */
export interface LiveChildren extends Children {
  /** Names of Jobs that are without our label, or that have pods without it: no watch shows what becomes of them. */
  readonly unwatched: readonly string[];
}

/** Jobs whose pods are asked for by the Job controller's own label, at most: a request has room for no more. */
const ASKED_MAX = 20;

/**
 * Lists by our label, and finds by its name each Job that is known and not among them, and the pods of known Jobs by the Job controller's
 * label: whoever may change Jobs and Pods may take ours away.
 */
export async function liveChildren(
  { metadata: { namespace, uid } }: CustomObject,
  kube: Kube,
  known: readonly string[],
): Promise<LiveChildren> {
  const list = async <K extends "Job" | "Pod">(kind: K, labelSelector: string) =>
    (await kube.list(kind, { namespace, labelSelector })).items.map((object) => project(kind, object));
  const labelled = `${LABEL.runUid}=${uid}`;
  const [jobs, pods] = await Promise.all([list("Job", labelled), list("Pod", labelled)]);
  const names = new Set(jobs.map(({ metadata }) => metadata.name));
  const missing = [...new Set(known)].filter((name) => !names.has(name));
  const byName = await Promise.all(missing.map((name) => findJob(kube, { namespace, name })));
  const found = byName.filter((job) => job !== undefined);
  const asked = [...jobs, ...found]
    .filter(({ metadata }) => known.includes(metadata.name))
    .slice(0, ASKED_MAX)
    .map(({ metadata }) => metadata.uid)
    .join(",");
  const more = asked === "" ? [] : await list("Pod", `${CONTROLLER_LABEL} in (${asked})`);
  const seen = new Set(pods.map(({ metadata }) => metadata.uid));
  const hidden = more.filter(({ metadata }) => !seen.has(metadata.uid));
  return {
    jobs: [...jobs, ...found],
    pods: [...pods, ...hidden],
    unwatched: [...jobs, ...found]
      .filter(
        (job) =>
          job.metadata.labels?.[LABEL.runUid] !== uid || hidden.some((pod) => ownerUid(pod) === job.metadata.uid),
      )
      .map(({ metadata }) => metadata.name),
  };
}

async function findJob(kube: Kube, key: ObjectKey): Promise<Job | undefined> {
  try {
    return project("Job", await kube.get("Job", key));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Names of the Jobs that a run's nodes are at work with: those that its status names, and those that were seen since. */
export function knownJobNames({ run, attempts }: Facts): readonly string[] {
  return Object.entries(run.status.nodes ?? {}).flatMap(([node, { state, attempt, jobUid }]) => {
    if (TERMINAL.includes(state)) return [];
    const recorded = attempt === undefined || jobUid === undefined ? [] : [jobName(run.meta.name, node, attempt)];
    return [...recorded, ...(attempts.get(node) ?? []).flatMap(({ job }) => (job === undefined ? [] : [job.name]))];
  });
}

/** The copy of a run's spec with the Jobs of its packed nodes as nodes. */
export function expandedCopy(copy: CopyFacts | undefined, { nodes }: PipelineRunStatus): CopyFacts | undefined {
  return copy?.state === "read" ? { state: "read", ...expandCopy(copy, nodes) } : copy;
}

export interface Observed {
  readonly facts: Facts;
  /** What claims to be the run's and is not. */
  readonly foreign: readonly Foreign[];
}

/** Everything that the decision about a run depends on. */
export function observeRun(
  run: CustomObject,
  children: Children,
  {
    status,
    statusRefused,
    copy,
    definitions: { pipeline, connections },
    now,
    refusals,
    sightings,
    troubles,
    room,
    ahead,
    spare,
    seen,
    proof,
  }: {
    /** As {@link runStatus} reads it. */
    readonly status: PipelineRunStatus;
    readonly statusRefused: boolean;
    readonly copy: CopyFacts | undefined;
    readonly definitions: Definitions;
    readonly now: number;
    readonly refusals: ReadonlyMap<string, Refusal>;
    readonly sightings: Sightings;
    readonly troubles: Facts["troubles"];
    readonly room: number | undefined;
    readonly ahead?: Facts["ahead"];
    readonly spare: Facts["spare"];
    readonly seen?: Facts["seen"];
    readonly proof: Omit<Proof, "seenIn" | "partsOf">;
  },
): Observed {
  const { metadata } = run;
  const seenIn: Proof["seenIn"] = (object) => seenOf(sightings, object.metadata, now);
  const partsOf: Proof["partsOf"] = (node) =>
    copy?.state === "read" ? copy.spec.nodes[node]?.load?.fanOut?.pods : undefined;
  const { attempts, foreign } = observeAttempts(status, children, { ...proof, seenIn, partsOf });
  const facts = {
    now,
    run: { meta: metadata, spec: runSpec(run.spec), status },
    ...(statusRefused ? { statusRefused } : {}),
    ...(copy === undefined ? {} : { copy }),
    ...(pipeline === undefined ? {} : { pipeline }),
    connections,
    attempts,
    ...(seen === undefined ? {} : { seen }),
    refusals,
    troubles,
    ...(room === undefined ? {} : { room }),
    ...(ahead === undefined ? {} : { ahead }),
    ...(spare === undefined ? {} : { spare }),
  };
  return { facts, foreign };
}

/** The API server has checked the spec; whatever else it holds must not stop the loop. */
export function runSpec(spec: unknown): Facts["run"]["spec"] {
  const { pipeline, timeout, cancelled, scheduled, interval, params } = (spec ?? {}) as Record<string, unknown>;
  const { start, end } = (interval ?? {}) as Record<string, unknown>;
  return {
    pipeline: typeof pipeline === "string" ? pipeline : "",
    ...(typeof timeout === "string" ? { timeout } : {}),
    ...(cancelled === true ? { cancelled } : {}),
    ...(typeof scheduled === "string" ? { scheduled } : {}),
    ...(typeof start === "string" && typeof end === "string" ? { interval: { start, end } } : {}),
    ...(isMap(params) ? { params } : {}),
  };
}

function isMap(found: unknown): found is Readonly<Record<string, unknown>> {
  return typeof found === "object" && found !== null && !Array.isArray(found);
}

/** The stored status. Throws for one that cannot be read: to take it for none would begin the run again. */
export function runStatus(status: unknown): PipelineRunStatus {
  const parsed = PipelineRunStatus.safeParse(status ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `status.${issue.path.map(String).join(".")}: ${issue.message}`);
  throw new Error(`this version cannot read the stored status of the run and leaves it alone: ${problems.join("; ")}`);
}
