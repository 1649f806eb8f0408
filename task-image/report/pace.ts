import type { Answer } from "./answer.ts";
import type { Clock } from "./clock.ts";

/** An operator that allows messages without a pause between them gets this many at most: 50 a second. */
const EVERY_MIN_MS = 20;
const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 5000;
/** How long until the pod is in the operator's cache. */
const EARLY_MS = 50;
/** Longest wait that an operator can ask for. */
const RETRY_AFTER_MAX_MS = 60_000;
/** A held task whose token is refused asks again: the kubelet may renew it, and another operator may lead. */
const REFUSED_MS = 1000;
/** Answers of one kind, one after the other, that are taken at their word. */
const REPEATED_MAX: Readonly<Partial<Record<Answer["kind"], number>>> = {
  forgotten: 1,
  tooLarge: 1,
  elsewhere: 3,
  early: 40,
};

/**
 * When the next message may be sent.
 *
 * | after                                           | wait                                                                    |
 * |-------------------------------------------------|-------------------------------------------------------------------------|
 * | acknowledged                                    | `everyMs` since it was sent                                             |
 * | forgotten, tooLarge, elsewhere                  | none, as long as they do not repeat                                     |
 * | early                                           | 50 ms, as long as it does not repeat for two seconds                    |
 * | busy                                            | what it says, at most a minute                                          |
 * | no answer, nonsense, anything that repeats      | none before another address; 50 ms when all have failed, doubled to 5 s |
 */
export class Pace {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #addresses: number;
  #sentAt = Number.NEGATIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;
  #last: Answer["kind"] | undefined;
  #repeated = 0;
  #failures = 0;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: () => number }, addresses: number) {
    this.#clock = clock;
    this.#random = random;
    this.#addresses = addresses;
  }

  /** How long the next message has to wait, in ms. */
  get waitMs(): number {
    return Math.max(0, this.#notBefore - this.#clock.monotonic());
  }

  /** How long the operator itself asks to be left alone, in ms. */
  get askedForMs(): number {
    return this.#last === "busy" ? this.waitMs : 0;
  }

  /** Messages since the last one that was acknowledged that nobody answered as they should. */
  get failures(): number {
    return this.#failures;
  }

  sent(): void {
    this.#sentAt = this.#clock.monotonic();
  }

  heard(answer: Answer): void {
    this.#repeated = answer.kind === this.#last ? this.#repeated + 1 : 1;
    this.#last = answer.kind;
    if (answer.kind === "acknowledged") {
      this.#failures = 0;
      this.#notBefore = this.#sentAt + Math.max(answer.everyMs, EVERY_MIN_MS);
    } else if (this.#repeated <= (REPEATED_MAX[answer.kind] ?? 0)) {
      this.#wait(answer.kind === "early" ? EARLY_MS : 0);
    } else if (answer.kind === "busy" && answer.retryAfterMs !== undefined) {
      this.#wait(Math.min(answer.retryAfterMs, RETRY_AFTER_MAX_MS));
    } else if (answer.kind === "refused") {
      this.#wait(REFUSED_MS);
    } else {
      this.failed();
    }
  }

  failed(): void {
    this.#failures += 1;
    const rounds = Math.floor(this.#failures / this.#addresses);
    const isRoundOver = this.#failures % this.#addresses === 0;
    const backoff = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(rounds - 1, 10));
    this.#wait(isRoundOver ? backoff * (0.75 + this.#random() / 2) : 0);
  }

  #wait(ms: number): void {
    this.#notBefore = this.#clock.monotonic() + ms;
  }
}
