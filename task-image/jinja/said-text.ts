import type { Arguments, Expression } from "./reading/syntax-tree.ts";
import { computed, haveReadRows } from "./row-values.ts";
import { Rendering } from "./running/rendering.ts";
import { toText } from "./values/text-form.ts";
import type { CallArguments, CallSite, Stored } from "./values/value.ts";

/** An argument as a message may quote it: by its place, or by its name. */
export function saidArgument(
  { positional, named }: CallArguments,
  { written }: CallSite,
  index: number,
  name?: string,
): string {
  const byName = name === undefined ? undefined : named.get(name);
  const value = byName ?? positional[index] ?? null;
  return said(value, byName === undefined ? positionalOf(written, index) : namedOf(written, name));
}

function positionalOf(written: Arguments | undefined, index: number): Expression | undefined {
  return written?.positional[index];
}

function namedOf(written: Arguments | undefined, name: string | undefined): Expression | undefined {
  return written?.named.find((each) => each.name === name)?.value;
}

function said(value: Stored, written: Expression | undefined): string {
  if (value instanceof Rendering) return saidRendering(value);
  const text = toText(value);
  return haveReadRows() ? withLiterals(text, written === undefined ? [] : literalsOf(written)) : text;
}

function saidRendering(rendering: Rendering): string {
  if (!haveReadRows()) return rendering.text;
  const spans = rendering.spans();
  return spans
    .map(({ start, literal }, index) => {
      const part = rendering.text.slice(start, spans[index + 1]?.start);
      return literal ? part : computed(part);
    })
    .join("");
}

/** Texts of the template that an expression puts into its value, in their order. Others of its texts are keys, or lead elsewhere. */
function literalsOf(expression: Expression): readonly string[] {
  switch (expression.type) {
    case "literal":
      return typeof expression.value === "string" ? [expression.value] : [];
    case "concatenation":
      return expression.parts.flatMap(literalsOf);
    case "binary":
      if (expression.operator === "%") return literalsOf(expression.left).flatMap((text) => text.split(PERCENT));
      return expression.operator === "+" ? [expression.left, expression.right].flatMap(literalsOf) : [];
    case "conditional":
      return [];
    case "call":
      return formatted(expression.callee);
    default:
      return [];
  }
}

const PERCENT = /%(?:\([^)]*\))?[-+ #0-9.]*[a-zA-Z%]/;
const BRACES = /\{[^{}]*\}/;

/** The text of `'…'.format(…)`, without its places. */
function formatted(callee: Expression): readonly string[] {
  const isFormat = callee.type === "attribute" && callee.name === "format";
  return isFormat ? literalsOf(callee.object).flatMap((text) => text.split(BRACES)) : [];
}

/** Only what stands in the template is shown, also where a value happens to hold the same words. */
function withLiterals(text: string, literals: readonly string[]): string {
  let [shown, at] = ["", 0];
  for (const literal of literals) {
    const found = literal === "" ? -1 : text.indexOf(literal, at);
    if (found < 0) continue;
    shown += computed(text.slice(at, found)) + literal;
    at = found + literal.length;
  }
  return shown + computed(text.slice(at));
}
