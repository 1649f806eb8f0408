import { holdsNoNumber, repeatsKeys } from "./beyond-json.ts";

/*
 * Columns of Parquet as DuckDB reads them, and what they become in Postgres. Every value arrives as the text that Postgres' input of
 * that type takes, exactly as it is stored.
 *
 * | DuckDB                             | Postgres                    | text                                            |
 * |------------------------------------|-----------------------------|-------------------------------------------------|
 * | BOOLEAN, integers, UUID, INTERVAL  | the same; a wider one where | as DuckDB writes it                             |
 * |                                    | there is no unsigned one    |                                                 |
 * | FLOAT, DOUBLE                      | real, double precision      | the shortest that is the same number of double  |
 * |                                    |                             | precision; NaN and Infinity in Postgres' words  |
 * | DECIMAL(p,s)                       | numeric(p,s)                | all digits                                      |
 * | DATE, TIME, TIMESTAMP, with zone   | the same                    | years before 1 with BC at the end               |
 * | TIMESTAMP_NS, TIME_NS              | timestamp, time             | up to nine digits, of which Postgres keeps six: |
 * |                                    |                             | a value with more is an error, or is cut        |
 * | VARCHAR, ENUM                      | text                        | escaped for COPY                                |
 * | BLOB                               | bytea                       | hexadecimal digits                              |
 * |                                    | text, where that is asked   | as it is; bytes that are not UTF-8 are an error |
 * | JSON, lists, maps, structs         | jsonb                       | JSON, numbers with all their digits; a key that |
 * |                                    |                             | a map has twice is an error, and so are NaN and |
 * |                                    |                             | infinity, but for a column that takes any text  |
 *
 * Decimals of more than 38 digits, which DuckDB reads wrong, are refused before (`parquet-schema.ts`).
 */

/** What the text of a column depends on besides its type. */
export interface Wanted {
  /** The column of Postgres takes any text: nothing is lost there. */
  readonly isText: boolean;
  readonly nanoseconds: "refuse" | "cut";
  /** What the message of an error begins with when a value cannot be carried: what is wrong with it follows. */
  complaint(code: Complaint): string;
}

/** Codes of values that cannot be carried as they are. */
export type Complaint = "NanosecondsCut" | "NotText" | "NoJsonNumber" | "RepeatedKey";

/** How a column travels. */
export interface TravellingColumn {
  /** The type of Postgres, in the words of its format_type. */
  readonly type: string;
  /** The value as text for COPY's text format, as DuckDB's SQL over the column's own expression. */
  text(column: string, wanted: Wanted): string;
}

const asItIs = (column: string) => `${column}::VARCHAR`;
const plain = (type: string): TravellingColumn => ({ type, text: asItIs });

const numberText = (column: string) =>
  `CASE WHEN isnan(${column}) THEN 'NaN' WHEN isinf(${column}) THEN CASE WHEN ${column} > 0 THEN 'Infinity' ELSE '-Infinity' END ELSE ${column}::VARCHAR END`;

/** `0044-03-15 (BC) 10:00:00` → `0044-03-15 10:00:00 BC` */
const withEra = (column: string) =>
  `CASE WHEN contains(${column}::VARCHAR, ' (BC)') THEN replace(${column}::VARCHAR, ' (BC)', '') || ' BC' ELSE ${column}::VARCHAR END`;

/** `longest` is the text's length with six digits after the second's point. */
const nanoseconds = (type: string, longest: number): TravellingColumn => ({
  type,
  text: (column, { isText, nanoseconds: rule, complaint }) => {
    const text = `${column}::VARCHAR`;
    if (isText) return text;
    if (rule === "cut") return `left(${text}, ${longest})`;
    return `CASE WHEN length(${text}) > ${longest} THEN error(${quoteText(complaint("NanosecondsCut"))} || ${text}) ELSE ${text} END`;
  },
});

/** A text literal as DuckDB's SQL writes it: a backslash is itself. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const ESCAPES = [
  ["\\", "\\\\"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\r", "\\r"],
] as const;

/** Each replacement is a copy of all texts of a chunk, and most texts need none. */
const escaped = (text: string) => {
  const mayNeed = ESCAPES.map(([character]) => `contains(${text}, ${codes(character)})`).join(" OR ");
  const replaced = ESCAPES.reduce(
    (all, [character, written]) => `replace(${all}, ${codes(character)}, '${written}')`,
    text,
  );
  return `CASE WHEN ${mayNeed} THEN ${replaced} ELSE ${text} END`;
};

