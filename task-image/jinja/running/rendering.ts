import type { Budget } from "../budget.ts";
import { type Frame, type Position, positionAfter } from "../position.ts";
import type { Expression } from "../reading/syntax-tree.ts";
import type { Stored } from "../values/value.ts";

/** A part of rendered text and the place in a template it came from. */
interface Span {
  /** Offset of the first character in the rendered text, in UTF-16 code units. */
  readonly start: number;
  readonly at: Position;
  /** The text stands in the template as it is, so that the place of each character is known; otherwise an expression made it. */
  readonly literal: boolean;
  readonly frame: Frame | undefined;
}

/** Where a character of rendered text came from: the place, and the macros at work there. */
export interface Origin {
  readonly at: Position;
  readonly frame: Frame | undefined;
}

/** Rendered text with its source map. */
export class Rendering {
  readonly text: string;
  readonly #spans: readonly Span[];

  constructor(text: string, spans: readonly Span[]) {
    this.text = text;
    this.#spans = spans;
  }

  /** The place that the character at an offset came from; undefined where the text is empty. */
  origin(offset: number): Origin | undefined {
    const index = this.#indexAt(offset);
    const span = this.#spans[index];
    if (span === undefined) return undefined;
    if (!span.literal) return span;
    return { at: positionAfter(span.at, this.text.slice(span.start, offset)), frame: span.frame };
  }

  /** The text from one offset up to another, with the source map of that part. */
  slice(from: number, to: number): Rendering {
    const spans: Span[] = [];
    for (const [index, span] of this.#spans.entries()) {
      const end = this.#spans[index + 1]?.start ?? this.text.length;
      if (end <= from || span.start >= to) continue;
      const cut = Math.max(0, from - span.start);
      const at = span.literal ? positionAfter(span.at, this.text.slice(span.start, span.start + cut)) : span.at;
      spans.push({ ...span, start: span.start + cut - from, at });
    }
    return new Rendering(this.text.slice(from, to), spans);
  }

  /** The text without white space at both ends. */
  trimmed(): Rendering {
    const from = this.text.length - this.text.trimStart().length;
    return this.slice(from, Math.max(from, this.text.trimEnd().length));
  }

  spans(): readonly Span[] {
    return this.#spans;
  }

  #indexAt(offset: number): number {
    let low = 0;
    let high = this.#spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#spans[middle]?.start ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** What a template printed: text of its own has no expression. */
interface Printed {
  readonly value: Stored;
  readonly expression: Expression | undefined;
}

/** Collects what a template renders. */
export class OutputBuffer {
  readonly #budget: Budget;
  readonly #parts: string[] = [];
  readonly #spans: Span[] = [];
  #length = 0;
  #first: Printed | undefined;
  #printed = 0;

  /** What was printed, when it was one thing. */
  get only(): Printed | undefined {
    return this.#printed === 1 ? this.#first : undefined;
  }

  /** Remembers what is printed; its text comes by `write` or `append`. */
  print(value: Stored, expression?: Expression): void {
    this.#first ??= { value, expression };
    this.#printed += 1;
  }

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  write(text: string, span: Omit<Span, "start">): void {
    if (text === "") return;
    this.#budget.output(text.length, this.#length + text.length);
    this.#spans.push({ ...span, start: this.#length });
    this.#parts.push(text);
    this.#length += text.length;
  }

  append(rendering: Rendering): void {
    this.#budget.output(rendering.text.length, this.#length + rendering.text.length);
    const spans = rendering.spans();
    this.#budget.steps(spans.length);
    for (const span of spans) this.#spans.push({ ...span, start: span.start + this.#length });
    this.#parts.push(rendering.text);
    this.#length += rendering.text.length;
  }

  finish(): Rendering {
    return new Rendering(this.#parts.join(""), this.#spans);
  }
}

/** Renderings in a row, with text between them that stands in no template: it belongs to what is rendered before it. */
export function joinRenderings(parts: readonly (string | Rendering)[]): Rendering {
  const spans: Span[] = [];
  let text = "";
  for (const part of parts) {
    if (part instanceof Rendering) {
      for (const span of part.spans()) spans.push({ ...span, start: span.start + text.length });
      text += part.text;
    } else {
      // What no template holds has no place of its own: it shows the one before it, without counting on.
      const before = spans.at(-1);
      if (before !== undefined) spans.push({ ...before, start: text.length, literal: false });
      text += part;
    }
  }
  return new Rendering(text, spans);
}
