import type { Check } from "#api/check.ts";
import type { CheckWarehouse, FoundColumn } from "../check-warehouse.ts";

export type ExpectedColumns = NonNullable<Check["columns"]>;

/** What is wrong with the columns of a table, one sentence for each column. */
export function wrongColumns(
  { dialect, typeNames }: Pick<CheckWarehouse, "dialect" | "typeNames">,
  { expected, extra }: ExpectedColumns,
  found: readonly FoundColumn[],
): readonly string[] {
  const wanted = new Map(expected.map((column) => [dialect.fold(column.name), column]));
  const there = new Map(found.map((column) => [column.name, column.type]));
  const wrong = [...wanted].flatMap(([folded, { name, type }]) => {
    const actual = there.get(folded);
    if (actual === undefined) return [`column ${name} is missing`];
    if (type === undefined || isOfType(actual, type, typeNames)) return [];
    return [`column ${name} is ${actual}, expected ${type}`];
  });
  const more = extra === "allow" ? [] : found.filter(({ name }) => !wanted.has(name));
  return [...wrong, ...more.map(({ name }) => `column ${name} is not expected`)];
}

interface WrittenType {
  readonly base: string;
  /** `(10,2)`. */
  readonly size: string;
  readonly array: string;
}

/** Whether a type is the one that somebody has written: by any of its names, and of any size where none is written. */
export function isOfType(actual: string, written: string, names: Readonly<Record<string, string>>): boolean {
  const one = partsOf(actual, names);
  const other = partsOf(written, names);
  return one.base === other.base && one.array === other.array && (other.size === "" || one.size === other.size);
}

/** A name may stand for a size too: INT is NUMBER(38,0). */
function partsOf(type: string, names: Readonly<Record<string, string>>): WrittenType {
  const parts = split(type);
  const meant = names[parts.base];
  if (meant === undefined) return parts;
  const named = split(meant);
  return { ...parts, base: named.base, size: parts.size === "" ? named.size : parts.size };
}

function split(type: string): WrittenType {
  const small = type.replace(/"[^"]*"|[A-Z]+/g, (part) => (part.startsWith('"') ? part : part.toLowerCase()));
  const [, head = "", size = "", tail = "", array = ""] =
    /^(.*?)\s*(?:(\([^)]*\))\s*([a-z ]*?))?\s*(\[\])?$/.exec(small.trim()) ?? [];
  const base = `${head} ${tail}`.trim().replace(/\s+/g, " ");
  return { base, size: size.replace(/\s+/g, ""), array };
}
