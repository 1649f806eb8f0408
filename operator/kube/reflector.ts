import { resourceName } from "./access.ts";
import { ApiError, NO_ANSWER } from "./api-error.ts";
import { Backoff } from "./backoff.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import type { Kind, Objects } from "./kinds.ts";
import type { Kube } from "./kube.ts";
import { listPages } from "./list-pages.ts";
import { PROJECTIONS } from "./projection.ts";
import { Replica } from "./replica.ts";
import { onSilence } from "./silence.ts";
import type { Store } from "./store.ts";
import { type Subscriber, Subscribers } from "./subscribers.ts";
import { judgeWatchFailure } from "./watch-failure.ts";

/*
 * | state    | what is true                                              | what leaves it                            |
 * |----------|-----------------------------------------------------------|-------------------------------------------|
 * | stopped  | nothing is under way                                      | start() → listing                         |
 * | listing  | pages are read; the store shows the last complete list    | last page → watching; failure → waiting   |
 * | watching | events go into the store as they come                     | end of its time → watching; else → waiting |
 * | waiting  | back-off, or longer where the server asked for it         | its time → watching or listing            |
 * Each but the first is left for stopped by stop().
 */

export interface ReflectorSettings {
  readonly pageSize: number;
  /** The server ends a watch after a random time between the two. */
  readonly watchSecondsMin: number;
  readonly watchSecondsMax: number;
  /** Bookmarks come about every minute: a stream that is silent for longer is dead. */
  readonly silenceMs: number;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  /** A watch that lived as long was a good one: the next failure begins with the shortest wait again. */
  readonly healthyMs: number;
}

export const REFLECTOR_SETTINGS: ReflectorSettings = {
  pageSize: 500,
  watchSecondsMin: 300,
  watchSecondsMax: 600,
  silenceMs: 90_000,
  backoff: { initialMs: 800, maxMs: 30_000 },
  healthyMs: 30_000,
};

/** What a reflector tells logs and metrics. */
export type ReflectorEvent =
  | { readonly what: "listed"; readonly objects: number; readonly durationMs: number }
  | { readonly what: "listFailed"; readonly error: unknown; readonly delayMs: number }
  | { readonly what: "watchEnded"; readonly durationMs: number }
  | { readonly what: "watchFailed"; readonly error: unknown; readonly next: "watch" | "list"; readonly delayMs: number }
  | { readonly what: "handlerFailed"; readonly error: unknown };

export interface ReflectorParts<K extends Kind> {
  readonly kube: Kube;
  readonly kind: K;
  /** All namespaces without it. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly store: Store<Objects[K], string>;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings?: ReflectorSettings;
  readonly observe?: (event: ReflectorEvent) => void;
}

/** Keeps a store in step with the API server for as long as it runs, whatever the server does. */
export class Reflector<K extends Kind> {
  readonly #parts: ReflectorParts<K>;
  readonly #settings: ReflectorSettings;
  readonly #replica: Replica<Objects[K]>;
  readonly #backoff: Backoff;
  readonly #subscribers: Subscribers<Objects[K]>;
  readonly #synced = Promise.withResolvers<void>();
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  #lastEventAt: number | undefined;
  #fruitless = 0;

  constructor(parts: ReflectorParts<K>) {
    this.#parts = parts;
    this.#settings = parts.settings ?? REFLECTOR_SETTINGS;
    this.#replica = new Replica(parts.store, PROJECTIONS[parts.kind], parts.namespace);
    this.#backoff = new Backoff(this.#settings.backoff, parts.random);
    this.#subscribers = new Subscribers((error) => parts.observe?.({ what: "handlerFailed", error }));
  }

  /** Keys of both the old and the new object are handled. What a subscriber throws goes to `observe` alone. */
  subscribe(subscriber: Subscriber<Objects[K]>): void {
    this.#subscribers.add(subscriber);
  }

