import type { Clock } from "./clock.ts";

interface Due {
  readonly at: number;
  readonly key: string;
}

/** Keys that wait for their time, each once, at the earliest time asked for. A heap and a single timer. */
export class Delays {
  readonly #clock: Clock;
  readonly #ready: (key: string) => void;
  readonly #heap: Due[] = [];
  readonly #dueAt = new Map<string, number>();
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, ready: (key: string) => void) {
    this.#clock = clock;
    this.#ready = ready;
  }

  get size(): number {
    return this.#dueAt.size;
  }

  add(key: string, delayMs: number): void {
    const at = this.#clock.monotonic() + delayMs;
    const planned = this.#dueAt.get(key);
    if (planned !== undefined && planned <= at) return;
    this.#dueAt.set(key, at);
    this.#push({ at, key });
    this.#compact();
    this.#arm();
  }

  /** Entries that an earlier time has replaced would stay until their own, which may be weeks away. */
  #compact(): void {
    if (this.#heap.length <= 2 * this.#dueAt.size + 64) return;
    this.#heap.length = 0;
    for (const [key, at] of this.#dueAt) this.#push({ at, key });
  }

  /** Forgets the key's time. Its entry in the heap is passed over when it comes up. */
  delete(key: string): void {
    this.#dueAt.delete(key);
  }

  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#heap.length = 0;
    this.#dueAt.clear();
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || (this.#timer !== undefined && this.#timer.at <= first.at)) return;
    this.#timer?.cancel();
    const delayMs = Math.max(0, first.at - this.#clock.monotonic());
    this.#timer = { at: first.at, cancel: this.#clock.after(delayMs, () => this.#fire()) };
  }

  #fire(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#pop();
      // An entry whose key was asked for earlier since has done its work already.
      if (this.#dueAt.get(first.key) !== first.at) continue;
      this.#dueAt.delete(first.key);
      this.#ready(first.key);
    }
    this.#arm();
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let child = heap.push(due) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) return;
      child = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      const right = left + 1;
      const child = this.#at(right) < this.#at(left) ? right : left;
      if (!this.#swapIfLater(parent, child)) return;
      parent = child;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY;
  }

  #swapIfLater(parent: number, child: number): boolean {
    const [above, below] = [this.#heap[parent], this.#heap[child]];
    if (above === undefined || below === undefined || above.at <= below.at) return false;
    this.#heap[parent] = below;
    this.#heap[child] = above;
    return true;
  }
}
