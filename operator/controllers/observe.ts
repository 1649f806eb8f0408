import { ConnectionSpec } from "#api/connection.ts";
import { LABEL } from "#api/metadata.ts";
import { PipelineRunStatus } from "#api/pipeline-run.ts";
import { isNotFound } from "../kube/api-error.ts";
import type { CustomObject, Job, Pod } from "../kube/kinds.ts";
import type { Kube } from "../kube/kube.ts";
import type { AttemptFacts, Facts, Refusal } from "../run/facts.ts";
import type { Caches } from "./caches.ts";
import { jobFacts } from "./job-facts.ts";
import { podFacts } from "./pod-facts.ts";

/** The Jobs and Pods that carry the uid of a run or a Connection as their label: from the caches, or from the API server itself. */
export interface Children {
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
}

export function cachedChildren({ metadata }: CustomObject, caches: Caches): Children {
  return { jobs: caches.jobs.by("run", metadata.uid), pods: caches.pods.by("run", metadata.uid) };
}

/** What the API server itself has, for a decision that rests on something not being there: a cache may only lag behind. */
export async function liveChildren({ metadata }: CustomObject, kube: Kube): Promise<Children> {
  const { namespace, uid } = metadata;
  const options = { namespace, labelSelector: `${LABEL.runUid}=${uid}` };
  const [jobs, pods] = await Promise.all([kube.list("Job", options), kube.list("Pod", options)]);
  return { jobs: jobs.items, pods: pods.items };
}

/** What a run that has not begun would follow: from the caches, or from the API server itself. */
export interface Definitions {
  readonly pipeline?: CustomObject | undefined;
  readonly connections: ReadonlyMap<string, ConnectionSpec>;
}

/** A run that has begun follows its own copy, and needs no Connections any more. */
export function cachedDefinitions({ metadata, spec, status }: CustomObject, caches: Caches): Definitions {
  const { namespace } = metadata;
  return {
    pipeline: caches.pipelines.get({ namespace, name: runSpec(spec).pipeline }),
    connections: runStatus(status).pipelineSpec === undefined ? connectionsIn(namespace, caches) : new Map(),
  };
}

/** The Pipeline as it is now, and the Connections that it names: a run must follow what was applied before it was created. */
export async function liveDefinitions({ metadata, spec }: CustomObject, kube: Kube): Promise<Definitions> {
  const { namespace } = metadata;
  const find = (kind: "Pipeline" | "Connection", name: string) =>
    kube.get(kind, { namespace, name }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  const pipeline = await find("Pipeline", runSpec(spec).pipeline);
  const found = await Promise.all(referencesIn(pipeline?.spec).map((name) => find("Connection", name)));
  return { pipeline, connections: soundConnections(found.filter((object) => object !== undefined)) };
}

/** Names of the Connection resources that a Pipeline's spec speaks of, which nothing has checked yet. */
function referencesIn(spec: unknown): readonly string[] {
  const connections = (spec as { readonly connections?: unknown } | null | undefined)?.connections;
  if (typeof connections !== "object" || connections === null) return [];
  const names = Object.values(connections).map((entry: { readonly ref?: unknown } | null) => entry?.ref);
  return [...new Set(names.filter((name) => typeof name === "string"))];
}

/** Everything that the decision about a run depends on. */
export function observeRun(
  run: CustomObject,
  children: Children,
  {
    definitions: { pipeline, connections },
    now,
    refusals,
  }: {
    readonly definitions: Definitions;
    readonly now: number;
    readonly refusals: ReadonlyMap<string, Refusal>;
  },
): Facts {
  const { metadata } = run;
  const status = runStatus(run.status);
  return {
    now,
    run: { meta: metadata, spec: runSpec(run.spec), status },
    ...(pipeline === undefined
      ? {}
      : { pipeline: { generation: pipeline.metadata.generation ?? 0, spec: pipeline.spec } }),
    connections,
    attempts: observeAttempts(metadata.uid, status, children),
    refusals,
  };
}

/** Connection resources of a namespace that say something sensible. */
export function connectionsIn(
  namespace: string,
  caches: Pick<Caches, "connections">,
): ReadonlyMap<string, ConnectionSpec> {
  return soundConnections(caches.connections.all().filter(({ metadata }) => metadata.namespace === namespace));
}

function soundConnections(objects: readonly CustomObject[]): ReadonlyMap<string, ConnectionSpec> {
  const found = new Map<string, ConnectionSpec>();
  for (const { metadata, spec } of objects) {
    const parsed = ConnectionSpec.safeParse(spec);
    if (parsed.success) found.set(metadata.name, parsed.data);
  }
  return found;
}

/** The API server has checked the spec; whatever else it holds must not stop the loop. */
function runSpec(spec: unknown): Facts["run"]["spec"] {
  const { pipeline, timeout, cancelled } = (spec ?? {}) as Record<string, unknown>;
  return {
    pipeline: typeof pipeline === "string" ? pipeline : "",
    ...(typeof timeout === "string" ? { timeout } : {}),
    ...(cancelled === true ? { cancelled } : {}),
  };
}

/** The stored status. Throws for one that cannot be read: to take it for none would begin the run again. */
export function runStatus(status: unknown): PipelineRunStatus {
  const parsed = PipelineRunStatus.safeParse(status ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `status.${issue.path.map(String).join(".")}: ${issue.message}`);
  throw new Error(
    `the stored status of the run is none that this version can read, so it is left alone: ${problems.join("; ")}`,
  );
}

function observeAttempts(uid: string, status: PipelineRunStatus, children: Children): Facts["attempts"] {
  const pods = groupBy(children.pods, (pod) => ownerUid(pod) ?? "");
  const attempts = new Map<string, AttemptFacts[]>();
  for (const job of children.jobs.filter((candidate) => ownerUid(candidate) === uid)) {
    addAttempt(attempts, job, pods.get(job.metadata.uid) ?? []);
  }
  for (const [node, { attempt }] of Object.entries(status.nodes ?? {})) {
    const known = attempts.get(node) ?? [];
    if (attempt === undefined || known.some((one) => one.attempt === attempt)) continue;
    attempts.set(node, [...known, { attempt, pods: [] }]);
  }
  for (const list of attempts.values()) list.sort((a, b) => a.attempt - b.attempt);
  return attempts;
}

/** More than any limit of retries allows, and all that a status can say. */
const ATTEMPT_MAX = 1000;

function addAttempt(attempts: Map<string, AttemptFacts[]>, job: Job, pods: readonly Pod[]): void {
  const node = job.metadata.labels?.[LABEL.node];
  const attempt = Number(job.metadata.labels?.[LABEL.attempt]);
  if (node === undefined || !Number.isSafeInteger(attempt) || attempt < 1 || attempt > ATTEMPT_MAX) return;
  const facts = {
    attempt,
    job: jobFacts(job),
    pods: pods.map(podFacts).sort((a, b) => a.created - b.created || (a.name < b.name ? -1 : 1)),
  };
  attempts.set(node, [...(attempts.get(node) ?? []), facts]);
}

/** Uid of the controlling owner: a child counts as ours by this alone, never by its name or labels. */
export function ownerUid({ metadata }: Pick<Job, "metadata">): string | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
