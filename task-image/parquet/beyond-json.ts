/*
 * Maps of Parquet may have a key twice, and jsonb keeps the last of its values. DuckDB answers, for a value of any type, whether one of the
 * maps in it does.
 */

/** SQL of type boolean, never NULL; undefined for a type without maps. `type` is as DuckDB's DESCRIBE writes it. */
export function repeatsKeys(type: string, value: string, depth = 0): string | undefined {
  const element = /^(.*)\[\d*\]$/s.exec(type)?.[1];
  if (element !== undefined) return ofElements(element, value, depth);
  const [, kind, inner = ""] = /^(MAP|STRUCT)\((.*)\)$/s.exec(type) ?? [];
  if (kind === "MAP") {
    const [key = "", held = ""] = parts(inner);
    const own = `coalesce(list_unique(map_keys(${value})) < cardinality(${value}), false)`;
    return anyOf([own, ofElements(key, `map_keys(${value})`, depth), ofElements(held, `map_values(${value})`, depth)]);
  }
  if (kind !== "STRUCT") return undefined;
  return anyOf(
    parts(inner).map((field) => {
      const [, name = "", held = ""] = /^("(?:[^"]|"")*"|\S+) (.*)$/s.exec(field) ?? [];
      const plain = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
      return repeatsKeys(held, `struct_extract(${value}, '${plain.replaceAll("'", "''")}')`, depth);
    }),
  );
}

function ofElements(element: string, list: string, depth: number): string | undefined {
  const repeats = repeatsKeys(element, `e${depth}`, depth + 1);
  return repeats === undefined
    ? undefined
    : `coalesce(len(list_filter(${list}, lambda e${depth}: ${repeats})) > 0, false)`;
}

function anyOf(conditions: readonly (string | undefined)[]): string | undefined {
  const all = conditions.filter((condition) => condition !== undefined);
  return all.length === 0 ? undefined : `(${all.join(" OR ")})`;
}

/** What stands between the commas that are in no brackets and no quotes. */
function parts(text: string): readonly string[] {
  const found: string[] = [];
  let [depth, start] = [0, 0];
  for (const { 0: token, index } of text.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[(),]/g)) {
    if (token === "(") depth += 1;
    else if (token === ")") depth -= 1;
    else if (token === "," && depth === 0) {
      found.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...found, text.slice(start)].map((part) => part.trim());
}
