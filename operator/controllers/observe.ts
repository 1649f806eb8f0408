import { ConnectionSpec } from "#api/connection.ts";
import { LABEL } from "#api/metadata.ts";
import { PipelineRunStatus } from "#api/pipeline-run.ts";
import { jobName } from "../job/names.ts";
import { isNotFound } from "../kube/api-error.ts";
import type { CustomObject, Job, Pod } from "../kube/kinds.ts";
import type { Kube } from "../kube/kube.ts";
import type { AttemptFacts, Facts, Refusal } from "../run/facts.ts";
import { TERMINAL } from "../run/node.ts";
import type { Caches } from "./caches.ts";
import { jobFacts } from "./job-facts.ts";
import { podFacts } from "./pod-facts.ts";

/** Reads everything that the decision about a run depends on. Asks the API server only for Jobs that a cache should have and has not. */
export async function observeRun(
  run: CustomObject,
  {
    caches,
    kube,
    now,
    refusals,
  }: {
    readonly caches: Caches;
    readonly kube: Kube;
    readonly now: number;
    readonly refusals: ReadonlyMap<string, Refusal>;
  },
): Promise<Facts> {
  const { metadata } = run;
  const spec = runSpec(run.spec);
  const status = runStatus(run.status);
  const pipeline = caches.pipelines.get({ namespace: metadata.namespace, name: spec.pipeline });
  return {
    now,
    run: { meta: metadata, spec, status },
    ...(pipeline === undefined
      ? {}
      : { pipeline: { generation: pipeline.metadata.generation ?? 0, spec: pipeline.spec } }),
    connections: connectionsIn(metadata.namespace, caches),
    attempts: await observeAttempts(run, status, { caches, kube }),
    refusals,
  };
}

/** Connection resources of a namespace that say something sensible. */
export function connectionsIn(
  namespace: string,
  caches: Pick<Caches, "connections">,
): ReadonlyMap<string, ConnectionSpec> {
  const found = new Map<string, ConnectionSpec>();
  for (const { metadata, spec } of caches.connections.all()) {
    const parsed = metadata.namespace === namespace ? ConnectionSpec.safeParse(spec) : undefined;
    if (parsed?.success === true) found.set(metadata.name, parsed.data);
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

async function observeAttempts(
  run: CustomObject,
  status: PipelineRunStatus,
  { caches, kube }: { readonly caches: Caches; readonly kube: Kube },
): Promise<Facts["attempts"]> {
  const { uid } = run.metadata;
  const pods = groupBy(
    caches.pods.by("run", uid).filter((pod) => ownerUid(pod) !== undefined),
    (pod) => ownerUid(pod) ?? "",
  );
  const attempts = new Map<string, AttemptFacts[]>();
  for (const job of caches.jobs.by("run", uid).filter((candidate) => ownerUid(candidate) === uid)) {
    addAttempt(attempts, job, pods.get(job.metadata.uid) ?? []);
  }
  for (const [node, { state, attempt }] of Object.entries(status.nodes ?? {})) {
    const known = attempts.get(node)?.some((one) => one.attempt === attempt) ?? false;
    if (attempt === undefined || known || TERMINAL.includes(state) || state === "Retrying") continue;
    const job = await findJob(kube, run, jobName(run.metadata.name, node, attempt));
    if (job === undefined) attempts.set(node, [...(attempts.get(node) ?? []), { attempt, pods: [] }]);
    else addAttempt(attempts, job, pods.get(job.metadata.uid) ?? []);
  }
  for (const list of attempts.values()) list.sort((a, b) => a.attempt - b.attempt);
  return attempts;
}

function addAttempt(attempts: Map<string, AttemptFacts[]>, job: Job, pods: readonly Pod[]): void {
  const node = job.metadata.labels?.[LABEL.node];
  const attempt = Number(job.metadata.labels?.[LABEL.attempt]);
  if (node === undefined || !Number.isSafeInteger(attempt) || attempt < 1) return;
  const facts = {
    attempt,
    job: jobFacts(job),
    pods: pods.map(podFacts).sort((a, b) => a.created - b.created || (a.name < b.name ? -1 : 1)),
  };
  attempts.set(node, [...(attempts.get(node) ?? []), facts]);
}

/** The Job as the API server has it now, if it is this run's: a cache that lacks it may only lag behind. */
async function findJob(kube: Kube, run: CustomObject, name: string): Promise<Job | undefined> {
  try {
    const job = await kube.get("Job", { namespace: run.metadata.namespace, name });
    return ownerUid(job) === run.metadata.uid ? job : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
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
