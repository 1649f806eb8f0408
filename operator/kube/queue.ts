import type { Clock } from "./clock.ts";
import { Delays } from "./delays.ts";
import { parseKey } from "./object-key.ts";
import { Turns } from "./turns.ts";

/*
 * A key is in one of these states; they are those of client-go's work queue.
 *
 * | state      | what is true                               | what leaves it                                     |
 * |------------|--------------------------------------------|----------------------------------------------------|
 * | absent     | nobody asked for it                        | add → ready                                        |
 * | ready      | in line; asking again changes nothing      | next() → processing                                |
 * | processing | one worker has it                          | done() → absent; add → dirty                       |
 * | dirty      | one worker has it, and it is wanted again  | done() → ready                                     |
 * Beside its state a key may wait for a time of its own (addAfter), at which it is added.
 */

/** What the queue tells metrics. Times in milliseconds. */
export interface QueueObserver {
  /** A key came into line. */
  readonly added?: () => void;
  /** How long it stood in line. */
  readonly waited?: (durationMs: number) => void;
  /** How long a worker had it. */
  readonly worked?: (durationMs: number) => void;
  readonly retried?: () => void;
}

export interface QueueSettings {
  readonly clock: Clock;
  /** Groups take turns; by default each namespace is one. */
  readonly groupOf?: (key: string) => string;
  /**
   * Keys at work at the same time that all groups share. A group with no key at work may begin one beyond them, so that
   * slow work of one group delays no other. Without it there are as many as ask.
   */
  readonly shared?: number;
  readonly backoff?: { readonly initialMs: number; readonly maxMs: number };
  readonly observer?: QueueObserver;
}

/** client-go's defaults for one item. */
const BACKOFF = { initialMs: 5, maxMs: 1_000_000 };

/** Keys to work on: each once, one worker per key, none lost. */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #observer: QueueObserver;
  readonly #backoff: { readonly initialMs: number; readonly maxMs: number };
  readonly #groupOf: (key: string) => string;
  readonly #shared: number;
  readonly #ready = new Turns<string>();
  readonly #delays: Delays;
  /** Keys in line, by when they came. */
  readonly #waiting = new Map<string, number>();
  /** Keys at work, by when the work began. */
  readonly #processing = new Map<string, number>();
  /** How many keys of each group are at work. */
  readonly #groupsAtWork = new Map<string, number>();
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #idleWorkers: ((key: string | undefined) => void)[] = [];
  readonly #drained = Promise.withResolvers<void>();
  #closed = false;

  constructor({ clock, groupOf, shared, backoff, observer }: QueueSettings) {
    this.#clock = clock;
    this.#observer = observer ?? {};
    this.#backoff = backoff ?? BACKOFF;
    this.#groupOf = groupOf ?? ((key) => parseKey(key).namespace);
    this.#shared = shared ?? Number.POSITIVE_INFINITY;
    this.#delays = new Delays(clock, (key) => this.add(key));
  }

  /** Keys in line. */
  get depth(): number {
    return this.#ready.size;
  }

  /** How long the oldest work under way has lasted. */
  get longestRunningMs(): number {
    const oldest = Math.min(...this.#processing.values());
    return this.#processing.size === 0 ? 0 : this.#clock.monotonic() - oldest;
  }

  add(key: string): void {
    if (this.#closed || this.#waiting.has(key) || this.#dirty.has(key)) return;
    if (this.#processing.has(key)) {
      this.#dirty.add(key);
      return;
    }
    this.#enqueue(key);
  }

  /** Adds the key after `delayMs`. Of several times asked for, the earliest stays. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) {
      this.#delays.delete(key);
      this.add(key);
    } else this.#delays.add(key, delayMs);
  }

  /** Adds the key after a wait of at least `leastMs` that doubles with each call until {@link forget}. Returns the wait. */
  addRateLimited(key: string, leastMs = 0): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#observer.retried?.();
    const delayMs = Math.max(leastMs, Math.min(this.#backoff.maxMs, this.#backoff.initialMs * 2 ** failures));
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** How often the key failed since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The key succeeded: its next failure begins with the shortest wait, and the time that it was to be added at is void. */
  forget(key: string): void {
    this.#failures.delete(key);
    this.#delays.delete(key);
  }

  /** The next key, when there is one; undefined after {@link shutDown}. {@link done} must follow. */
  next(): Promise<string | undefined> {
    const key = this.#take();
    if (key !== undefined || this.#closed) return Promise.resolve(key);
    return new Promise((resolve) => this.#idleWorkers.push(resolve));
  }

  done(key: string): void {
    const startedAt = this.#processing.get(key);
    if (startedAt === undefined) return;
    this.#processing.delete(key);
    this.#countAtWork(key, -1);
    this.#observer.worked?.(this.#clock.monotonic() - startedAt);
    if (this.#dirty.delete(key) && !this.#closed) this.#enqueue(key);
    if (this.#closed && this.#processing.size === 0) this.#drained.resolve();
    this.#handOut();
  }

  /** Hands out no key any more. Resolves when every worker is done with the one it has. */
  shutDown(): Promise<void> {
    this.#closed = true;
    this.#delays.clear();
    for (const resolve of this.#idleWorkers.splice(0)) resolve(undefined);
    if (this.#processing.size === 0) this.#drained.resolve();
    return this.#drained.promise;
  }

  #enqueue(key: string): void {
    this.#waiting.set(key, this.#clock.monotonic());
    this.#ready.push(this.#groupOf(key), key);
    this.#observer.added?.();
    this.#handOut();
  }

  /** Gives keys to workers that wait for some. */
  #handOut(): void {
    while (this.#idleWorkers.length > 0) {
      const key = this.#take();
      if (key === undefined) return;
      this.#idleWorkers.shift()?.(key);
    }
  }

  #take(): string | undefined {
    const key = this.#closed ? undefined : this.#ready.shift((group) => this.#mayBegin(group));
    if (key === undefined) return undefined;
    const now = this.#clock.monotonic();
    this.#observer.waited?.(now - (this.#waiting.get(key) ?? now));
    this.#waiting.delete(key);
    this.#processing.set(key, now);
    this.#countAtWork(key, 1);
    return key;
  }

  #mayBegin(group: string): boolean {
    return this.#processing.size < this.#shared || !this.#groupsAtWork.has(group);
  }

  #countAtWork(key: string, change: 1 | -1): void {
    const group = this.#groupOf(key);
    const count = (this.#groupsAtWork.get(group) ?? 0) + change;
    if (count === 0) this.#groupsAtWork.delete(group);
    else this.#groupsAtWork.set(group, count);
  }
}
