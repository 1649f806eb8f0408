import { LABEL } from "#api/metadata.ts";
import type { Clock, Random } from "../../operator/kube/clock.ts";
import type { Kind } from "../../operator/kube/kinds.ts";
import type { FakeApi } from "./fake-api.ts";
import type { StoredObject } from "./fake-api-objects.ts";
import { FakeIndexedJob, isIndexed } from "./fake-indexed-job.ts";

/** How one pod of an attempt goes: what its container leaves, that it is evicted, or that it never starts. */
export type Fate =
  | {
      readonly end: "exits";
      readonly exitCode: number;
      readonly message: string;
      readonly reason?: string;
      /** The Pod is deleted once its Job has counted it. */
      readonly vanishes?: true;
    }
  | { readonly end: "evicted" }
  | { readonly end: "stuck"; readonly reason: string };

/** Says how the n-th pod (from 0) of an attempt goes, or of one part of it. */
export type Script = (job: StoredObject, pod: number, part?: number) => Fate;

/** How long each step takes, at least and at most. */
const DELAYS_MS = {
  pod: [20, 400],
  run: [50, 900],
  end: [10, 4_000],
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
  readonly onEnd: (end: Exclude<Fate, { end: "stuck" }>, pod: StoredObject) => void;
}

/** The Job controller, the scheduler and a kubelet in one: takes Jobs through their lives at the pace of the dice. */
export class FakeKubelet {
  readonly #api: FakeApi;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #script: Script;

  constructor(api: FakeApi, clock: Clock, random: Random, script: Script) {
    this.#api = api;
    this.#clock = clock;
    this.#random = random;
    this.#script = script;
    api.storage.onEvent(({ type, object }) => {
      if (type !== "ADDED" || object.kind !== "Job") return;
      if (isIndexed(object)) new FakeIndexedJob(this, object, script).begin();
      else this.later("pod", () => this.#startOnly(object, 0));
    });
  }

  /** The one pod of a Job; an evicted one is replaced. */
  #startOnly(job: StoredObject, index: number): void {
    this.startPod(job, {
      name: `${job.metadata.name}-${index}`,
      fate: this.#script(job, index),
      onEnd: (end) => {
        if (end.end === "evicted") this.later("backoff", () => this.#startOnly(job, index + 1));
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
        labels: { ...job.metadata.labels, ...labels },
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
    });
    if (fate.end === "stuck")
      this.later("run", () => this.#containers(pod, { waiting: { reason: fate.reason, message: "no such image" } }));
    else
      this.later("run", () => {
        if (this.#hasEnded(pod)) return;
        this.#containers(pod, { running: { startedAt: this.#now() } }, { phase: "Running" });
        this.later(fate.end === "evicted" ? "eviction" : "end", () => {
          if (this.#hasEnded(pod)) return;
          if (fate.end === "evicted") this.#evict(pod);
          else this.#exit(pod, fate);
          onEnd(fate, pod);
        });
      });
  }

  /** Ends every pod of a Job that has not ended. */
  stopPods(job: StoredObject): void {
    const pods = this.#api.storage
      .list("Pod")
      .filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === job.metadata.uid);
    for (const pod of pods.filter((one) => !this.#hasEnded(one))) {
      this.#containers(pod, { terminated: this.#terminated(143, "", "Error") }, { phase: "Failed" });
    }
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
    this.#containers(pod, {
      terminated: this.#terminated(fate.exitCode, fate.message, fate.reason ?? (ok ? "Completed" : "Error")),
    });
    this.later("phase", () => this.#status("Pod", pod, { phase: ok ? "Succeeded" : "Failed" }));
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
    const { containerStatuses } = (status ?? {}) as { containerStatuses?: { state?: { terminated?: object } }[] };
    return found?.uid !== metadata.uid || containerStatuses?.[0]?.state?.terminated !== undefined;
  }

  /** Whether the Job is there and nobody is deleting it. */
  lives({ metadata }: StoredObject): boolean {
    const found = this.#api.storage.find("Job", metadata);
    return found?.metadata.uid === metadata.uid && found.metadata.deletionTimestamp === undefined;
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  /** Waits for as long as the step takes, or longer by `more`. */
  later(step: keyof typeof DELAYS_MS, then: () => void, more = 0): void {
    const [min, max] = DELAYS_MS[step];
    this.#clock.after(more + min + this.#random() * (max - min), then);
  }
}

/** Node and attempt of a Job, as its labels say. */
export function attemptOf({ metadata }: StoredObject): { node: string; attempt: number; run: string } {
  return {
    node: metadata.labels?.[LABEL.node] ?? "",
    attempt: Number(metadata.labels?.[LABEL.attempt]),
    run: metadata.labels?.[LABEL.runUid] ?? "",
  };
}