const codes = (character: string) => `chr(${character.charCodeAt(0)})`;

/** jsonb keeps the last of the values of a key, and has neither NaN nor infinity. */
function jsonColumn(type: string): TravellingColumn {
  return {
    type: "jsonb",
    text: (column, { isText, complaint }) => {
      const wrong: readonly (readonly [Complaint, string | undefined])[] = [
        ["RepeatedKey", repeatsKeys(type, column)],
        ["NoJsonNumber", isText ? undefined : holdsNoNumber(type, column)],
      ];
      const branches = wrong.flatMap(([code, condition]) =>
        condition === undefined ? [] : [`WHEN ${condition} THEN error(${quoteText(complaint(code))})`],
      );
      const json = escaped(`to_json(${column})::VARCHAR`);
      return branches.length === 0 ? json : `CASE ${branches.join(" ")} ELSE ${json} END`;
    },
  };
}

/** Text that its writer has not marked as such. */
const UNMARKED_TEXT: TravellingColumn = {
  type: "text",
  text: (column, { complaint }) => {
    const text = `TRY(decode(${column}))`;
    const isNotText = `${column} IS NOT NULL AND ${text} IS NULL`;
    return `CASE WHEN ${isNotText} THEN error(${quoteText(complaint("NotText"))}) ELSE ${escaped(text)} END`;
  },
};

const SCALARS: Readonly<Record<string, TravellingColumn>> = {
  BOOLEAN: plain("boolean"),
  TINYINT: plain("smallint"),
  UTINYINT: plain("smallint"),
  SMALLINT: plain("smallint"),
  USMALLINT: plain("integer"),
  INTEGER: plain("integer"),
  UINTEGER: plain("bigint"),
  BIGINT: plain("bigint"),
  UBIGINT: plain("numeric(20,0)"),
  HUGEINT: plain("numeric(39,0)"),
  UHUGEINT: plain("numeric(39,0)"),
  FLOAT: { type: "real", text: (column, { isText }) => numberText(isText ? column : `${column}::DOUBLE`) },
  DOUBLE: { type: "double precision", text: (column) => numberText(column) },
  UUID: plain("uuid"),
  INTERVAL: plain("interval"),
  DATE: { type: "date", text: withEra },
  TIME: plain("time without time zone"),
  "TIME WITH TIME ZONE": plain("time with time zone"),
  TIMESTAMP: { type: "timestamp without time zone", text: withEra },
  TIMESTAMP_S: { type: "timestamp without time zone", text: withEra },
  TIMESTAMP_MS: { type: "timestamp without time zone", text: withEra },
  TIMESTAMP_NS: nanoseconds("timestamp without time zone", "2020-01-01 00:00:00.123456".length),
  TIME_NS: nanoseconds("time without time zone", "00:00:00.123456".length),
  "TIMESTAMP WITH TIME ZONE": { type: "timestamp with time zone", text: withEra },
  VARCHAR: { type: "text", text: escaped },
  BLOB: { type: "bytea", text: (column) => `'\\\\x' || lower(hex(${column}))` },
  JSON: { type: "jsonb", text: (column) => escaped(`${column}::VARCHAR`) },
};

/** How a column of a DuckDB type travels, or undefined for a type that has no equal in Postgres. */
export function travelling(type: string, binary: "bytes" | "text"): TravellingColumn | undefined {
  if (/\]$/.test(type) || /^(STRUCT|UNION|MAP)\b/.test(type)) return jsonColumn(type);
  if (type === "BLOB" && binary === "text") return UNMARKED_TEXT;
  if (/^ENUM\(/.test(type)) return SCALARS.VARCHAR;
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  if (decimal !== null) return plain(`numeric(${decimal[1]},${decimal[2]})`);
  return SCALARS[type];
}

const INTEGERS = ["smallint", "integer", "bigint"];
const FLOATS = ["real", "double precision"];

const isDay = (type: string) => type === "date" || type === "timestamp without time zone";

/** The smallest type that holds every value of both, exactly: what a column becomes whose files do not agree. */
export function widerType(one: string, other: string): string {
  if (one === other) return one;
  for (const family of [INTEGERS, FLOATS]) {
    if (family.includes(one) && family.includes(other))
      return family[Math.max(family.indexOf(one), family.indexOf(other))] ?? one;
  }
  if (isDay(one) && isDay(other)) return "timestamp without time zone";
  const isNumber = (type: string) => /^numeric/.test(type) || INTEGERS.includes(type) || FLOATS.includes(type);
  return isNumber(one) && isNumber(other) ? "numeric" : "text";
}
