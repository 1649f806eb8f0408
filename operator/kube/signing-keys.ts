import { parseBody } from "./http-answer.ts";
import type { HttpCall } from "./http-call.ts";
import type { Transport } from "./transport.ts";

/** The server answers 406 to anything else. */
const MEDIA_TYPE = "application/jwk-set+json";
/** Part of no access table: Kubernetes' own role system:service-account-issuer-discovery lets every ServiceAccount read it. */
const CALL: HttpCall = {
  verb: "get",
  resource: "openid/v1/jwks",
  method: "GET",
  path: "/openid/v1/jwks",
  accept: MEDIA_TYPE,
  pool: "call",
  idempotent: true,
};

/** The keys with which the cluster signs tokens of ServiceAccounts, as a JWK set (RFC 7517); unchecked. Rejects with an ApiError. */
export async function readSigningKeys(transport: Pick<Transport, "send">): Promise<unknown> {
  return parseBody(CALL, await transport.send(CALL));
}
