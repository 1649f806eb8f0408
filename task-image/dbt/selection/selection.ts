import { type IndirectSelection, readCriterion, type Selection } from "./criterion.ts";

/** What dbt selects where nothing is said. */
const EVERYTHING = ["fqn:*", "source:*", "exposure:*", "unit_test:*"];

/**
 * Reads what `--select` and `--exclude` are given: words with spaces between them are united, words with commas between them
 * intersected.
 *
 * @throws {SelectionError} for a word that cannot be read.
 */
export function readSelection(
  select: readonly string[],
  exclude: readonly string[],
  indirect: IndirectSelection = "eager",
): Selection {
  const included = readUnion(select.length === 0 ? EVERYTHING : select, indirect);
  return exclude.length === 0 ? included : { kind: "difference", parts: [included, readUnion(exclude, indirect)] };
}

export function readUnion(texts: readonly string[], indirect: IndirectSelection): Selection {
  const words = texts.flatMap((text) => text.split(/\s+/)).filter((word) => word !== "");
  return { kind: "union", parts: words.map((word) => readIntersection(word, indirect)) };
}

function readIntersection(word: string, indirect: IndirectSelection): Selection {
  const parts = word.split(",").filter((part) => part !== "");
  return { kind: "intersection", parts: parts.map((part) => readCriterion(part, indirect)) };
}
