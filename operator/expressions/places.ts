type Path = readonly (string | number)[];

/**
 * What a value may be where it becomes a part of something else.
 *
 * | piece | stands in                                        | may not have                                             |
 * |-------|--------------------------------------------------|----------------------------------------------------------|
 * | data  | a value that is sent as data                     | nothing is refused                                       |
 * | name  | the name of a schema, a table, a database        | anything but letters, digits, `_` and `-`                |
 * | path  | keys of objects, names of files, paths of URLs   | `\`, control characters, a step `..`; and what the field refuses |
 * | sql   | a literal of the SQL that people write: `sql-text.ts` | a character NUL                                      |
 * | arg   | a whole argument of a program                    | `-` at its beginning, which would make it an option      |
 */
export type Piece = "data" | "sql" | "name" | "path" | "arg";

/** Where expressions stand, and what becomes of them. */
export interface Place {
  readonly path: readonly string[];
  readonly piece: Piece;
  /** What an expression that stands alone becomes: its value, or its text; a list becomes several entries, and one without a value none. */
  readonly whole?: "value" | "text";
  /** Nothing may stand beside the expression. */
  readonly alone?: true;
  /** Results of other nodes are values too: not where the node's name or target is made. */
  readonly results?: true;
}

const place = (path: string, piece: Piece, more: Omit<Place, "path" | "piece"> = {}): Place => ({
  path: path.split("."),
  piece,
  ...more,
});

/** Where a node's spec takes expressions; nothing is pasted into SQL or a shell. `*` is any key, `**` everything below. */
const OF_NODE: readonly Place[] = [
  place("load.range.from", "data", { results: true }),
  place("load.range.to", "data", { results: true }),
  place("load.from.cursor.start", "data", { results: true }),
  place("load.from.query", "sql", { results: true }),
  place("load.from.files.*", "path"),
  place("load.from.schema", "name"),
  place("load.from.tables.*", "name"),
  place("load.from.http.path", "path", { results: true }),
  place("load.from.http.query.*.value", "data", { results: true }),
  place("load.from.http.incremental.start", "data", { results: true }),
  place("load.to.schema", "name"),
  place("load.to.table", "name"),
  place("extract.from.schema", "name"),
  place("extract.from.tables.*", "name"),
  place("extract.from.http.path", "path", { results: true }),
  place("extract.from.http.query.*.value", "data", { results: true }),
  place("extract.to.prefix", "path"),
  place("extract.to.key", "path"),
  place("transform.schema", "name"),
  place("transform.vars.**", "data", { results: true, whole: "value" }),
  place("transform.artifacts.prefix", "path"),
  place("test.checks.*.table", "name"),
  place("test.checks.*.where", "sql", { results: true }),
  place("test.checks.*.sql", "sql", { results: true }),
  place("test.checks.*.value.sql", "sql", { results: true }),
  place("test.checks.*.acceptedValues.values.*", "data", { results: true, whole: "text" }),
  place("container.env.*", "data", { results: true }),
  place("container.args.*", "arg", { results: true, alone: true, whole: "text" }),
];

/** The same of an entry of spec.connections. */
const OF_CONNECTION: readonly Place[] = [
  place("s3.bucket", "path"),
  place("s3.region", "name"),
  place("postgres.database", "name"),
  place("redshift.database", "name"),
  place("snowflake.database", "name"),
  place("snowflake.warehouse", "name"),
  place("http.baseUrl", "data"),
];

/** For messages. */
export const PLACES_TEXT =
  "load.range, cursor.start, SQL of a query or a check (as literals), names of schemas and tables, files, keys and prefixes of a bucket, path and query of an HTTP request, vars, acceptedValues, container.env, whole entries of container.args, and of connections written here bucket, region, database, warehouse and baseUrl";

export function placeOfNode(path: Path): Place | undefined {
  return find(OF_NODE, path);
}

export function placeOfConnection(path: Path): Place | undefined {
  return find(OF_CONNECTION, path);
}

function find(places: readonly Place[], path: Path): Place | undefined {
  return places.find(({ path: pattern }) => {
    const isDeep = pattern.at(-1) === "**";
    const fits = pattern.every((key, index) => key.startsWith("*") || key === String(path[index]));
    return fits && (isDeep ? path.length >= pattern.length : path.length === pattern.length);
  });
}

/** Why a value may not become such a piece, in words for the end of a sentence. */
export function pieceProblem(piece: Piece, text: string): string | undefined {
  switch (piece) {
    case "data":
      return undefined;
    case "sql":
      return text.includes("\0") ? "a text of SQL has no character NUL" : undefined;
    case "name":
      return /^[\p{L}\p{N}_-]+$/u.test(text) ? undefined : "a part of a name has letters, digits, _ and - alone";
    case "path":
      if (/[\\\p{Cc}]|\$\(/u.test(text))
        return "a part of a key, a file's name or a path has no \\ and no control characters";
      return text.split("/").includes("..") ? "a part of a key, a file's name or a path has no step .." : undefined;
    case "arg":
      return /^-(?![0-9])/.test(text) ? "an argument that begins with - could be an option" : undefined;
    default:
      return piece satisfies never;
  }
}

/** Every text of a value, with its place. */
export function textsIn(value: unknown, path: Path = []): { readonly path: Path; readonly text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((each, index) => textsIn(each, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => textsIn(each, [...path, key]));
}

/** What a text becomes: a value, nothing (its entry goes), or in a list several items. */
export type Mapped = { readonly value: unknown } | { readonly items: readonly unknown[] } | "gone";

/** The value with each of its texts replaced; itself where nothing changes. */
export function mapTexts<T>(value: T, map: (text: string, path: Path) => Mapped, path: Path = []): T {
  const [mapped] = mapOne(value, map, path);
  return mapped as T;
}

function mapOne(value: unknown, map: (text: string, path: Path) => Mapped, path: Path): readonly unknown[] {
  if (typeof value === "string") return mapText(value, map, path);
  if (typeof value !== "object" || value === null) return [value];
  if (Array.isArray(value)) {
    const items = value.flatMap((each, index) => mapOne(each, map, [...path, index]).map((item) => ({ item })));
    const isSame = items.length === value.length && items.every(({ item }, index) => item === value[index]);
    return [isSame ? value : items.map(({ item }) => item)];
  }
  const entries = Object.entries(value);
  const mapped = entries.flatMap(([key, each]) => {
    const found = mapOne(each, map, [...path, key]);
    return found.length === 0 ? [] : [[key, found[0]] as const];
  });
  const isSame = mapped.length === entries.length && mapped.every(([, each], index) => each === entries[index]?.[1]);
  return [isSame ? value : Object.fromEntries(mapped)];
}

function mapText(text: string, map: (text: string, path: Path) => Mapped, path: Path): readonly unknown[] {
  const mapped = map(text, path);
  if (mapped === "gone") return [];
  if ("value" in mapped) return [mapped.value];
  return typeof path.at(-1) === "number" ? mapped.items : [mapped.items];
}
