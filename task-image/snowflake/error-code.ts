import type { FailureKind } from "#api/task.ts";
import { knownSentence, type Sentence } from "../words/known-sentence.ts";

/**
 * What an error of Snowflake means for a retry. Six digits: the server's own, as its documentation names them ("COPY INTO <table>",
 * "Key-pair authentication: troubleshooting", "Transactions", "Programmatic access tokens") and its connectors list them; the driver's
 * own begin with 40 (lib/constants/error_messages of snowflake-sdk). A code is looked up whole, then by its first three digits. What
 * is not listed counts as transient, because a needless retry costs minutes and a missing one costs the run.
 */
const CODES: Readonly<Record<string, FailureKind>> = {
  "000603": "transient", // internal error
  "000604": "transient", // the statement was cancelled
  "000605": "transient",
  "000606": "configuration", // no active warehouse
  "000607": "configuration", // the warehouse cannot be resumed
  "000625": "transient", // the lock of a table was not released in time
  "000630": "transient", // STATEMENT_TIMEOUT_IN_SECONDS
  "000904": "configuration", // invalid identifier
  "001": "configuration", // compilation: syntax, wrong arguments, unknown properties
  "002": "configuration", // compilation: object missing, exists already, not authorized
  "003": "configuration", // insufficient privileges
  "090": "configuration", // no current database, schema or role; a quota is used up
  "091003": "configuration", // a stage's files cannot be reached with these keys
  "091016": "transient", // a file is gone that had been listed
  "100": "data", // values that cannot be cast, rows that cannot be parsed, NULL in a column that takes none
  "100132": "configuration", // code of a procedure or function failed
  "390": "configuration", // logins: wrong password, JWT, locked user, network policy, unknown role
  "390104": "transient", // the session is gone
  "390110": "transient",
  "390111": "transient",
  "390112": "transient", // the session's token has expired
  "390114": "transient",
  "390195": "transient",
  "393": "configuration", // OAuth
  "394": "configuration", // programmatic access tokens
  "395": "configuration",
  "401001": "transient", // no connection
  "401002": "transient", // a status other than 200
  "401003": "transient", // the session is gone
  "403": "configuration", // the driver refuses the account's name and the like
  "404": "configuration",
};

/** What the message adds to Snowflake's own words, by code. */
const ADVICE: Readonly<Record<string, string>> = {
  "000606": "Set warehouse of the connection, or give the user a default one",
  "002003": "Create it, or grant the role of the connection what it needs",
  "002043": "Create it, or grant the role of the connection what it needs",
  "003001": "Grant the role of the connection what it needs",
  "090105": "Check database of the connection, and that its role may use it",
  "091003": "Check the keys of the bucket's connection, or storageIntegration",
};

/** `code` as the driver has it: digits, zeros before them or not. */
export function kindOfCode(code: string): FailureKind {
  return CODES[code] ?? CODES[code.slice(0, 3)] ?? "transient";
}

export function adviceOf(code: string): string | undefined {
  return ADVICE[code];
}

/** Whether Snowflake's words for a code are about the statement, an object, a right, a login or the driver, and quote no row. */
export function isAboutStatement(code: string): boolean {
  return /^(?:0006|0009|001|002|003|09|39|40)/.test(code);
}

/** What stands in the place of words that may quote a row. */
export function meaningOf(code: string): string {
  return isRowCode(code) ? "a value cannot be cast, or a row cannot be read" : "Snowflake refused it";
}

/** What Snowflake says of rows without quoting them. Source: the errors of "COPY INTO <table>" and of conversion functions. */
const REASONS: readonly Sentence[] = [
  /^expected [A-Z0-9_]+(?:\([0-9, ]+\))?$/,
  [/^(Numeric|Boolean|Date|Time|Timestamp) value '.*' is not recognized/s, "the value is not recognized ($1)"],
  [/^Can't parse '.*' as (date|time|timestamp) with format '[^']*'/s, "the value cannot be read as $1"],
  [/^Failed to cast variant value .* to (\w+)/s, "a value of a document cannot be cast to $1"],
  /^User character length limit \(\d+\) exceeded/,
  [/^String '.*' is too long and would be truncated/s, "a string is too long and would be truncated"],
  /^Number of columns in file \(\d+\) does not match that of the corresponding table \(\d+\)/,
  /^NULL result in a non-nullable column/,
  /^Numeric value out of range|^Number out of representable range/,
  /^Error parsing JSON|^Error parsing the parquet file|^Invalid UTF8 detected in string/,
  /^(?:Found character|Field delimiter|Record delimiter|End of record reached|Quoted (?:string|field))(?= )/,
  /^Division by zero/,
];

export function publicReason(reason: string): string | undefined {
  return knownSentence(REASONS, reason);
}

/** Whether the rows of a file are to blame: see `100` above. */
export function isRowCode(code: string): boolean {
  return /^100\d{3}$/.test(code) && code !== "100132";
}
