import { ConfigurationError, failureOfKind, foreignCode, TaskFailure, TransientError } from "../errors.ts";
import { kindOfSocketCode } from "../network/socket-code.ts";
import { hidden } from "../words/hidden-text.ts";
import { publicWords } from "./server-sentence.ts";
import { kindOfSqlState } from "./sqlstate.ts";

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
  /** The statement that a function had put together. */
  readonly internalQuery?: string;
  /** The statement that was sent, which the session adds. */
  readonly statement?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  /** The function of the server that said it; the same in every language. */
  readonly routine?: string;
}

/** Whether the server said it, rather than the socket or this program. */
export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && "severity" in error && /^[0-9A-Z]{5}$/.test(String((error as ServerError).code));
}

/**
 * What a database refused, with the server's own words for what and how: message, detail, hint, place in the data. What of them may
 * quote a row is hidden. `sentence` is the message where the caller knows it to be public.
 */
export function serverMessage(error: ServerError, sentence?: string): string {
  const known = publicWords(error);
  const words = sentence === undefined ? known : { ...known, message: sentence };
  const shown = sentenceOf({ ...words, code: error.code });
  return words.isWhole ? shown : `${shown}${hidden(`, in the server's words: ${sentenceOf(error)}`)}`;
}

function sentenceOf(error: Pick<ServerError, "message" | "code" | "detail" | "hint" | "where">): string {
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
    if (hidesRows(error)) return hiddenRows(error, place);
    const message = `${place}: ${serverMessage(error)}${adviceFor(error)}`;
    return failureOfKind(kindOfSqlState(error.code), foreignCode(error.code), message, {
      cause: error,
    });
  }
  const message = `${place}: connection to the database lost${said(error)}`;
  const code = codeOf(error);
  if (code === "") return new TransientError("ConnectionLost", message, { cause: error });
  return failureOfKind(kindOfSocketCode(code), foreignCode(code), message, { cause: error });
}

/** A row of many columns does not fit a page of 8 KiB, although each of its texts may lie elsewhere. */
function adviceFor({ code, message }: ServerError): string {
  if (code !== "54000" || !message.startsWith("row is too big")) return "";
  return ". A row has too many columns for a page of Postgres: load it into several tables, or columns that belong together as one of jsonb";
}

/** Whether the server refuses a statement that would not see the rows that policies hide from its role. */
export function hidesRows({ routine }: ServerError): boolean {
  return routine === "check_enable_rls";
}

/** A session that reads refuses what others leave out: rows that policies hide from its role. */
function hiddenRows(error: ServerError, place: string): ConfigurationError {
  return new ConfigurationError(
    "HiddenRows",
    `${place}: ${error.message}, so that rows may be hidden from this role, and what is read would be a part that looks like the whole [SQLSTATE ${error.code}]. Read as a role with BYPASSRLS, as the table's owner without FORCE ROW LEVEL SECURITY, or from a view whose owner sees all rows that are wanted`,
    { cause: error },
  );
}

/** What another program than the server says: Node.js of a socket what it tried, others anything. */
function said(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const isDrivers = /^(?:Connection terminated|Client has encountered a connection error)/.test(message);
  const isSockets = error instanceof Error && ("syscall" in error || /^E[A-Z]+$/.test(codeOf(error)));
  return isDrivers || isSockets ? `: ${message}` : hidden(`: ${message}`);
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code ?? "");
}
