import { LABEL } from "#api/metadata.ts";
import { ATTEMPTS_MAX, type PipelineRunStatus } from "#api/pipeline-run.ts";
import { EXIT } from "#api/task.ts";
import { nodeIn } from "#api/unit-labels.ts";
import { differences } from "../../kinds/fingerprint.ts";
import type { Job, Pod } from "../../kinds/objects.ts";
import type { Reports } from "../../report/reports.ts";
import type { AttemptFacts, JobFacts, PodFacts } from "../../run/facts.ts";
import { hasVerdict, jobFacts } from "./job-facts.ts";
import type { KnownJobs, Purpose } from "./known-jobs.ts";
import { podFacts } from "./pod-facts.ts";
import type { Seen } from "./sightings.ts";

/** Jobs and Pods that may be an object's: of its namespace, with its uid as their label or the name that its Job would have. */
export interface Children {
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
}

/** A Job or a Pod that claims to be an object's and does not count. */
export interface Foreign {
  readonly kind: "Job" | "Pod";
  readonly name: string;
  readonly uid: string;
  /** Why it does not count, and what to do about it. */
  readonly why: string;
}

/** Whether a pod counts only if it runs what its Job says, or every pod that has the Job as its owner. */
export type PodCheck = "fields" | "owner";

export interface Proof {
  readonly known: KnownJobs;
  readonly podCheck: PodCheck;
  /** When this process first saw what an object says. */
  readonly seenIn: (object: Job | Pod) => Seen;
  /** Parts of a node's load by the run's copy of the spec, where it can be read. */
  readonly partsOf: (node: string) => number | undefined;
  readonly reports: Pick<Reports, "of">;
}

/** Each node's attempts, from Jobs and Pods that are proven to be the run's. */
export function observeAttempts(
  status: PipelineRunStatus,
  children: Children,
  proof: Proof,
): { readonly attempts: ReadonlyMap<string, readonly AttemptFacts[]>; readonly foreign: readonly Foreign[] } {
  const { known, podCheck, seenIn, partsOf } = proof;
  const recorded = recordedAttempts(status);
  learn(known, recorded);
  const pods = groupBy(children.pods, (pod) => ownerUid(pod) ?? "");
  const attempts = new Map<string, AttemptFacts[]>();
  const foreign: Foreign[] = [];
  const add = (node: string, facts: AttemptFacts) => attempts.set(node, [...(attempts.get(node) ?? []), facts]);
  for (const { job, purpose } of provenJobs(children.jobs, known)) {
    const { own, foreign: others } = podsOf(job, pods.get(job.metadata.uid) ?? [], podCheck);
    foreign.push(...others);
    const foreignPod = foreignPodOf(others, children.pods, seenIn);
    const held = known.isHeld(job);
    add(purpose.node, {
      attempt: purpose.attempt,
      job: {
        ...trusted(jobFacts(job, seenIn(job)), partsOf(purpose.node), foreignPod !== undefined),
        ...(held ? { startsHeld: true as const } : {}),
      },
      pods: own.toSorted(byAge).map((pod) => podOf(pod, { job, held }, proof)),
      ...(foreignPod === undefined ? {} : { foreignPod }),
    });
  }
  for (const { node, attempt, jobUid } of recorded) {
    const counts = (one: AttemptFacts) => one.attempt === attempt && (jobUid === undefined || one.job?.uid === jobUid);
    if (!attempts.get(node)?.some(counts)) add(node, { attempt, pods: [] });
  }
  for (const list of attempts.values()) list.sort((a, b) => a.attempt - b.attempt);
  return { attempts, foreign: [...foreign, ...foreignJobs(children.jobs, known)] };
}

/** The first of a Job's pods that do not count. */
export function foreignPodOf(
  [first]: readonly Foreign[],
  pods: readonly Pod[],
  seenIn: Proof["seenIn"],
): AttemptFacts["foreignPod"] {
  const pod = pods.find(({ metadata }) => metadata.uid === first?.uid);
  return first === undefined || pod === undefined ? undefined : { why: first.why, at: seenIn(pod)("created") };
}

/** A pod of a proven Job, with what its task has said. */
function podOf(
  pod: Pod,
  { job, held }: { readonly job: Job; readonly held: boolean },
  { seenIn, reports }: Proof,
): PodFacts {
  const facts = podFacts(pod, job, seenIn(pod));
  // The Job makes another pod in the place of one whose task has never heard that it may begin.
  const isReplaced = held && facts.terminated?.exitCode === EXIT.notReached;
  return { ...facts, ...(isReplaced ? { disrupted: true } : {}), ...saidBy(pod, reports) };
}

function saidBy(
  { metadata }: Pod,
  reports: Proof["reports"],
): Pick<PodFacts, "pushed" | "commit" | "packages" | "itemsLeft" | "items"> {
  const report = reports.of(metadata.uid);
  if (report === undefined) return {};
  const { result, resultAt, commit, packages, progress, items: list, itemsLeftOut: leftOut, at } = report;
  return {
    ...(result === undefined || resultAt === undefined ? {} : { pushed: { result, at: resultAt } }),
    ...(commit === undefined ? {} : { commit }),
    ...(packages === undefined ? {} : { packages }),
    ...(progress === undefined ? {} : { itemsLeft: progress.total - progress.done }),
    ...(list.length === 0 ? {} : { items: { list, leftOut, at } }),
  };
}