  start(): void {
    if (this.#run !== undefined) return;
    const stop = new AbortController();
    this.#run = { stop, ended: this.#follow(stop.signal) };
  }

  /** Resolves when nothing is under way any more; nothing changes the store afterwards. */
  async stop(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    run?.stop.abort();
    await run?.ended;
  }

  /** Resolves after the first complete list. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Everything up to this version is in the store. */
  get resourceVersion(): string | undefined {
    return this.#replica.resourceVersion;
  }

  /** When the server was last heard of, bookmarks included; monotonic milliseconds. */
  get lastEventAt(): number | undefined {
    return this.#lastEventAt;
  }

  async #follow(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const from = this.#replica.watchableFrom;
      const delayMs = from === undefined ? await this.#list(stop) : await this.#watch(from, stop);
      if (delayMs > 0) await sleep(this.#parts.clock, delayMs, stop);
    }
  }

  /** Returns how long to wait before the next step. */
  async #list(stop: AbortSignal): Promise<number> {
    const startedAt = this.#parts.clock.monotonic();
    try {
      const { kube, kind } = this.#parts;
      const list = await listPages(kube, kind, { ...this.#scope(), limit: this.#settings.pageSize, signal: stop });
      if (stop.aborted) return 0;
      this.#subscribers.publish(this.#replica.replace(list));
      this.#heard();
      this.#synced.resolve();
      const durationMs = this.#parts.clock.monotonic() - startedAt;
      this.#parts.observe?.({ what: "listed", objects: list.items.length, durationMs });
      return 0;
    } catch (error) {
      if (stop.aborted) return 0;
      const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
      const delayMs = Math.max(this.#backoff.next(), retryAfterMs);
      this.#parts.observe?.({ what: "listFailed", error, delayMs });
      return delayMs;
    }
  }

  #scope(): { namespace?: string; labelSelector?: string } {
    const { namespace, labelSelector } = this.#parts;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
  }

  /** Returns how long to wait before the next step. */
  async #watch(resourceVersion: string, stop: AbortSignal): Promise<number> {
    const { clock } = this.#parts;
    const startedAt = clock.monotonic();
    const outcome = await this.#stream(resourceVersion, stop);
    const durationMs = clock.monotonic() - startedAt;
    if (stop.aborted) return 0;
    if (durationMs >= this.#settings.healthyMs) this.#backoff.reset();
    if (outcome.error === undefined && durationMs >= this.#settings.backoff.initialMs) {
      this.#fruitless = 0;
      this.#parts.observe?.({ what: "watchEnded", durationMs });
      return 0;
    }
    this.#fruitless = outcome.events === 0 ? this.#fruitless + 1 : 0;
    const error = outcome.error ?? this.#failure("ShortWatch", "the server ended the watch at once");
    const { next, retryAfterMs } = judgeWatchFailure(error, this.#fruitless);
    if (next === "list") {
      this.#replica.distrust();
      this.#fruitless = 0;
    }
    const delayMs = Math.max(this.#backoff.next(), retryAfterMs);
    this.#parts.observe?.({ what: "watchFailed", error, next, delayMs });
    return delayMs;
  }

  async #stream(resourceVersion: string, stop: AbortSignal): Promise<{ events: number; error?: unknown }> {
    const { kube, kind, random, clock } = this.#parts;
    const { watchSecondsMin, watchSecondsMax, silenceMs } = this.#settings;
    const silent = new AbortController();
    const disarm = onSilence(
      clock,
      silenceMs,
      () => this.#lastEventAt,
      () => silent.abort(this.#failure("Silence", `nothing came for ${silenceMs} ms, not even a bookmark`)),
    );
    const timeoutSeconds = Math.round(watchSecondsMin + random() * (watchSecondsMax - watchSecondsMin));
    const signal = AbortSignal.any([stop, silent.signal]);
    let events = 0;
    try {
      for await (const event of kube.watch(kind, { ...this.#scope(), resourceVersion, timeoutSeconds, signal })) {
        if (signal.aborted) break;
        this.#heard();
        events++;
        this.#subscribers.publish(this.#replica.apply(event));
      }
      signal.throwIfAborted();
      return { events };
    } catch (error) {
      return { events, error };
    } finally {
      disarm();
    }
  }

  #failure(reason: string, message: string): ApiError {
    const { kind, namespace } = this.#parts;
    return new ApiError(message, { status: NO_ANSWER, reason, verb: "watch", resource: resourceName(kind), namespace });
  }

  #heard(): void {
    this.#lastEventAt = this.#parts.clock.monotonic();
  }
}
