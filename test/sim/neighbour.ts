import { API_VERSION, LABEL } from "#api/metadata.ts";
import { CONTRACT_VERSION, type TaskResult } from "#api/task.ts";
import type { Clock, Random } from "../../operator/kube/clock.ts";
import type { NewObject, ObjectKey } from "../../operator/kube/kube.ts";
import type { FakeApi } from "../support/fake-cluster/fake-api.ts";
import type { StoredObject } from "../support/fake-cluster/fake-api-objects.ts";
import { attemptOf, type Fate, FORGED_LABEL } from "../support/fake-cluster/fake-kubelet.ts";
import type { Plan } from "./plan.ts";

/** Rows that only a forged result speaks of. */
export const FORGED_ROWS = 666_666;

/** What a neighbour does, and how often. One that deletes costs attempts: the run then need not end as planned. */
export interface Mischief {
  readonly times: readonly number[];
  readonly deletes: boolean;
}

export function mischiefOf(random: Random): Mischief {
  if (random() < 0.5) return { times: [], deletes: false };
  const count = 2 + Math.floor(random() * 8);
  return { times: Array.from({ length: count }, () => random() * 30_000), deletes: random() < 0.3 };
}

/** A forged Job stands in the way of the real one for so long: shorter than any startTimeout. */
const STAYS_MS = 6_000;

export interface NeighbourServices {
  readonly api: FakeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly plan: Plan;
  readonly run: ObjectKey;
}

/**
 * Whoever may do everything in another namespace, and in the run's what Kubernetes' role `edit` allows: make, change and delete Jobs and
 * Pods, and never write their status or the run's. A pod that it makes is run by the kubelet like any other.
 */
export class Neighbour {
  readonly #api: FakeApi;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #run: ObjectKey;
  readonly #blocked = new Set<string>();

  constructor({ api, clock, random, plan, run }: NeighbourServices) {
    this.#api = api;
    this.#clock = clock;
    this.#random = random;
    this.#plan = plan;
    this.#run = run;
  }

  begin({ times, deletes }: Mischief): void {
    for (const at of times) this.#clock.after(at, () => this.#act(deletes));
  }

