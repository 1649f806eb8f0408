import { CONTROLLER_LABEL, LABEL } from "#api/metadata.ts";
import { EXIT, type TaskResult } from "#api/task.ts";
import { nodeIn } from "#api/unit-labels.ts";
import type { Kind } from "../../../operator/kinds/kinds.ts";
import type { Clock, Random } from "../../../operator/kube/clock.ts";
import type { FakeApi } from "./fake-api.ts";
import type { StoredObject } from "./fake-api-objects.ts";
import { FakeIndexedJob, isIndexed } from "./fake-indexed-job.ts";

/**
 * How one pod of an attempt goes: what its container leaves, that it is evicted, that it works until it is told to stop and then ends in
 * order, or that it never starts.
 */
export type Fate =
  | {
      readonly end: "exits";
      readonly exitCode: number;
      readonly message: string;
      readonly reason?: string;
      /** The Pod is deleted once its Job has counted it. */
      readonly vanishes?: true;
      /** An injected container lives on, so that neither the pod nor its Job ends. */
      readonly beside?: true;
      /** A restartable init container ignores SIGTERM: the kubelet kills it when the pod's grace period is over. */
      readonly sidecar?: true;
      /** The task pushes this a while before its container ends. */
      readonly pushes?: TaskResult;
    }
  | { readonly end: "evicted"; readonly pushes?: TaskResult }
  | { readonly end: "stops"; readonly by: "deadline" | "node" }
  | { readonly end: "stuck"; readonly reason: string };

/** Says how the n-th pod (from 0) of an attempt goes, or of one part of it. */
export type Script = (job: StoredObject, pod: number, part?: number) => Fate;

/** How long each step takes, at least and at most. */
const DELAYS_MS = {
  pod: [20, 400],
  run: [50, 900],
  end: [10, 4_000],
  /** From a task's last word to its container's end. */
  exit: [20, 3_000],
  /** An eviction comes whenever it does, also long after a pod of this age should have begun. */
  eviction: [10, 200_000],
  /** The Job controller's wait before it replaces a pod. */
  backoff: [10_000, 12_000],
  phase: [300, 1_500],
  verdict: [300, 1_500],
} as const;

/** A pod that is going to be made. */
export interface PodPlan {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly fate: Fate;
  /** Its container has ended by itself, or it was evicted. */
  readonly onEnd: (end: EndedFate, pod: StoredObject) => void;
}

/** The fates of a pod that its Job counts. */
export type EndedFate = Extract<Fate, { end: "exits" | "evicted" }>;

const JOB_TRACKING = "batch.kubernetes.io/job-tracking";
/** Kubernetes' default: terminationGracePeriodSeconds. */
const GRACE_MS = 30_000;
const BESIDE = { name: "istio-proxy", state: { running: {} } };

/** The Job controller, the scheduler and a kubelet in one: takes Jobs through their lives at the pace of the dice. */
export class FakeKubelet {
  readonly #api: FakeApi;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #script: Script;
  readonly #skewMs: number;
  /** Who hears what tasks push. */
  onPush: (pod: StoredObject, result: TaskResult) => void = () => undefined;
  /** Who tells the task of a held Job to go on, or to exit with a code. */
  onHold: (pod: StoredObject, next: { go: () => void; exit: (code: number) => void }) => void = (_, { go }) => go();

