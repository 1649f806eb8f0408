import type { HttpAuth } from "../connections/http-settings.ts";
import { ConfigurationError } from "../errors.ts";

/** A token is replaced this long before it ends, so that it does not end on the way. */
const MARGIN_MS = 30_000;
/** What a token lasts whose answer does not say it. */
const LIFETIME_DEFAULT_S = 300;

export interface Token {
  readonly value: string;
  /** Milliseconds since 1970 until which it is used. */
  readonly until: number;
}

/** The request for a token with client credentials (RFC 6749, 4.4.2), the client's name and secret in the header (2.3.1). */
export function tokenRequest({ clientId, clientSecret, scope }: Extract<HttpAuth, { readonly kind: "oauth2" }>) {
  const login = [clientId, clientSecret].map(formEncode).join(":");
  const form = new URLSearchParams({ grant_type: "client_credentials", ...(scope === undefined ? {} : { scope }) });
  return {
    method: "POST" as const,
    headers: {
      authorization: `Basic ${Buffer.from(login).toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
    },
    body: form.toString(),
  };
}

/** The token of an answer (RFC 6749, 5.1). Throws a ConfigurationError when it holds none that can be used. */
export function parseToken(body: string, connection: string, now: number): Token {
  const answer = parseObject(body);
  const { access_token: value, token_type: type, expires_in: seconds } = answer;
  if (typeof value !== "string" || (typeof type === "string" && type.toLowerCase() !== "bearer")) {
    throw new ConfigurationError(
      "BadToken",
      `connection ${connection}: expected the token URL to answer JSON with access_token and the token_type bearer; found the fields ${Object.keys(answer).join(", ") || "none"}. Check auth.oauth2.tokenUrl`,
    );
  }
  const lifetime = Number(seconds ?? LIFETIME_DEFAULT_S) * 1000;
  return { value, until: now + Math.max(lifetime - MARGIN_MS, lifetime / 2) };
}

function parseObject(body: string): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(body) as object) };
  } catch {
    return {};
  }
}

function formEncode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
