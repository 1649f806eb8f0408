import type { Sides } from "./compare.ts";

/** Lines before the first that differs which are shown with it. */
const LINES_BEFORE = 3;
const LONGEST_LINE = 300;

/** Where two texts begin to differ, with the lines before it; undefined if they do not. */
export function showTextDifference(what: string, one: string, two: string, sides: Sides): string | undefined {
  if (one === two) return undefined;
  const [expected, found] = [one.split("\n"), two.split("\n")];
  const index = firstDifference(expected, found);
  const before = expected.slice(Math.max(0, index - LINES_BEFORE), index).map((line) => `    ${shorten(line, 0)}`);
  const [left, right] = [expected[index], found[index]];
  const column = left === undefined || right === undefined ? 0 : firstDifference([...left], [...right]);
  const show = (line: string | undefined) => (line === undefined ? "(nothing more)" : shorten(line, column));
  const width = Math.max(sides.expected.length, sides.found.length);
  return [
    `  ${what} differs from line ${index + 1}, column ${column + 1}`,
    ...before,
    `  - ${sides.expected.padEnd(width)} ${show(left)}`,
    `  + ${sides.found.padEnd(width)} ${show(right)}`,
  ].join("\n");
}

/** The first entry in which two lists differ; undefined if they do not. */
export function showListDifference(
  what: string,
  one: readonly string[],
  two: readonly string[],
  sides: Sides,
): string | undefined {
  const index = firstDifference(one, two);
  if (index === Math.max(one.length, two.length)) return undefined;
  const place = `${what} ${index + 1} of ${one.length} (${sides.expected}) and ${two.length} (${sides.found})`;
  const [left, right] = [one[index], two[index]];
  if (left !== undefined && right !== undefined) return showTextDifference(place, left, right, sides);
  const [side, text] = left === undefined ? [sides.found, right] : [sides.expected, left];
  return `  ${place}: only ${side} has\n    ${shorten(text ?? "", 0).replaceAll("\n", "\n    ")}`;
}

function firstDifference(one: readonly string[], two: readonly string[]): number {
  const length = Math.max(one.length, two.length);
  for (let index = 0; index < length; index += 1) if (one[index] !== two[index]) return index;
  return length;
}

/** A line, or the part of a long one around a column. */
function shorten(line: string, column: number): string {
  if (line.length <= LONGEST_LINE) return line;
  const from = Math.max(0, column - LONGEST_LINE / 2);
  return `${from === 0 ? "" : "…"}${line.slice(from, from + LONGEST_LINE)}…`;
}