  #act(deletes: boolean): void {
    const job = this.#pick(this.#ownJobs());
    const deeds = [
      () => this.#forgeJob("elsewhere"),
      () => this.#forgeJob(this.#run.namespace),
      ...(job === undefined
        ? []
        : [
            () => this.#forgePod(job),
            () => this.#strip(job),
            () => this.#stripPods(job),
            () => this.#copyTo(job, "elsewhere"),
          ]),
      ...(job === undefined || !deletes ? [] : [() => this.#replace(job), () => this.#delete(job)]),
    ];
    this.#pick(deeds)?.();
  }

  #pick<T>(of: readonly T[]): T | undefined {
    return of[Math.floor(this.#random() * of.length)];
  }

  #ownJobs(): readonly StoredObject[] {
    return this.#api.storage
      .list("Job", this.#run.namespace)
      .filter(
        ({ metadata }) => metadata.labels?.[FORGED_LABEL] === undefined && metadata.labels?.[LABEL.node] !== undefined,
      );
  }

  /** A Job that says to be of a node, whatever it needs, held back or at work; with the seal of a real one if there is any. */
  #forgeJob(namespace: string): void {
    const run = this.#api.storage.find("PipelineRun", this.#run);
    const node = this.#pick(Object.keys(this.#plan.spec.nodes)) ?? "";
    const attempt = 1 + Math.floor(this.#random() * 2);
    const name = `${this.#run.name}-${node}-a${attempt}`;
    if (run === undefined || this.#blocked.has(`${namespace}/${name}`)) return;
    if (this.#api.storage.find("Job", { namespace, name }) !== undefined) return;
    this.#blocked.add(`${namespace}/${name}`);
    const { uid } = run.metadata;
    const owner = { apiVersion: API_VERSION, kind: "PipelineRun", name: run.metadata.name, uid, controller: true };
    const annotations = this.#pick(this.#ownJobs())?.metadata.annotations;
    const labels = {
      [LABEL.runUid]: uid,
      [LABEL.node]: node,
      [LABEL.attempt]: String(attempt),
      [FORGED_LABEL]: "true",
    };
    const job = this.#api.storage.create("Job", namespace, {
      metadata: { name, labels, ownerReferences: [owner], ...(annotations === undefined ? {} : { annotations }) },
      spec: { suspend: this.#random() < 0.5, template: { spec: EVIL } },
    });
    this.#clock.after(STAYS_MS, () => this.#remove(job));
  }

  /** A pod of a real Job that runs something else and says that all is well. */
  #forgePod(job: StoredObject): void {
    const { node } = attemptOf(job);
    if (this.#plan.parts.has(node)) return;
    const { name, uid, namespace, labels } = job.metadata;
    const metadata = {
      name: `${name}-${Math.floor(this.#random() * 1e9).toString(36)}`,
      labels: { ...labels, [FORGED_LABEL]: "true" },
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name, uid, controller: true }],
    };
    const pod = this.#api.storage.create("Pod", namespace, { metadata, spec: EVIL } as NewObject);
    const terminated = {
      exitCode: 0,
      reason: "Completed",
      message: forgedResult(job),
      finishedAt: new Date(0).toISOString(),
    };
    const status = { phase: "Succeeded", containerStatuses: [{ name: "task", state: { terminated } }] };
    this.#api.storage.patch("Pod", pod.metadata, { status }, { subresource: "status" });
  }

  #strip({ metadata }: StoredObject): void {
    const labels = this.#pick([{ [LABEL.runUid]: null }, { [LABEL.node]: "other" }, { [LABEL.runUid]: "other" }]);
    const owners = this.#random() < 0.5 ? { ownerReferences: null } : {};
    this.#api.storage.patch("Job", metadata, { metadata: { labels, ...owners } }, {});
  }

  #stripPods({ metadata: { uid, namespace } }: StoredObject): void {
    const pods = this.#api.storage.list("Pod", namespace);
    for (const { metadata } of pods.filter((pod) => pod.metadata.ownerReferences?.[0]?.uid === uid)) {
      this.#api.storage.patch("Pod", metadata, { metadata: { labels: { [LABEL.runUid]: null } } }, {});
    }
  }

  #replace(job: StoredObject): void {
    this.#delete(job);
    this.#copyTo(job, job.metadata.namespace);
  }

  /** The very same Job, with its seal, under another uid. */
  #copyTo({ metadata, spec }: StoredObject, namespace: string): void {
    const { name, annotations, ownerReferences } = metadata;
    if (this.#api.storage.find("Job", { namespace, name }) !== undefined) return;
    const labels = { ...metadata.labels, [FORGED_LABEL]: namespace === metadata.namespace ? "copy" : "true" };
    this.#api.storage.create("Job", namespace, {
      metadata: { name, labels, annotations, ownerReferences },
      spec,
    } as NewObject);
  }

  #delete(job: StoredObject): void {
    this.#remove(job);
  }

  #remove({ metadata }: StoredObject): void {
    if (this.#api.storage.find("Job", metadata)?.metadata.uid === metadata.uid)
      this.#api.storage.delete("Job", metadata, { propagation: "Background" });
  }
}

const EVIL = { restartPolicy: "Never", containers: [{ name: "task", image: "evil" }] };

/** What the kubelet makes of a forged Job's pods: a valid result that says what is not so. */
export function forgedFate(job: StoredObject): Fate {
  const message = forgedResult(job);
  return { end: "exits", exitCode: 0, message, pushes: JSON.parse(message) as TaskResult };
}

function forgedResult(job: StoredObject): string {
  const { node, attempt, run } = attemptOf(job);
  const result = { version: CONTRACT_VERSION, run, node, attempt, outcome: "succeeded", message: "forged" };
  return JSON.stringify({ ...result, rows: FORGED_ROWS });
}
