/*
 * Values of lists, maps and structs that JSON does not carry: a map may have a key twice, of which jsonb keeps the last value, and numbers
 * may be NaN or infinite, which JSON has no words for. DuckDB answers, for a value of any type, whether it holds such a one.
 */

/** SQL of type boolean, never NULL; undefined for a type without maps. `type` is as DuckDB's DESCRIBE writes it. */
export function repeatsKeys(type: string, value: string): string | undefined {
  return anyWithin(type, value, (kind, map) =>
    kind === "MAP" ? `coalesce(list_unique(map_keys(${map})) < cardinality(${map}), false)` : undefined,
  );
}

/** The same for NaN and infinity; undefined for a type without numbers of floating point. */
export function holdsNoNumber(type: string, value: string): string | undefined {
  return anyWithin(type, value, (kind, number) =>
    kind === "FLOAT" || kind === "DOUBLE" ? `coalesce(NOT isfinite(${number}), false)` : undefined,
  );
}

/** A condition on a value of a kind: `MAP`, or a type that has no parts. */
type Condition = (kind: string, value: string) => string | undefined;

/** Whether a condition holds for a value or for any that it holds. */
function anyWithin(type: string, value: string, condition: Condition, depth = 0): string | undefined {
  const element = /^(.*)\[\d*\]$/s.exec(type)?.[1];
  if (element !== undefined) return anyElement(element, value, condition, depth);
  const [, kind, inner = ""] = /^(MAP|STRUCT)\((.*)\)$/s.exec(type) ?? [];
  if (kind === "MAP") {
    const [key = "", held = ""] = parts(inner);
    const keys = anyElement(key, `map_keys(${value})`, condition, depth);
    return anyOf([condition(kind, value), keys, anyElement(held, `map_values(${value})`, condition, depth)]);
  }
  if (kind !== "STRUCT") return condition(type, value);
  return anyOf(
    parts(inner).map((field) => {
      const [, name = "", held = ""] = /^("(?:[^"]|"")*"|\S+) (.*)$/s.exec(field) ?? [];
      const plain = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
      return anyWithin(held, `struct_extract(${value}, '${plain.replaceAll("'", "''")}')`, condition, depth);
    }),
  );
}

function anyElement(element: string, list: string, condition: Condition, depth: number): string | undefined {
  const found = anyWithin(element, `e${depth}`, condition, depth + 1);
  return found === undefined ? undefined : `coalesce(len(list_filter(${list}, lambda e${depth}: ${found})) > 0, false)`;
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
