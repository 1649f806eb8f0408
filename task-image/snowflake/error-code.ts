import type { FailureKind } from "#api/task.ts";

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

/** Whether the rows of a file are to blame: see `100` above. */
export function isRowCode(code: string): boolean {
  return /^100\d{3}$/.test(code) && code !== "100132";
}
