import type { PostgresSettings } from "../connections/postgres-settings.ts";
import { ConfigurationError, failureOfKind, foreignCode, TaskFailure, TransientError } from "../errors.ts";
import { forbiddenAddressIn, refusedFor } from "../network/forbidden-address.ts";
import { kindOfSocketCode } from "../network/socket-code.ts";
import { isServerError, serverMessage } from "./failure.ts";
import { kindOfSqlState } from "./sqlstate.ts";
import { isTlsRefused } from "./tls.ts";

/** Why a connection could not be made, in words that name the connection, host, database and user, never the password. */
export function connectionFailure(error: unknown, settings: PostgresSettings): TaskFailure {
  const refusal = forbiddenAddressIn(error);
  if (refusal !== undefined) return refusedFor(subject(settings), refusal);
  if (error instanceof TaskFailure) return error;
  if (isServerError(error)) {
    const message = `${subject(settings)}: ${serverAdvice(error.code, settings) ?? serverMessage(error)}`;
    return failureOfKind(kindOfSqlState(error.code), foreignCode(error.code), message, { cause: error });
  }
  if (isTlsRefused(error)) {
    return new ConfigurationError(
      "TlsRefused",
      `${subject(settings)}: sslmode ${settings.sslMode} needs TLS, and the server has none. Turn on ssl at the server, or set sslMode to prefer`,
      { cause: error },
    );
  }
  const code = String((error as { readonly code?: unknown }).code ?? "");
  const message = `${subject(settings)}: ${socketAdvice(code, settings) ?? (error as Error).message}`;
  if (code === "") return new TransientError("ConnectionFailed", message, { cause: error });
  return failureOfKind(kindOfSocketCode(code), foreignCode(code), message, { cause: error });
}

/** The server asked for a password and the connection has none. */
export function passwordMissing(settings: PostgresSettings): ConfigurationError {
  return new ConfigurationError(
    "PasswordMissing",
    `${subject(settings)}: the server asks for a password and the connection has none. Put it under the key password of ${secretOf(settings)}`,
  );
}

export function stopped(settings: PostgresSettings): TransientError {
  return new TransientError("Stopped", `${subject(settings)}: the task was told to stop`);
}

function subject({ connection, host, port, database, user }: PostgresSettings): string {
  return `connection ${connection} (host ${host}:${port}, database "${database}", user "${user}")`;
}

function secretOf({ secretName }: PostgresSettings): string {
  return secretName === undefined ? "a Secret that secretRef names" : `Secret "${secretName}"`;
}

function serverAdvice(code: string, settings: PostgresSettings): string | undefined {
  switch (code) {
    case "28P01":
      return `the server refused the password. Check the keys user and password of ${secretOf(settings)} [SQLSTATE 28P01]`;
    case "3D000":
      return `the server has no database "${settings.database}". Create it, or correct database (dbname in ${secretOf(settings)}) [SQLSTATE 3D000]`;
    default:
      return undefined;
  }
}

function socketAdvice(code: string, { host, port }: PostgresSettings): string | undefined {
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name ${host} cannot be resolved (${code}). Check host, and that the Service or server exists`;
    case "ECONNREFUSED":
      return `nothing listens at ${host}:${port} (${code}). Check host and port, and that the server is up`;
    case "ETIMEDOUT":
      return `no answer from ${host}:${port} (${code}). Check host and port, NetworkPolicies and firewalls`;
    default:
      return undefined;
  }
}
