import type { FailureKind } from "#api/task.ts";

/** What an error of a socket or of TLS means, and for whom. */
interface NetworkWords {
  readonly kind: Exclude<FailureKind, "data">;
  readonly words: string;
}

const transient = (words: string): NetworkWords => ({ kind: "transient", words });
const configuration = (words: string): NetworkWords => ({ kind: "configuration", words });

const CUT = transient("the connection was closed before the answer was complete");
const UNREACHABLE = transient("there is no way to the host. Check host, NetworkPolicies and firewalls");
const UNTRUSTED = configuration(
  "the certificate of the host is not trusted. Put a certificate there that a public authority has signed for this name",
);

/** By the code of Node.js, undici or OpenSSL. */
const WORDS: Readonly<Record<string, NetworkWords>> = {
  UND_ERR_SOCKET: CUT,
  ECONNRESET: CUT,
  EPIPE: CUT,
  ERR_STREAM_PREMATURE_CLOSE: CUT,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: transient("the answer has another length than its content-length says"),
  UND_ERR_BODY_TIMEOUT: transient("no more of the answer came in time"),
  UND_ERR_HEADERS_TIMEOUT: transient("no answer came in time"),
  UND_ERR_CONNECT_TIMEOUT: transient("no connection came about in time. Check host, NetworkPolicies and firewalls"),
  ETIMEDOUT: transient("no connection came about in time. Check host, NetworkPolicies and firewalls"),
  ECONNREFUSED: transient("nothing listens there. Check host and port, and that the server is up"),
  ENOTFOUND: transient("the name of the host cannot be resolved. Check baseUrl, and that the Service or server exists"),
  EAI_AGAIN: transient("the name of the host cannot be resolved at the moment. Check baseUrl and the cluster's DNS"),
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  HTTPParserError: transient("what answers there does not speak HTTP/1.1. Check host and port"),
  Z_BUF_ERROR: transient("the gzip of the answer is cut off"),
  Z_DATA_ERROR: transient("the gzip of the answer is damaged"),
  EPROTO: configuration("the host does not speak TLS as expected. Check the port, and https in baseUrl"),
  ERR_SSL_WRONG_VERSION_NUMBER: configuration(
    "the host does not speak TLS there. Check the port, and https in baseUrl",
  ),
  ERR_SSL_PACKET_LENGTH_TOO_LONG: configuration(
    "the host does not speak TLS there. Check the port, and https in baseUrl",
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: configuration("the certificate of the host is for another name. Check baseUrl"),
  CERT_HAS_EXPIRED: configuration("the certificate of the host has expired. Renew it there"),
  CERT_NOT_YET_VALID: configuration("the certificate of the host is not valid yet. Check the clocks"),
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  ENOSPC: transient("the work volume is full. The answer is kept there while it is read: ask for less, or for pages"),
};

/** Words for an error's code; undefined for one that is not known here. */
export function networkWords(code: string): NetworkWords | undefined {
  if (Object.hasOwn(WORDS, code)) return WORDS[code];
  return code.startsWith("HPE_") ? WORDS.HTTPParserError : undefined;
}
