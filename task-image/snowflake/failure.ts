import { ConfigurationError, failureOfKind, foreignCode, reworded, TaskFailure, TransientError } from "../errors.ts";
import { forbiddenAddressIn, refusedFor } from "../network/forbidden-address.ts";
import { kindOfSocketCode } from "../network/socket-code.ts";
import { hidden } from "../words/hidden-text.ts";
import { adviceOf, isAboutStatement, kindOfCode, meaningOf, publicReason } from "./error-code.ts";
import type { SnowflakeSettings } from "./settings.ts";

/** An error as the driver hands it on. `code` has digits, as text or number. */
interface DriverError extends Error {
  readonly code?: string | number;
  readonly sqlState?: string;
  /** What the socket said. */
  readonly cause?: unknown;
  readonly response?: { readonly statusCode?: number; readonly status?: number };
}

/** The code of a server's or driver's error, in six digits. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as DriverError;
  return code !== undefined && /^\d{1,6}$/.test(String(code)) ? String(code).padStart(6, "0") : undefined;
}

/** Any error of a session as the failure it means for the task. `place` says what was being done and to what. */
export function snowflakeFailure(error: unknown, place: string): TaskFailure {
  const refusal = forbiddenAddressIn(error);
  if (refusal !== undefined) return refusedFor(place, refusal);
  if (error instanceof TaskFailure) return error;
  const code = codeOf(error);
  const { message, sqlState } = error as DriverError;
  if (code === undefined) {
    return new TransientError("Unexpected", `${place}: unexpected error${hidden(`: ${message}`)}`, { cause: error });
  }
  const socket = socketCode(error);
  if (socket !== undefined) {
    return failureOfKind(
      kindOfSocketCode(socket),
      foreignCode(socket),
      `${place}: connection to Snowflake lost (${socket})`,
      {
        cause: error,
      },
    );
  }
  const state = sqlState === undefined ? "" : `, SQLSTATE ${sqlState}`;
  const advice = adviceOf(code);
  const todo = advice === undefined ? "" : `. ${advice}`;
  const said = message.trim().replace(/\s*\n\s*/g, " ");
  const shown = isAboutStatement(code) ? said : hidden(said, publicReason(said) ?? meaningOf(code));
  return failureOfKind(kindOfCode(code), foreignCode(code), `${place}: ${shown} [${code}${state}]${todo}`, {
    cause: error,
  });
}

/** Why the login failed, in words that name the connection, account and user, never a secret. */
export function loginFailure(error: unknown, settings: SnowflakeSettings): TaskFailure {
  if (error instanceof TaskFailure && forbiddenAddressIn(error) === undefined) return error;
  const { connection, account, endpoint, user, database, secretName } = settings;
  const at = endpoint === undefined ? `account "${account}"` : `account "${account}" at ${endpoint}`;
  const place = `connection ${connection} (${at}, database "${database}", user "${user}")`;
  const status = (error as DriverError).response?.statusCode ?? (error as DriverError).response?.status;
  if (status === 403 || status === 404) {
    const message = `${place}: Snowflake knows no such account (HTTP status ${status}). Check account, in the form ORGANIZATION-ACCOUNT`;
    return new ConfigurationError("UnknownAccount", message, { cause: error });
  }
  const failure = snowflakeFailure(error, place);
  if (!/^39\d{4}$/.test(failure.code)) return failure;
  const message = `${failure.message}. Check Secret "${secretName}", and that the user may log in so`;
  return reworded(failure, message, { cause: error });
}

function socketCode(error: unknown): string | undefined {
  const { cause } = error as DriverError;
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^[A-Z_]+$/.test(code) ? code : undefined;
}
