import type { Logger } from "pino";
import { ApiError } from "../kube/api-error.ts";
import type { Clock } from "../kube/clock.ts";
import { type QueueObserver, WorkQueue } from "../kube/queue.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** What a reconcile wants next: nothing until something happens, or another look at a time (wall clock, ms). */
export interface Reconciled {
  readonly wakeAt?: number | undefined;
}

/** Brings one object closer to what its spec says. Called again after it rejects, with a growing wait. */
export interface Reconciler {
  /** Label of metrics and field of logs. */
  readonly name: string;
  /** `arrivedAt`: when the first event came that this call answers, monotonic ms. */
  reconcile(key: string, arrivedAt: number): Promise<Reconciled>;
}

export interface LoopParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly workers: number;
}

/** A watch event normally opens the gate of own writes within milliseconds; this is the net under it. */
export const GATE_RECHECK_MS = 2_000;

/** A key that keeps failing is tried twice a minute: nothing else would wake it when the server is well again. */
const BACKOFF = { initialMs: 5, maxMs: 30_000 };

/** A timer that fires early would find nothing to do; this much later is early enough for everybody. */
const WAKE_SLACK_MS = 5;

/** Gives the keys of changed objects to a reconciler: each once, one worker per key, failures with back-off. */
export class Loop {
  readonly #reconciler: Reconciler;
  readonly #parts: LoopParts;
  readonly #queue: WorkQueue;
  readonly #arrivals = new Map<string, number>();
  #workers: Promise<void>[] = [];

  constructor(reconciler: Reconciler, parts: LoopParts) {
    this.#reconciler = reconciler;
    this.#parts = parts;
    this.#queue = new WorkQueue({ clock: parts.clock, backoff: BACKOFF, observer: this.#observer() });
    const labels = { name: reconciler.name };
    parts.metrics.beforeScrape(() => {
      parts.metrics.queueDepth.set(labels, this.#queue.depth);
      parts.metrics.longestRunning.set(labels, this.#queue.longestRunningMs / 1000);
    });
  }

  /** An event touched the object. */
  add(key: string): void {
    if (!this.#arrivals.has(key)) this.#arrivals.set(key, this.#parts.clock.monotonic());
    this.#queue.add(key);
  }

  start(): void {
    this.#workers = Array.from({ length: this.#parts.workers }, () => this.#work());
  }

  /** Resolves when the reconciles under way have ended; no other one begins. */
  async stop(): Promise<void> {
    await this.#queue.shutDown();
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.next(); key !== undefined; key = await this.#queue.next()) {
      await this.#reconcile(key);
      this.#queue.done(key);
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { clock, metrics } = this.#parts;
    const controller = this.#reconciler.name;
    const startedAt = clock.monotonic();
    const arrivedAt = this.#arrivals.get(key) ?? startedAt;
    this.#arrivals.delete(key);
    try {
      const { wakeAt } = await this.#reconciler.reconcile(key, arrivedAt);
      this.#queue.forget(key);
      metrics.reconciles.inc({ controller, result: wakeAt === undefined ? "success" : "requeue_after" });
      if (wakeAt !== undefined) this.#queue.addAfter(key, Math.max(0, wakeAt - clock.now()) + WAKE_SLACK_MS);
    } catch (error) {
      metrics.reconciles.inc({ controller, result: "error" });
      this.#retry(key, error);
    } finally {
      metrics.reconcileTime.observe({ controller }, (clock.monotonic() - startedAt) / 1000);
    }
  }

  #retry(key: string, error: unknown): void {
    const delayMs = this.#queue.addRateLimited(key, error instanceof ApiError ? error.retryAfterMs : undefined);
    const failures = this.#queue.failures(key);
    const message = error instanceof Error ? error.message : String(error);
    const fields = {
      controller: this.#reconciler.name,
      key,
      failures,
      delayMs,
      reason: message,
    };
    if (failures <= 3) this.#parts.log.info(fields, "the reconcile is tried again");
    else
      this.#parts.log.error(
        { ...fields, stack: error instanceof Error ? error.stack : undefined },
        "the reconcile keeps failing",
      );
  }

  #observer(): QueueObserver {
    const { metrics } = this.#parts;
    const labels = { name: this.#reconciler.name };
    return {
      added: () => metrics.queueAdds.inc(labels),
      waited: (durationMs) => metrics.queueTime.observe(labels, durationMs / 1000),
      worked: (durationMs) => metrics.workTime.observe(labels, durationMs / 1000),
      retried: () => metrics.queueRetries.inc(labels),
    };
  }
}
