import { seededRandom } from "../../support/machine/fake-random.ts";

/** Draws from a seed: the same for the same seed, everywhere. */
export class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  one<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error("there is nothing to draw from");
    return list[this.below(list.length)] as T;
  }

  /** Each of them with a chance, in their order. */
  some<T>(list: readonly T[], share = 0.5): T[] {
    return list.filter(() => this.chance(share));
  }

  /** The value with a chance, else nothing. */
  maybe<T>(share: number, make: () => T): T | undefined {
    return this.chance(share) ? make() : undefined;
  }
}
