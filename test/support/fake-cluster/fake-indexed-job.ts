import { PART_LABEL } from "#api/metadata.ts";
import type { StoredObject } from "./fake-api-objects.ts";
import type { EndedFate, FakeKubelet, Script } from "./fake-kubelet.ts";

/** The Job controller waits this long after the first failure of a part, and twice as long after each further one. */
const BACKOFF_MS = 10_000;

interface IndexedSpec {
  readonly completionMode?: string;
  readonly completions?: number;
  readonly parallelism?: number;
  readonly backoffLimitPerIndex?: number;
}

export function isIndexed(job: StoredObject): boolean {
  return specOf(job).completionMode === "Indexed";
}

function specOf({ spec }: StoredObject): IndexedSpec {
  return (spec ?? {}) as IndexedSpec;
}

/** The Job controller for one Indexed Job with maxFailedIndexes 0 and the operator's own podFailurePolicy. */
export class FakeIndexedJob {
  readonly #kubelet: FakeKubelet;
  readonly #job: StoredObject;
  readonly #script: Script;
  readonly #waiting: number[];
  readonly #succeeded: number[] = [];
  readonly #pods = new Map<number, number>();
  readonly #failures = new Map<number, number>();
  #judged = false;

  constructor(kubelet: FakeKubelet, job: StoredObject, script: Script) {
    this.#kubelet = kubelet;
    this.#job = job;
    this.#script = script;
    this.#waiting = [...Array(specOf(job).completions ?? 1).keys()];
  }

  begin(): void {
    const { parallelism = this.#waiting.length } = specOf(this.#job);
    for (let i = 0; i < parallelism; i += 1) this.#startNext();
  }

  #startNext(): void {
    const part = this.#waiting.shift();
    if (part !== undefined) this.#kubelet.later("pod", () => this.#start(part));
  }

  #start(part: number): void {
    if (this.#judged) return;
    const pod = this.#pods.get(part) ?? 0;
    this.#pods.set(part, pod + 1);
    this.#kubelet.startPod(this.#job, {
      name: `${this.#job.metadata.name}-${part}-${pod}`,
      labels: { [PART_LABEL]: String(part) },
      fate: this.#script(this.#job, pod, part),
      onEnd: (end, ended) => this.#kubelet.later("verdict", () => this.#count(part, end, ended)),
    });
  }

  #count(part: number, fate: EndedFate, pod: StoredObject): void {
    if (this.#judged) return;
    if (fate.end === "evicted") this.#kubelet.later("backoff", () => this.#start(part));
    else if (fate.exitCode === 0) this.#succeed(part, fate.vanishes === true ? pod : undefined);
    else if (fate.exitCode === 64 || fate.exitCode === 65) this.#judge("PodFailurePolicy");
    else this.#fail(part);
  }

  #succeed(part: number, vanishing: StoredObject | undefined): void {
    this.#succeeded.push(part);
    if (this.#succeeded.length === specOf(this.#job).completions) this.#judge("CompletionsReached");
    else this.#kubelet.jobStatus(this.#job, this.#indexes());
    if (vanishing !== undefined) this.#kubelet.later("phase", () => this.#kubelet.removePod(vanishing));
    this.#startNext();
  }

  #fail(part: number): void {
    const failures = (this.#failures.get(part) ?? 0) + 1;
    this.#failures.set(part, failures);
    const isOut = failures > (specOf(this.#job).backoffLimitPerIndex ?? 0);
    if (isOut) this.#judge("MaxFailedIndexesExceeded", { failedIndexes: String(part) });
    else this.#kubelet.later("pod", () => this.#start(part), BACKOFF_MS * 2 ** (failures - 1));
  }

  #judge(reason: string, more: object = {}): void {
    this.#judged = true;
    this.#kubelet.judge(this.#job, reason, { ...this.#indexes(), ...more });
  }

  #indexes(): object {
    return { completedIndexes: this.#succeeded.toSorted((a, b) => a - b).join(",") };
  }
}
