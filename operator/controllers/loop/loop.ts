import type { Logger } from "pino";
import { ApiError } from "../../kube/api-error.ts";
import type { Clock } from "../../kube/clock.ts";
import { type QueueObserver, WorkQueue } from "../../kube/queue.ts";
import type { Metrics } from "../../telemetry/metrics.ts";

/** What a reconcile wants next: nothing until something happens, or another look at a time (wall clock, ms). */
export interface Reconciled {
  readonly wakeAt?: number | undefined;
  /** Nothing was done but to wait for the time after a failure: its back-off goes on. */
  readonly held?: boolean | undefined;
}

/** Brings one object closer to what its spec says. Called again after it rejects, with a growing wait. */
export interface Reconciler {
  /** Label of metrics and field of logs. */
  readonly name: string;
  /** `arrivedAt`: when the first event came that this call answers, monotonic ms. */
  reconcile(key: string, arrivedAt: number): Promise<Reconciled>;
}

export interface LoopServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Objects of all namespaces at work at the same time. */
  readonly workers: number;
}

/** Workers beyond those, one at most for each namespace in which nothing is at work: they wait, and cost nothing meanwhile. */
const SPARE_WORKERS = 48;

/** A watch event normally opens the gate of own writes within milliseconds; this is the net under it. */
export const GATE_RECHECK_MS = 2_000;

/** A key that keeps failing is tried twice a minute: nothing else would wake it when the server is well again. */
const BACKOFF = { initialMs: 5, maxMs: 30_000 };

/** Every call of a reconcile has a deadline, and a reconcile has few of them. */
const STUCK_MS = 15 * 60_000;

/** A timer that fires early would find nothing to do; this much later is early enough for everybody. */
const WAKE_SLACK_MS = 5;

/** Gives the keys of changed objects to a reconciler: each once, one worker per key, failures with back-off. */
export class Loop {
  readonly #reconciler: Reconciler;
  readonly #services: LoopServices;
  readonly #queue: WorkQueue;
  readonly #arrivals = new Map<string, number>();
  #workers: Promise<void>[] = [];

  constructor(reconciler: Reconciler, services: LoopServices) {
    this.#reconciler = reconciler;
    this.#services = services;
    const { clock, workers: shared } = services;
    this.#queue = new WorkQueue({ clock, shared, backoff: BACKOFF, observer: this.#observer() });
    const labels = { name: reconciler.name };
    services.metrics.beforeScrape(() => {
      services.metrics.queueDepth.set(labels, this.#queue.depth);
      services.metrics.longestRunning.set(labels, this.#queue.longestRunningMs / 1000);
    });
  }

  /** An event touched the object. */
  add(key: string): void {
    if (!this.#arrivals.has(key)) this.#arrivals.set(key, this.#services.clock.monotonic());
    this.#queue.add(key);
  }

  start(): void {
    this.#workers = Array.from({ length: this.#services.workers + SPARE_WORKERS }, () => this.#work());
  }

  /** A sentence about a reconcile that has lasted for longer than anything explains. */
  get stuck(): string | undefined {
    if (this.#queue.longestRunningMs <= STUCK_MS) return undefined;
    return `one reconcile of the ${this.#reconciler.name} controller has not ended for 15 minutes`;
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
    const { clock, metrics } = this.#services;
    const controller = this.#reconciler.name;
    const startedAt = clock.monotonic();
    const arrivedAt = this.#arrivals.get(key) ?? startedAt;
    this.#arrivals.delete(key);
    try {
      const { wakeAt, held } = await this.#reconciler.reconcile(key, arrivedAt);
      if (held !== true) this.#queue.forget(key);
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
    if (failures <= 3) this.#services.log.info(fields, "the reconcile is tried again");
    else
      this.#services.log.error(
        { ...fields, stack: error instanceof Error ? error.stack : undefined },
        "the reconcile keeps failing",
      );
  }

  #observer(): QueueObserver {
    const { metrics } = this.#services;
    const labels = { name: this.#reconciler.name };
    return {
      added: () => metrics.queueAdds.inc(labels),
      waited: (durationMs) => metrics.queueTime.observe(labels, durationMs / 1000),
      worked: (durationMs) => metrics.workTime.observe(labels, durationMs / 1000),
      retried: () => metrics.queueRetries.inc(labels),
    };
  }
}
