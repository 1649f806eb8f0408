import { failureOfKind, TaskFailure } from "../errors.ts";
import { kindOfSocketCode, kindOfSqlState } from "./sqlstate.ts";

/** The fields of an ErrorResponse message (PostgreSQL documentation, 54.8), as the driver hands them on. */
export interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Where in the statement, in characters from 1. */
  readonly position?: string;
  /** Where inside a function or a COPY: `COPY films, line 3, column price`. */
  readonly where?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/** Whether the server said it, rather than the socket or this program. */
export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && "severity" in error && /^[0-9A-Z]{5}$/.test(String((error as ServerError).code));
}

/** What a database refused, with the server's own words for what and how: message, detail, hint, place in the data. */
export function serverMessage(error: ServerError): string {
  const detail = error.detail === undefined ? "" : ` (${error.detail})`;
  const where = error.where === undefined ? "" : `, at ${error.where.split("\n")[0] ?? ""}`;
  const hint = error.hint === undefined ? "" : `. Hint: ${error.hint}`;
  return `${error.message}${detail}${where}${hint} [SQLSTATE ${error.code}]`;
}

/**
 * Any error of a session as the failure it means for the task. `place` says what was being done and to what: "loading
 * raw.films". A failure that is one already keeps its own words.
 */
export function databaseFailure(error: unknown, place: string): TaskFailure {
  if (error instanceof TaskFailure) return error;
  if (isServerError(error)) {
    return failureOfKind(kindOfSqlState(error.code), error.code, `${place}: ${serverMessage(error)}`, { cause: error });
  }
  const code = String((error as { readonly code?: unknown }).code ?? "ConnectionLost");
  const message = error instanceof Error ? error.message : String(error);
  return failureOfKind(kindOfSocketCode(code), code, `${place}: connection to the database lost: ${message}`, {
    cause: error,
  });
}