  /** `skewMs`: how far the clock of its machine is ahead. */
  constructor(api: FakeApi, clock: Clock, random: Random, script: Script, skewMs = 0) {
    this.#skewMs = skewMs;
    this.#api = api;
    this.#clock = clock;
    this.#random = random;
    this.#script = script;
    api.storage.onEvent(({ type, object }) => {
      if (type !== "ADDED" || object.kind !== "Job") return;
      if (isIndexed(object)) new FakeIndexedJob(this, object, script).begin();
      else this.later("pod", () => this.#startOnly(object, 0));
      const seconds = (object.spec as { activeDeadlineSeconds?: number } | undefined)?.activeDeadlineSeconds;
      if (seconds === undefined) return;
      this.jobStatus(object, { startTime: this.#now() });
      this.#clock.after(seconds * 1000, () => this.#endByDeadline(object));
    });
  }

  /** The Job controller says so and deletes the pods; a container is told to stop, and ends in order. */
  #endByDeadline(job: StoredObject): void {
    const pods = this.#podsOf(job);
    if (!this.lives(job) || pods.some((pod) => this.#hasEnded(pod) && !isEvicted(pod))) return;
    this.judge(job, "DeadlineExceeded");
    for (const pod of pods.filter((one) => !this.#hasEnded(one))) {
      this.#api.storage.setFinalizers(this.#api.storage.get("Pod", pod.metadata), [JOB_TRACKING]);
      this.removePod(pod);
      this.#containers(pod, { terminated: this.#terminated(0, "", "Completed") });
      this.later("phase", () => this.#status("Pod", pod, { phase: "Succeeded" }));
    }
  }

  /** Its node is short of something: the container ends in order, and the kubelet says why a moment after it has told of the end. */
  #endByNode(job: StoredObject, pod: StoredObject): void {
    const terminated = this.#terminated(0, "", "Completed");
    const conditions = [{ type: "PodReadyToStartContainers", status: "False" }];
    this.#containers(pod, { terminated }, { conditions });
    const disruption = { type: "DisruptionTarget", status: "True", reason: "TerminationByKubelet" };
    this.later("phase", () => {
      this.#status("Pod", pod, { phase: "Succeeded", conditions: [...conditions, disruption] });
      this.later("verdict", () => this.judge(job, "CompletionsReached"));
    });
  }

  /** The one pod of a Job; an evicted one is replaced. */
  #startOnly(job: StoredObject, index: number): void {
    this.startPod(job, {
      name: `${job.metadata.name}-${index}`,
      fate: this.#script(job, index),
      onEnd: (end) => {
        const isReplaced = end.end === "evicted" || (isHeld(job) && end.exitCode === EXIT.notReached);
        if (isReplaced) this.later("backoff", () => this.#startOnly(job, index + 1));
        else this.later("verdict", () => this.#judge(job, end.exitCode));
      },
    });
  }

  /** Makes a pod of a Job that still lives, and lets it run its course. */
  startPod(job: StoredObject, { name, labels, fate, onEnd }: PodPlan): void {
    if (!this.lives(job)) return;
    const { namespace } = job.metadata;
    const pod = this.#api.storage.create("Pod", namespace, {
      metadata: {
        name,
        labels: { ...job.metadata.labels, [CONTROLLER_LABEL]: job.metadata.uid, ...labels },
        ownerReferences: [
          {
            apiVersion: "batch/v1",
            kind: "Job",
            name: job.metadata.name,
            uid: job.metadata.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: podSpecOf(job),
    });
    this.later("run", () => this.#run(job, pod, fate, onEnd));
  }

  #run(job: StoredObject, pod: StoredObject, fate: Fate, onEnd: PodPlan["onEnd"]): void {
    if (fate.end === "stuck") {
      this.#containers(pod, { waiting: { reason: fate.reason, message: "no such image" } });
      return;
    }
    if (this.#hasEnded(pod)) return;
    this.#containers(pod, { running: { startedAt: this.#now() } }, { phase: "Running" });
    if (!isHeld(job)) {
      this.#work(job, pod, fate, onEnd);
      return;
    }
    this.onHold(pod, {
      go: () => this.#work(job, pod, fate, onEnd),
      exit: (exitCode) => {
        if (!this.#hasEnded(pod)) this.#end(job, pod, { end: "exits", exitCode, message: "" }, onEnd);
      },
    });
  }

  #work(job: StoredObject, pod: StoredObject, fate: Exclude<Fate, { end: "stuck" }>, onEnd: PodPlan["onEnd"]): void {
    if (fate.end === "stops" && fate.by === "deadline") return;
    const end = () => {
      if (!this.#hasEnded(pod)) this.#end(job, pod, fate, onEnd);
    };
    const pushes = "pushes" in fate ? fate.pushes : undefined;
    if (pushes === undefined) {
      this.later(fate.end === "evicted" ? "eviction" : "end", end);
      return;
    }
    this.later("end", () => {
      if (this.#hasEnded(pod)) return;
      this.onPush(pod, pushes);
      this.later("exit", end);
    });
  }

  #end(job: StoredObject, pod: StoredObject, fate: Fate, onEnd: PodPlan["onEnd"]): void {
    if (fate.end === "stops") this.#endByNode(job, pod);
    else if (fate.end === "exits") this.#exit(pod, fate);
    else this.#evict(pod);
    if (fate.end === "evicted") onEnd(fate, pod);
    if (fate.end !== "exits" || fate.beside === true) return;
    if (fate.sidecar === true) this.#clock.after(GRACE_MS, () => onEnd(fate, pod));
    else onEnd(fate, pod);
  }

  /** Ends every pod of a Job that has not ended. */
  stopPods(job: StoredObject): void {
    for (const pod of this.#podsOf(job).filter((one) => !this.#hasEnded(one))) {
      this.#containers(pod, { terminated: this.#terminated(143, "", "Error") }, { phase: "Failed" });
    }
  }

  #podsOf(job: StoredObject): StoredObject[] {
    return this.#api.storage.list("Pod").filter((pod) => isPodOf(job, pod));
  }

  removePod({ metadata }: StoredObject): void {
    if (this.#api.storage.find("Pod", metadata)?.metadata.uid === metadata.uid)
      this.#api.storage.delete("Pod", metadata, { propagation: "Background" });
  }

  /** By the eviction API, which deletes the pod: it is gone when the Job controller has taken note, before there is another one. */
  #evict(pod: StoredObject): void {
    const conditions = [{ type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" }];
    this.#containers(pod, { terminated: this.#terminated(143, "", "Error") }, { phase: "Failed", conditions });
    this.later("verdict", () => this.removePod(pod));
  }

  #exit(pod: StoredObject, fate: Fate & { readonly end: "exits" }): void {
    const ok = fate.exitCode === 0;
    const terminated = this.#terminated(fate.exitCode, fate.message, fate.reason ?? (ok ? "Completed" : "Error"));
    if (fate.beside === true) {
      const containerStatuses = [BESIDE, { name: "task", state: { terminated } }];
      this.#status("Pod", pod, { containerStatuses });
      return;
    }
    const sidecar = (state: object) => (fate.sidecar === true ? { initContainerStatuses: [{ ...BESIDE, state }] } : {});
    this.#containers(pod, { terminated }, sidecar(BESIDE.state));
    const phase = ok ? "Succeeded" : "Failed";
    const end = () => this.#status("Pod", pod, { phase, ...sidecar({ terminated: { exitCode: 137 } }) });
    this.later("phase", end, fate.sidecar === true ? GRACE_MS : 0);
  }

  /** Exit codes that make a Job fail at once do so by the operator's own podFailurePolicy, the others by backoffLimit 0. */
  #judge(job: StoredObject, exitCode: number): void {
    const reason = exitCode === 64 || exitCode === 65 ? "PodFailurePolicy" : "BackoffLimitExceeded";
    this.judge(job, exitCode === 0 ? "CompletionsReached" : reason);
  }

  /** The Job's verdict: the interim condition, and the final one a while later, when all of its pods have ended. */
  judge(job: StoredObject, reason: string, status: object = {}): void {
    const make = (type: string) => ({ type, status: "True", reason, message: "", lastTransitionTime: this.#now() });
    const hasSucceeded = reason === "CompletionsReached";
    const [interim, final] = (hasSucceeded ? ["SuccessCriteriaMet", "Complete"] : ["FailureTarget", "Failed"]).map(
      make,
    );
    this.jobStatus(job, { ...status, conditions: [interim] });
    this.later("verdict", () => {
      this.stopPods(job);
      this.jobStatus(job, { conditions: [interim, final] });
    });
  }

  jobStatus(job: StoredObject, status: object): void {
    this.#status("Job", job, status);
  }

  #terminated(exitCode: number, message: string, reason: string) {
    return { exitCode, message, reason, finishedAt: this.#now() };
  }

  #containers(pod: StoredObject, state: object, more: object = {}): void {
    this.#status("Pod", pod, { ...more, containerStatuses: [{ name: "task", state }] });
  }

  #status(kind: Kind, { metadata }: StoredObject, status: object): void {
    const stored = this.#api.storage.find(kind, metadata);
    if (stored?.metadata.uid !== metadata.uid) return;
    this.#api.storage.patch(kind, metadata, { status }, { subresource: "status" });
  }

  #hasEnded({ metadata }: StoredObject): boolean {
    const { status, metadata: found } = this.#api.storage.find("Pod", metadata) ?? {};
    const { containerStatuses } = (status ?? {}) as {
      containerStatuses?: { name: string; state?: { terminated?: object } }[];
    };
    const task = containerStatuses?.find(({ name }) => name === "task");
    return found?.uid !== metadata.uid || task?.state?.terminated !== undefined;
  }

  /** Whether the Job is there and nobody is deleting it. */
  lives({ metadata }: StoredObject): boolean {
    const found = this.#api.storage.find("Job", metadata);
    return found?.metadata.uid === metadata.uid && found.metadata.deletionTimestamp === undefined;
  }

  #now(): string {
    return new Date(this.#clock.now() + this.#skewMs).toISOString();
  }

  /** Waits for as long as the step takes, or longer by `more`. */
  later(step: keyof typeof DELAYS_MS, then: () => void, more = 0): void {
    const [min, max] = DELAYS_MS[step];
    this.#clock.after(more + min + this.#random() * (max - min), then);
  }
}

/** Whether the Job's task waits until it is told to begin: only such a Job makes another pod when that did not come. */
export function isHeld({ spec }: StoredObject): boolean {
  const { podFailurePolicy } = (spec ?? {}) as { podFailurePolicy?: { rules: readonly object[] } };
  return JSON.stringify(podFailurePolicy ?? {}).includes(`"values":[${EXIT.notReached}]`);
}

function isEvicted({ status }: StoredObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: readonly { readonly type: string }[] };
  return conditions.some(({ type }) => type === "DisruptionTarget");
}

function podSpecOf({ spec }: StoredObject): unknown {
  return (spec as { template?: { spec?: unknown } } | undefined)?.template?.spec ?? {};
}

/** On Jobs and Pods that somebody else than the operator made: the Job controller would take the pods for its own, these stand apart. */
export const FORGED_LABEL = "forged";

/** Whether the Job controller made the pod for the Job. */
export function isPodOf({ metadata: { uid, labels } }: StoredObject, { metadata: pod }: StoredObject): boolean {
  return pod.ownerReferences?.[0]?.uid === uid && pod.labels?.[FORGED_LABEL] === labels?.[FORGED_LABEL];
}

/** Node and attempt of a Job, as its labels say. */
export function attemptOf({ metadata }: StoredObject): { node: string; attempt: number; run: string } {
  return {
    node: nodeIn(metadata) ?? "",
    attempt: Number(metadata.labels?.[LABEL.attempt]),
    run: metadata.labels?.[LABEL.runUid] ?? "",
  };
}
