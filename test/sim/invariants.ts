import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { TERMINAL } from "../../operator/run/node.ts";
import type { FakeApi } from "../support/fake-api.ts";
import type { StoredObject } from "../support/fake-api-objects.ts";
import type { StoredEvent } from "../support/fake-api-storage.ts";
import { attemptOf } from "../support/fake-kubelet.ts";
import type { Plan } from "./plan.ts";

/** Watches every write to the server and tells what must never happen. */
export class Invariants {
  readonly violations: string[] = [];
  readonly #plan: Plan;
  readonly #api: FakeApi;
  readonly #created = new Set<string>();
  #patches: number[] = [];

  constructor(plan: Plan, api: FakeApi) {
    this.#plan = plan;
    this.#api = api;
    api.storage.onEvent((event) => this.#see(event));
  }

  #see({ type, object, before }: StoredEvent): void {
    if (object.kind === "Job" && type === "ADDED") this.#jobCreated(object);
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
      .filter((other) => attemptOf(other).node === node && this.#lives(other));
    if (living.length > 1) this.#violated(`two live Jobs of ${node}`);
  }

  #succeeded(node: string): boolean {
    return this.#api.storage.list("Pod").some((pod) => attemptOf(pod).node === node && exitCode(pod) === 0);
  }

  #lives(job: StoredObject): boolean {
    const pods = this.#api.storage
      .list("Pod")
      .filter((pod) => pod.metadata.ownerReferences?.[0]?.uid === job.metadata.uid);
    const ended = pods.some((pod) => exitCode(pod) !== undefined && !disrupted(pod));
    return !ended;
  }

  #runChanged(before: StoredObject, after: StoredObject): void {
    const was = (before.status ?? {}) as PipelineRunStatus;
    const is = (after.status ?? {}) as PipelineRunStatus;
    for (const [name, node] of Object.entries(was.nodes ?? {})) {
      const next = is.nodes?.[name]?.state;
      if (TERMINAL.includes(node.state) && next !== node.state)
        this.#violated(`${name} left ${node.state} for ${next}`);
      if ((is.nodes?.[name]?.attempt ?? 0) < (node.attempt ?? 0))
        this.#violated(`${name} went back to an earlier attempt`);
    }
    const verdict = was.conditions?.[0]?.status;
    if (verdict !== undefined && verdict !== "Unknown" && is.conditions?.[0]?.status !== verdict)
      this.#violated("a finished run was revived");
    if (was.pipelineSpec !== undefined && JSON.stringify(was.pipelineSpec) !== JSON.stringify(is.pipelineSpec)) {
      this.#violated("the run's copy of the spec changed");
    }
    this.#countPatch();
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

function exitCode(pod: StoredObject): number | undefined {
  const status = pod.status as { containerStatuses?: { state?: { terminated?: { exitCode: number } } }[] } | undefined;
  return status?.containerStatuses?.[0]?.state?.terminated?.exitCode;
}

function disrupted(pod: StoredObject): boolean {
  const status = pod.status as { conditions?: { type: string }[] } | undefined;
  return status?.conditions?.some(({ type }) => type === "DisruptionTarget") ?? false;
}
