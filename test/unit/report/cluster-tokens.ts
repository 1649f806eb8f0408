import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { REPORT_AUDIENCE } from "#api/report.ts";
import { SENDER } from "./world.ts";

/** Signs tokens as an API server does, and says with which keys. */
export async function tokenIssuer(kid = "one") {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" };
  const claims = (podUid: string, namespace: string) => ({
    "kubernetes.io": { namespace, pod: { name: "x", uid: podUid }, serviceaccount: { name: "default", uid: "sa" } },
  });
  return {
    jwk,
    privateKey,
    /** The token of a pod; `more` replaces claims. `expiresAt` is in seconds. */
    tokenOf: (
      { podUid = SENDER.podUid, namespace = SENDER.namespace } = {},
      more: JWTPayload & { readonly expiresAt?: number } = {},
    ): Promise<string> => {
      const { expiresAt = Math.floor(Date.now() / 1000) + 3600, ...own } = more;
      return new SignJWT({ aud: [REPORT_AUDIENCE], ...claims(podUid, namespace), ...own })
        .setProtectedHeader({ alg: "RS256", kid })
        .setIssuer("https://kubernetes.default.svc")
        .setExpirationTime(expiresAt)
        .sign(privateKey);
    },
  };
}
