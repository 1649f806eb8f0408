import type { FailureKind } from "#api/task.ts";

/** Errors of sockets, names and TLS as Node names them (documentation: Errors, common system errors, and dns, error codes). */
const SOCKET_CODES: Readonly<Record<string, FailureKind>> = {
  ECONNREFUSED: "transient",
  ECONNRESET: "transient",
  EPIPE: "transient",
  ETIMEDOUT: "transient",
  EHOSTUNREACH: "transient",
  ENETUNREACH: "transient",
  EADDRNOTAVAIL: "transient",
  EAI_AGAIN: "transient",
  // A Service that is not there yet and a misspelt host look alike; only a retry can tell them apart.
  ENOTFOUND: "transient",
  ENOENT: "transient",
  ERR_TLS_CERT_ALTNAME_INVALID: "configuration",
  CERT_HAS_EXPIRED: "configuration",
  DEPTH_ZERO_SELF_SIGNED_CERT: "configuration",
  SELF_SIGNED_CERT_IN_CHAIN: "configuration",
  UNABLE_TO_GET_ISSUER_CERT: "configuration",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "configuration",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "configuration",
};

export function kindOfSocketCode(code: string): FailureKind {
  return SOCKET_CODES[code] ?? "transient";
}
