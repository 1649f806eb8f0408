import type { Kind, Objects } from "../kinds/kinds.ts";
import { project } from "../kinds/kinds.ts";
import { resourceName } from "./access.ts";
import { ApiError, NO_ANSWER } from "./api-error.ts";
import { Backoff } from "./backoff.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import type { Kube, WatchEvent } from "./kube.ts";
import { listPages } from "./list-pages.ts";
import { PageSize } from "./page-size.ts";
import { Replica } from "./replica.ts";
import { onSilence } from "./silence.ts";
import type { Store } from "./store.ts";
import { type Subscriber, Subscribers } from "./subscribers.ts";
import type { UnreadObject } from "./unread.ts";
import { UnreadObjects } from "./unread-objects.ts";
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
  /** Most objects of a page, and how long a page should be: there are fewer on it where they are large. */
  readonly pageSize: number;
  readonly pageBytes: number;
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
  pageBytes: 16 * 1024 * 1024,
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
  | { readonly what: "unread"; readonly object: UnreadObject }
  | { readonly what: "handlerFailed"; readonly error: unknown };

export interface ReflectorServices<K extends Kind> {
  readonly kube: Kube;
  readonly kind: K;
  /** All namespaces without it. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** Objects come with their metadata and nothing else. */
  readonly metadataOnly?: true;
  readonly store: Store<Objects[K], string>;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings?: ReflectorSettings;
  readonly observe?: (event: ReflectorEvent) => void;
}

/** Keeps a store in step with the API server for as long as it runs, whatever the server does. */
export class Reflector<K extends Kind> {
  readonly #services: ReflectorServices<K>;
  readonly #settings: ReflectorSettings;
  readonly #replica: Replica<Objects[K]>;
  readonly #pageSize: PageSize;
  readonly #backoff: Backoff;
  readonly #subscribers: Subscribers<Objects[K]>;
  readonly #unread: UnreadObjects;
  #trouble: { readonly since: number; readonly error: unknown } | undefined;
  #movedAt: number | undefined;
  #isSynced = false;
  readonly #synced = Promise.withResolvers<void>();
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  #lastEventAt: number | undefined;
  #fruitless = 0;

  constructor(services: ReflectorServices<K>) {
    this.#services = services;
    this.#settings = services.settings ?? REFLECTOR_SETTINGS;
    this.#replica = new Replica(services.store, services.namespace);
    this.#pageSize = new PageSize(this.#settings.pageSize, this.#settings.pageBytes);
    this.#backoff = new Backoff(this.#settings.backoff, services.random);
    this.#unread = new UnreadObjects((object) => services.observe?.({ what: "unread", object }));
    this.#subscribers = new Subscribers((error) => services.observe?.({ what: "handlerFailed", error }));
  }

  /** Keys of both the old and the new object are handled. What a subscriber throws goes to `observe` alone. */
  subscribe(subscriber: Subscriber<Objects[K]>): void {
    this.#subscribers.add(subscriber);
  }

  get kind(): K {
    return this.#services.kind;
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

  /** Whether there has been a complete list. */
  get synced(): boolean {
    return this.#isSynced;
  }

  /** Since when (monotonic) the server has not been heard of because of what; undefined while all is well. */
  get trouble(): { readonly since: number; readonly error: unknown } | undefined {
    return this.#trouble;
  }

  /** When a step began or ended, or something came; monotonic milliseconds. Undefined before the start. */
  get movedAt(): number | undefined {
    return this.#movedAt;
  }

  /** Objects that are there and cannot be read: the store lacks them. */
  get unread(): readonly UnreadObject[] {
    return this.#unread.all();
  }

  /** When the server was last heard of, bookmarks included; monotonic milliseconds. */
  get lastEventAt(): number | undefined {
    return this.#lastEventAt;
  }

  async #follow(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      this.#move();
      const from = this.#replica.watchableFrom;
      const delayMs = from === undefined ? await this.#list(stop) : await this.#watch(from, stop);
      this.#move();
      if (delayMs > 0) await sleep(this.#services.clock, delayMs, stop);
    }
  }

  /** Returns how long to wait before the next step. */
  async #list(stop: AbortSignal): Promise<number> {
    const startedAt = this.#services.clock.monotonic();
    try {
      const { kube, kind } = this.#services;
      const list = await listPages(kube, kind, { ...this.#scope(), ...this.#projection, signal: stop }, this.#pageSize);
      if (stop.aborted) return 0;
      this.#unread.replace(list.unread ?? []);
      this.#subscribers.publish(this.#replica.replace(list));
      this.#heard();
      this.#isSynced = true;
      this.#synced.resolve();
      const durationMs = this.#services.clock.monotonic() - startedAt;
      this.#services.observe?.({ what: "listed", objects: list.items.length, durationMs });
      return 0;
    } catch (error) {
      if (stop.aborted) return 0;
      const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
      const delayMs = Math.max(this.#backoff.next(), retryAfterMs);
      this.#suffer(error);
      this.#services.observe?.({ what: "listFailed", error, delayMs });
      return delayMs;
    }
  }

  /** Only what the store keeps is ever held; an object that did not change since the last list is not held twice. */
  readonly #projection = {
    project: (object: Objects[K]): Objects[K] => {
      this.#move();
      return this.#replica.known(object) ?? project(this.#services.kind, object);
    },
  };

  #scope(): { namespace?: string; labelSelector?: string; metadataOnly?: true } {
    const { namespace, labelSelector, metadataOnly } = this.#services;
    return {
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
  }

  /** Returns how long to wait before the next step. */
  async #watch(resourceVersion: string, stop: AbortSignal): Promise<number> {
    const { clock } = this.#services;
    const startedAt = clock.monotonic();
    const outcome = await this.#stream(resourceVersion, stop);
    const durationMs = clock.monotonic() - startedAt;
    if (stop.aborted) return 0;
    if (durationMs >= this.#settings.healthyMs) this.#backoff.reset();
    if (outcome.error === undefined && durationMs >= this.#settings.backoff.initialMs) {
      this.#fruitless = 0;
      this.#services.observe?.({ what: "watchEnded", durationMs });
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
    this.#suffer(error);
    this.#services.observe?.({ what: "watchFailed", error, next, delayMs });
    return delayMs;
  }

  async #stream(resourceVersion: string, stop: AbortSignal): Promise<{ events: number; error?: unknown }> {
    const { kube, kind, random, clock } = this.#services;
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
      const options = { ...this.#scope(), ...this.#projection, resourceVersion, timeoutSeconds, signal };
      for await (const event of kube.watch(kind, options)) {
        if (signal.aborted) break;
        this.#heard();
        events++;
        this.#take(event);
      }
      signal.throwIfAborted();
      return { events };
    } catch (error) {
      return { events, error };
    } finally {
      disarm();
    }
  }

  #take(event: WatchEvent<Objects[K]>): void {
    if (event.type === "UNREAD") this.#unread.add(event.object);
    else if (event.type !== "BOOKMARK") this.#unread.delete(event.object);
    this.#subscribers.publish(this.#replica.apply(event));
  }

  #failure(reason: string, message: string): ApiError {
    const { kind, namespace } = this.#services;
    return new ApiError(message, { status: NO_ANSWER, reason, verb: "watch", resource: resourceName(kind), namespace });
  }

  #heard(): void {
    this.#move();
    this.#lastEventAt = this.#movedAt;
    this.#trouble = undefined;
  }

  #move(): void {
    this.#movedAt = this.#services.clock.monotonic();
  }

  #suffer(error: unknown): void {
    this.#trouble = { since: this.#trouble?.since ?? this.#services.clock.monotonic(), error };
  }
}
