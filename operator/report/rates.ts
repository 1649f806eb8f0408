import { TokenBucket } from "../kube/token-bucket.ts";
import type { Sender } from "./report-store.ts";

/** A message costs 1, and 1 more for each of so many bytes of its body. */
const BYTES_A_UNIT = 16 * 1024;
/** Ten times what a task is asked to keep to. */
const POD = { perSecond: 40, burst: 100 };
const NAMESPACE = { perSecond: 1_000, burst: 4_000 };
const ALL = { perSecond: 4_000, burst: 8_000 };

/** How much each pod, each namespace and all of them may say. */
export class Rates {
  readonly #pods = new Map<string, TokenBucket>();
  readonly #namespaces = new Map<string, TokenBucket>();
  readonly #all = new TokenBucket(ALL);

  /** Seconds to wait before the next message, 1 or more; undefined where one may come now. */
  waitSeconds({ podUid, namespace }: Sender, now: number): number | undefined {
    const buckets = [this.#pods.get(podUid), this.#namespaces.get(namespace), this.#all];
    const waitMs = Math.max(...buckets.map((bucket) => bucket?.waitMs(now) ?? 0));
    return waitMs === 0 ? undefined : Math.ceil(waitMs / 1000);
  }

  /** Counts a message whose body has so many bytes. */
  count({ podUid, namespace }: Sender, bytes: number, now: number): void {
    const cost = 1 + bytes / BYTES_A_UNIT;
    const pod = this.#pods.get(podUid) ?? new TokenBucket(POD);
    const group = this.#namespaces.get(namespace) ?? new TokenBucket(NAMESPACE);
    this.#pods.set(podUid, pod);
    this.#namespaces.set(namespace, group);
    for (const bucket of [pod, group, this.#all]) bucket.reserve(now, cost);
  }

  /** Forgets whoever has used up nothing. */
  sweep(now: number): void {
    for (const buckets of [this.#pods, this.#namespaces]) {
      for (const [key, bucket] of buckets) if (bucket.isFull(now)) buckets.delete(key);
    }
  }
}
