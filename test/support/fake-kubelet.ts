import { LABEL } from "#api/metadata.ts";
import type { Clock, Random } from "../../operator/kube/clock.ts";
import type { Kind } from "../../operator/kube/kinds.ts";
import type { FakeApi } from "./fake-api.ts";
import type { StoredObject } from "./fake-api-objects.ts";

/** How one pod of an attempt goes: what its container leaves, that it is evicted, or that it never starts. */
export type Fate =
  | { readonly end: "exits"; readonly exitCode: number; readonly message: string; readonly reason?: string }
  | { readonly end: "evicted" }
  | { readonly end: "stuck"; readonly reason: string };

/** Says how the n-th pod (from 0) of an attempt goes. */
export type Script = (job: StoredObject, pod: number) => Fate;

/** Exit codes that make a Job fail at once, by the operator's own podFailurePolicy, or by backoffLimit 0. */
const DELAYS_MS = {
  pod: [20, 400],
  run: [50, 900],
  end: [10, 4_000],
  phase: [300, 1_500],
  verdict: [300, 1_500],
} as const;

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
      if (type === "ADDED" && object.kind === "Job") this.#later("pod", () => this.#startPod(object, 0));
    });
  }

  #startPod(job: StoredObject, index: number): void {
    if (!this.#lives(job) || this.#find(job)?.metadata.deletionTimestamp !== undefined) return;
    const { namespace, name, labels } = job.metadata;
    const pod = this.#api.storage.create("Pod", namespace, {
      metadata: {
        name: `${name}-${index}`,
        labels: labels ?? {},
        ownerReferences: [
          {
            apiVersion: "batch/v1",
            kind: "Job",
            name,
            uid: job.metadata.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
    });
    const fate = this.#script(job, index);
    if (fate.end === "stuck")
      this.#later("run", () => this.#containers(pod, { waiting: { reason: fate.reason, message: "no such image" } }));
    else this.#later("run", () => this.#run(job, pod, fate, index));
  }

  #run(job: StoredObject, pod: StoredObject, fate: Exclude<Fate, { end: "stuck" }>, index: number): void {
    this.#containers(pod, { running: { startedAt: this.#now() } }, { phase: "Running" });
    this.#later("end", () => (fate.end === "evicted" ? this.#evict(job, pod, index) : this.#exit(job, pod, fate)));
  }

  #evict(job: StoredObject, pod: StoredObject, index: number): void {
    const conditions = [{ type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI" }];
    this.#containers(pod, { terminated: this.#terminated(143, "", "Error") }, { phase: "Failed", conditions });
    this.#later("verdict", () => this.#startPod(job, index + 1));
  }

  #exit(job: StoredObject, pod: StoredObject, fate: Fate & { readonly end: "exits" }): void {
    const ok = fate.exitCode === 0;
    this.#containers(pod, {
      terminated: this.#terminated(fate.exitCode, fate.message, fate.reason ?? (ok ? "Completed" : "Error")),
    });
    this.#later("phase", () => this.#status("Pod", pod, { phase: ok ? "Succeeded" : "Failed" }));
    this.#later("verdict", () => this.#judge(job, ok, fate.exitCode));
  }

  #judge(job: StoredObject, succeeded: boolean, exitCode: number): void {
    const reason = exitCode === 64 || exitCode === 65 ? "PodFailurePolicy" : "BackoffLimitExceeded";
    const make = (type: string) => ({
      type,
      status: "True",
      reason: succeeded ? "CompletionsReached" : reason,
      message: "",
      lastTransitionTime: this.#now(),
    });
    const [interim, final] = succeeded ? ["SuccessCriteriaMet", "Complete"] : ["FailureTarget", "Failed"];
    this.#status("Job", job, { conditions: [make(interim as string)] });
    this.#later("verdict", () =>
      this.#status("Job", job, { conditions: [make(interim as string), make(final as string)] }),
    );
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

  #find({ metadata }: StoredObject): StoredObject | undefined {
    return this.#api.storage.find("Job", metadata);
  }

  #lives(job: StoredObject): boolean {
    return this.#find(job)?.metadata.uid === job.metadata.uid;
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  #later(step: keyof typeof DELAYS_MS, then: () => void): void {
    const [min, max] = DELAYS_MS[step];
    this.#clock.after(min + this.#random() * (max - min), then);
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
