import { PART_LABEL } from "#api/metadata.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { TERMINAL } from "../../operator/run/node.ts";
import type { FakeApi } from "../support/fake-api.ts";
import type { StoredObject } from "../support/fake-api-objects.ts";
import type { StoredEvent } from "../support/fake-api-storage.ts";
import { isIndexed } from "../support/fake-indexed-job.ts";
import { attemptOf } from "../support/fake-kubelet.ts";
import type { Plan } from "./plan.ts";

/** Watches every write to the server and tells what must never happen. */
export class Invariants {
  readonly violations: string[] = [];
  readonly #plan: Plan;
  readonly #api: FakeApi;
  readonly #created = new Set<string>();
  readonly #ended = new Set<string>();
  #patches: number[] = [];

  constructor(plan: Plan, api: FakeApi) {
    this.#plan = plan;
    this.#api = api;
    api.storage.onEvent((event) => this.#see(event));
  }

  #see({ type, object, before }: StoredEvent): void {
    if (object.kind === "Job" && type === "ADDED") this.#jobCreated(object);
    if (object.kind === "Pod") this.#podEnded(object);
    if (object.kind === "PipelineRun" && type === "MODIFIED" && before !== undefined) this.#runChanged(before, object);
  }

  #jobCreated(job: StoredObject): void {
    const { node, attempt } = attemptOf(job);
    const key = `${node}/${attempt}`;
    if (this.#created.has(key)) this.#violated(`a second Job for ${key}`);
    this.#created.add(key);
    const limit = this.#plan.spec.retries?.limit ?? 0;
    if (attempt > limit + 1) this.#violated(`attempt ${key} is beyond the limit of ${limit} retries`);
    if (attempt > 1 && !this.#created.has(`${node}/${attempt - 1}`))
      this.#violated(`attempt ${key} before the one before it`);
    for (const need of this.#plan.spec.nodes[node]?.needs ?? []) {
      if (!this.#succeeded(need)) this.#violated(`${key} began before ${need} had succeeded`);
    }
    const living = this.#api.storage
      .list("Job")
      .filter((other) => attemptOf(other).node === node && jobLives(this.#api, other));
    if (living.length > 1) this.#violated(`two live Jobs of ${node}`);
  }

  /** A pod that has gone since has succeeded all the same. */
  #podEnded(pod: StoredObject): void {
    if (exitCode(pod) !== 0) return;
    const part = pod.metadata.labels?.[PART_LABEL];
    const message = containerEnd(pod)?.message ?? "";
    if (part === undefined || message !== "") this.#ended.add(`${attemptOf(pod).node}/${part ?? "only"}`);
  }

  #succeeded(node: string): boolean {
    const pods = this.#plan.spec.nodes[node]?.load?.fanOut?.pods;
    const parts = pods === undefined ? ["only"] : Array.from({ length: pods }, (_, part) => part);
    return parts.every((part) => this.#ended.has(`${node}/${part}`));
  }

  #runChanged(before: StoredObject, after: StoredObject): void {
    const was = (before.status ?? {}) as PipelineRunStatus;
    const is = (after.status ?? {}) as PipelineRunStatus;
    this.#nodesChanged(was, is);
    const verdict = was.conditions?.[0]?.status;
    if (verdict !== undefined && verdict !== "Unknown" && is.conditions?.[0]?.status !== verdict)
      this.#violated("a finished run was revived");
    if (was.pipelineSpec !== undefined && JSON.stringify(was.pipelineSpec) !== JSON.stringify(is.pipelineSpec)) {
      this.#violated("the run's copy of the spec changed");
    }
    this.#countPatch();
  }

  #nodesChanged(was: PipelineRunStatus, is: PipelineRunStatus): void {
    for (const [name, node] of Object.entries(was.nodes ?? {})) {
      const next = is.nodes?.[name]?.state;
      if (TERMINAL.includes(node.state) && next !== node.state)
        this.#violated(`${name} left ${node.state} for ${next}`);
      if ((is.nodes?.[name]?.attempt ?? 0) < (node.attempt ?? 0))
        this.#violated(`${name} went back to an earlier attempt`);
    }
    for (const [name, { state }] of Object.entries(is.nodes ?? {})) {
      if (state === "Succeeded" && !this.#succeeded(name))
        this.#violated(`${name} succeeded before all of its pods had`);
    }
  }

  /** A hot loop writes more than its share: each process may write once a second, and a new one begins with a write. */
  #countPatch(): void {
    const now = this.#api.clock.monotonic();
    this.#patches = [...this.#patches.filter((at) => at > now - 10_000), now];
    if (this.#patches.length > 16) this.#violated(`${this.#patches.length} status writes within 10 s`);
  }

  #violated(what: string): void {
    this.violations.push(`at ${Math.round(this.#api.clock.monotonic())} ms: ${what}`);
  }
}

/**
 * Whether a Job may have a pod at work, or make another one. One of a single pod is done with the first that ends by itself; one of
 * several parts with the last of them, or with one that makes it fail.
 */
export function jobLives(api: FakeApi, job: StoredObject): boolean {
  const pods = api.storage.list("Pod").filter((pod) => pod.metadata.ownerReferences?.[0]?.uid === job.metadata.uid);
  if (!isIndexed(job)) return !pods.some((pod) => exitCode(pod) !== undefined && !disrupted(pod));
  if (pods.some((pod) => containerEnd(pod) === undefined)) return true;
  const { completions } = job.spec as { completions: number };
  const { conditions = [], completedIndexes = "" } = (job.status ?? {}) as {
    conditions?: unknown[];
    completedIndexes?: string;
  };
  // A pod that has gone since it was counted is known to the Job alone.
  const counted = completedIndexes.split(",").filter((index) => index !== "");
  const seen = pods.filter((pod) => exitCode(pod) === 0).map((pod) => pod.metadata.labels?.[PART_LABEL]);
  const succeeded = new Set([...counted, ...seen]).size;
  const isFinal = pods.some((pod) => [64, 65].includes(exitCode(pod) ?? 0) && !disrupted(pod));
  return conditions.length === 0 && succeeded < completions && !isFinal;
}

function containerEnd(pod: StoredObject): { readonly exitCode: number; readonly message?: string } | undefined {
  const status = pod.status as
    | { containerStatuses?: { state?: { terminated?: { exitCode: number; message?: string } } }[] }
    | undefined;
  return status?.containerStatuses?.[0]?.state?.terminated;
}

function exitCode(pod: StoredObject): number | undefined {
  return containerEnd(pod)?.exitCode;
}

function disrupted(pod: StoredObject): boolean {
  const status = pod.status as { conditions?: { type: string }[] } | undefined;
  return status?.conditions?.some(({ type }) => type === "DisruptionTarget") ?? false;
}
