import { BudgetError } from "./template-error.ts";

export interface Limits {
  /** Evaluated nodes, loop passes and list items handled. */
  readonly steps: number;
  /** UTF-16 code units of one text. */
  readonly text: number;
  /** UTF-16 code units of all texts made on the way. */
  readonly allText: number;
  /** Macros that call each other. */
  readonly depth: number;
  /** Milliseconds of one operation that cannot charge meanwhile, such as a search for a pattern. */
  readonly operationMs: number;
}

/** Enough for any model that a database would accept, and little enough that no template hangs or fills a small pod. */
export const LIMITS: Limits = {
  steps: 2_000_000,
  text: 4_194_304,
  allText: 67_108_864,
  depth: 80,
  operationMs: 10_000,
};

/**
 * For the macros of dbt projects, to which dbt sets no limits: they write seeds cell by cell and loop over graphs. An endless loop
 * still ends within half a minute, and an endless recursion on the stack of a thread.
 */
export const DBT_LIMITS: Limits = {
  steps: 200_000_000,
  text: 67_108_864,
  allText: 4_294_967_296,
  depth: 150,
  operationMs: 10_000,
};

/** The budget of the rendering that is under way; renderings run from their begin to their end, one inside another. */
let active: Budget | undefined;

/**
 * Charges the rendering that is under way for work deep inside an operation: one step for about a hundred nanoseconds. Outside of a
 * rendering nothing is charged.
 */
export function charge(steps: number): void {
  active?.steps(steps);
}

/** How long one operation of the rendering that is under way may take. */
export function operationMs(): number {
  return (active?.limits ?? DBT_LIMITS).operationMs;
}

/** Charges the rendering that is under way for characters that go into a larger text. */
export function chargeText(length: number): void {
  active?.part(length);
}

/** Charges for cutting a text into pieces, which costs more than to look at it. */
export function chargePieces(text: string): void {
  charge(text.length >> 2);
}

/** Charges for a search of `part` in `text`: the engine's search takes longer for long parts that almost fit everywhere. */
export function chargeSearch(text: string, part: string): void {
  charge((text.length >> 6) + Math.ceil((text.length * part.length) / 16_384));
}

/** What a rendering may still use up. Every operation charges for what it makes before it makes it. */
export class Budget {
  readonly limits: Limits;
  #steps = 0;
  #text = 0;

  constructor(limits: Limits = LIMITS) {
    this.limits = limits;
  }

  /** Runs a piece of the rendering: what is charged meanwhile counts here. */
  run<T>(work: () => T): T {
    const before = active;
    active = this;
    try {
      return work();
    } finally {
      active = before;
    }
  }

  steps(count: number): void {
    this.#steps += count;
    if (this.#steps > this.limits.steps) {
      throw new BudgetError(
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

  /** Charges for `length` characters that become part of a longer text. */
  part(length: number): void {
    this.steps(length >> 6);
    this.#all(length);
  }

  #single(length: number): void {
    if (length > this.limits.text) {
      throw new BudgetError(`a text of ${show(length)} characters is too long: ${show(this.limits.text)} are allowed`);
    }
  }

  #all(length: number): void {
    this.#text += length;
    if (this.#text > this.limits.allText) {
      throw new BudgetError(
        `the template made more than ${show(this.limits.allText)} characters of text on the way: build long texts with a loop in the template, not with '~' in a loop`,
      );
    }
  }
}

function show(count: number): string {
  return count.toLocaleString("en");
}
