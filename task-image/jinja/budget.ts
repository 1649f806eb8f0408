import { EvaluationError } from "./template-error.ts";

export interface Limits {
  /** Evaluated nodes, loop passes and list items handled. */
  readonly steps: number;
  /** UTF-16 code units of one text. */
  readonly text: number;
  /** UTF-16 code units of all texts made on the way. */
  readonly allText: number;
  /** Macros that call each other. */
  readonly depth: number;
}

/** Enough for any model that a database would accept, and little enough that no template hangs or fills a small pod. */
export const LIMITS: Limits = { steps: 2_000_000, text: 4_194_304, allText: 67_108_864, depth: 80 };

/** What a rendering may still use up. Every operation charges for what it makes before it makes it. */
export class Budget {
  readonly limits: Limits;
  #steps = 0;
  #text = 0;

  constructor(limits: Limits = LIMITS) {
    this.limits = limits;
  }

  steps(count: number): void {
    this.#steps += count;
    if (this.#steps > this.limits.steps) {
      throw new EvaluationError(
        `the template did not end within ${show(this.limits.steps)} steps: look for an endless or too large loop`,
      );
    }
  }

  /** Charges for `length` more characters of an output that then has `total` of them. */
  output(length: number, total: number): void {
    this.#single(total);
    this.#all(length);
  }

  /** Charges for a text of `length` characters. */
  text(length: number): void {
    this.#single(length);
    this.#all(length);
  }

  #single(length: number): void {
    if (length > this.limits.text) {
      throw new EvaluationError(
        `a text of ${show(length)} characters is too long: ${show(this.limits.text)} are allowed`,
      );
    }
  }

  #all(length: number): void {
    this.#text += length;
    if (this.#text > this.limits.allText) {
      throw new EvaluationError(
        `the template made more than ${show(this.limits.allText)} characters of text on the way: build long texts with a loop in the template, not with '~' in a loop`,
      );
    }
  }
}

function show(count: number): string {
  return count.toLocaleString("en");
}
