import type { ConnectionOptions } from "node:tls";
import type { PostgresSettings } from "../connections/postgres-settings.ts";
import { isServerError } from "./failure.ts";

/** How one attempt to connect uses TLS: `false` is a plain connection. */
export type TlsAttempt = false | ConnectionOptions;

/**
 * The attempts that sslmode allows, in libpq's order (PostgreSQL documentation, 32.19.1). As there, `require` checks the
 * certificate once a root certificate is given. `verify-full` alone checks the host's name.
 */
export function tlsAttempts({ sslMode, sslRootCertificate }: PostgresSettings): readonly TlsAttempt[] {
  const ca = sslRootCertificate === undefined ? {} : { ca: sslRootCertificate };
  switch (sslMode) {
    case "disable":
      return [false];
    case "prefer":
      return [{ rejectUnauthorized: false }, false];
    case "require":
      return [sslRootCertificate === undefined ? { rejectUnauthorized: false } : certificateOnly(ca)];
    case "verify-ca":
      return [certificateOnly(ca)];
    case "verify-full":
      return [{ ...ca, rejectUnauthorized: true }];
    default:
      return sslMode satisfies never;
  }
}

function certificateOnly(ca: ConnectionOptions): ConnectionOptions {
  return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
}

/** The driver's words for the answer `N` to an SSLRequest. */
const NO_TLS = "The server does not support SSL connections";

export function isTlsRefused(error: unknown): boolean {
  return error instanceof Error && error.message === NO_TLS;
}

/** Whether `prefer` goes on without TLS: the server has none, the handshake failed, or pg_hba.conf wants a plain connection. */
export function isTlsToBlame(error: unknown): boolean {
  if (isTlsRefused(error)) return true;
  if (isServerError(error)) return error.code === "28000";
  const code = String((error as { readonly code?: unknown }).code ?? "");
  return code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_");
}
