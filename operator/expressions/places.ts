type Path = readonly (string | number)[];

/**
 * Where a node's spec takes expressions: values that are sent as data, never pasted into SQL or a shell. `*` is any key, `**` everything below.
 */
const PLACES: readonly (readonly string[])[] = [
  "load.range.from",
  "load.range.to",
  "load.from.cursor.start",
  "load.from.files.*",
  "load.from.http.path",
  "load.from.http.query.*.value",
  "load.from.http.incremental.start",
  "extract.from.http.path",
  "extract.from.http.query.*.value",
  "extract.to.prefix",
  "extract.to.key",
  "transform.vars.**",
  "test.checks.*.acceptedValues.values.*",
  "container.env.*",
].map((place) => place.split("."));

/** For messages. */
export const PLACES_TEXT =
  "load.range, cursor.start, files, keys and prefixes of a bucket, path and query of an HTTP request, vars, acceptedValues and container.env";

export function takesExpressions(path: Path): boolean {
  return PLACES.some((place) => {
    const isDeep = place.at(-1) === "**";
    const fits = place.every((key, index) => key.startsWith("*") || key === String(path[index]));
    return fits && (isDeep ? path.length >= place.length : path.length === place.length);
  });
}

/** Every text of a value, with its place. */
export function textsIn(value: unknown, path: Path = []): { readonly path: Path; readonly text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((each, index) => textsIn(each, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => textsIn(each, [...path, key]));
}

/** The value with each of its texts replaced; itself where nothing changes. */
export function mapTexts<T>(value: T, map: (text: string, path: Path) => string, path: Path = []): T {
  if (typeof value === "string") return map(value, path) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  const mapped = entries.map(([key, each]) => [key, mapTexts(each, map, [...path, key])] as const);
  if (mapped.every(([, each], index) => each === entries[index]?.[1])) return value;
  return (Array.isArray(value) ? mapped.map(([, each]) => each) : Object.fromEntries(mapped)) as T;
}
