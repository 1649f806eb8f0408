/** A document of a JSON file, as it was written. */
export interface JsonValue {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  readonly failure?: string;
}

/** Documents that follow each other; the elements of an outer array where it is to be stripped (STRIP_OUTER_ARRAY). */
export function* jsonValues(text: string, stripOuterArray: boolean): Generator<JsonValue> {
  const bodyAt = text.search(/\S/);
  const stripped = stripOuterArray && text.charAt(bodyAt) === "[";
  let at = stripped ? bodyAt + 1 : Math.max(0, bodyAt);
  while (at < text.length) {
    const start = at + text.slice(at).search(/[^\s,]/);
    if (start < at || (stripped && text.charAt(start) === "]")) return;
    const end = endOfValue(text, start);
    const value = text.slice(start, end);
    yield { text: value, line: text.slice(0, start).split("\n").length, ...failureOf(value) };
    at = end;
  }
}

/** How much deeper a sign leads. */
const STEPS: Readonly<Record<string, number>> = { "{": 1, "[": 1, "}": -1, "]": -1 };

function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (const { 0: piece, index } of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],\s]/g)) {
    const step = STEPS[piece] ?? 0;
    depth += step;
    if (step < 0 && depth === 0) return start + index + 1;
    const isBehind = depth < 0 || (depth === 0 && step === 0 && !piece.startsWith('"'));
    if (isBehind) return start + index;
  }
  return text.length;
}

function failureOf(value: string): { readonly failure?: string } {
  try {
    JSON.parse(value);
    return {};
  } catch (error) {
    return { failure: `Error parsing JSON: ${(error as Error).message}` };
  }
}
