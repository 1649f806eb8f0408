import type { Change } from "./replica.ts";

/** Who wants to hear of changes: which keys an object touches, and what to do with each. */
export interface Subscriber<T> {
  readonly keys: (object: T) => Iterable<string>;
  readonly handle: (key: string) => void;
}

/** Turns changes into keys. A subscriber that throws harms neither the others nor the caller. */
export class Subscribers<T> {
  readonly #subscribers: Subscriber<T>[] = [];
  readonly #failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(subscriber: Subscriber<T>): void {
    this.#subscribers.push(subscriber);
  }

  /** Each key once for all the changes, those of the objects before and after them. */
  publish(changes: readonly Change<T>[]): void {
    const objects = changes.flatMap(({ before, after }) => [before, after]).filter((object) => object !== undefined);
    for (const subscriber of this.#subscribers) {
      const keys = new Set<string>();
      for (const object of objects) {
        this.#guard(() => {
          for (const key of subscriber.keys(object)) keys.add(key);
        });
      }
      for (const key of keys) this.#guard(() => subscriber.handle(key));
    }
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#failed(error);
    }
  }
}