/** Takes what the status says of Jobs. A held one may have been replaced since that was stored, by one that this process knows better. */
function learn(known: KnownJobs, recorded: ReturnType<typeof recordedAttempts>): void {
  for (const { jobUid, ...purpose } of recorded) {
    if (jobUid === undefined) continue;
    if (purpose.hold === true) known.add(jobUid, purpose);
    else known.record(jobUid, purpose);
  }
}

/** The attempts that the status speaks of, with the Jobs that it names. */
function recordedAttempts({ nodes = {} }: PipelineRunStatus): readonly (Purpose & { readonly jobUid?: string })[] {
  return Object.entries(nodes).flatMap(([node, { state, attempt, jobUid }]) => {
    if (attempt === undefined) return [];
    const hold = state === "Pending" ? { hold: true as const } : {};
    return [{ node, attempt, ...hold, ...(jobUid === undefined ? {} : { jobUid }) }];
  });
}

interface ProvenJob {
  readonly job: Job;
  readonly purpose: Purpose;
}

/** Strays stand before the Jobs that count, so that the last of a node's attempts is always one that counts. */
function provenJobs(jobs: readonly Job[], known: KnownJobs): readonly ProvenJob[] {
  const proven = jobs.flatMap((job) => {
    const purpose = known.purposeOf(job, purposeIn(job));
    return purpose === undefined ? [] : [{ job, purpose }];
  });
  const isStray = ({ job, purpose }: ProvenJob) => known.uidOf(purpose) !== job.metadata.uid;
  return [...proven.filter(isStray), ...proven.filter((one) => !isStray(one))];
}

/** One that has ended may be ours, made by a process that had another key. */
function foreignJobs(jobs: readonly Job[], known: KnownJobs): readonly Foreign[] {
  return jobs.filter((job) => known.purposeOf(job, purposeIn(job)) === undefined && !hasVerdict(job)).map(foreignJob);
}

/** What a Job says that it was made for. Only with its seal does that mean anything. */
export function purposeIn({ metadata }: Job): Purpose | undefined {
  const node = nodeIn(metadata);
  const attempt = Number(metadata.labels?.[LABEL.attempt]);
  const isSound = node !== undefined && Number.isSafeInteger(attempt) && attempt >= 1 && attempt <= ATTEMPTS_MAX;
  return isSound ? { node, attempt } : undefined;
}

/** The pods of a proven Job that do what it says, and those that do not. */
export function podsOf(
  job: Job,
  pods: readonly Pod[],
  podCheck: PodCheck,
): { readonly own: readonly Pod[]; readonly foreign: readonly Foreign[] } {
  const owned = pods.filter(
    (pod) => ownerUid(pod) === job.metadata.uid && pod.metadata.namespace === job.metadata.namespace,
  );
  if (podCheck === "owner") return { own: owned, foreign: [] };
  const judged = owned.map((pod) => ({ pod, differs: podDiffers(job, pod) }));
  return {
    own: judged.filter(({ differs }) => differs.length === 0).map(({ pod }) => pod),
    foreign: judged
      .filter(({ differs }) => differs.length > 0)
      .map(({ pod, differs }) => foreignPod(job, pod, differs)),
  };
}

function podDiffers(job: Job, pod: Pod): readonly string[] {
  const template = job.spec?.fingerprint?.pod;
  const found = pod.spec?.fingerprint;
  return template === undefined || found === undefined ? ["content"] : differences(template, found);
}

/** Oldest first, by the API server's clock, which is the same for all of them. */
function byAge({ metadata: a }: Pod, { metadata: b }: Pod): number {
  return compare(a.creationTimestamp ?? "", b.creationTimestamp ?? "") || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * A Job's own word, as far as nobody else can have put it there: how many parts there are stands in the run's copy of the spec, and the
 * Job controller counts whatever pods have the Job as their owner.
 */
function trusted(job: JobFacts, parts: number | undefined, hasForeignPods: boolean): JobFacts {
  if (job.parts === undefined) return job;
  const { of, succeeded, ...more } = job.parts;
  return { ...job, parts: { ...more, of: parts ?? of, succeeded: hasForeignPods ? [] : succeeded } };
}

export function foreignJob({ metadata: { name, uid } }: Job): Foreign {
  const why = `Job ${name} is not counted: it claims to be of this object, and the operator did not make it. kubectl get job ${name} -o yaml --show-managed-fields shows who did; delete it if nobody needs it`;
  return { kind: "Job", name, uid, why };
}

function foreignPod(job: Job, { metadata: { name, uid } }: Pod, differs: readonly string[]): Foreign {
  const verb = differs.length > 1 || differs[0]?.endsWith("s") === true ? "differ" : "differs";
  const parts = `its ${listOf(differs)} ${verb}`;
  const why = `pod ${name} is not counted: ${parts} from what Job ${job.metadata.name} says. Somebody else made or changed it. Where a webhook of the cluster does so to every pod (a registry mirror, added variables, certificates), set tasks.podCheck: owner in the chart's values`;
  return { kind: "Pod", name, uid, why };
}

/** `image`, `image and environment`, `image, environment and mounts`. */
function listOf(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** Uid of the controlling owner. */
export function ownerUid({ metadata }: Pick<Job, "metadata">): string | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
