import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { SnowflakeFailure } from "./failure.ts";

/** A user who may log in, by whichever of these is there. */
export interface SnowflakeUser {
  readonly password?: string;
  readonly token?: string;
  /** PEM, as `ALTER USER … SET RSA_PUBLIC_KEY` has it. */
  readonly publicKey?: string;
}

/** The body of a login request, as the driver sends it. */
export interface LoginData {
  readonly ACCOUNT_NAME?: string;
  readonly LOGIN_NAME?: string;
  readonly PASSWORD?: string;
  readonly AUTHENTICATOR?: string;
  readonly TOKEN?: string;
}

/** A JWT for key-pair authentication lives at most an hour (documentation, "Key-pair authentication"); the driver counts in milliseconds. */
const LIFETIME_MAX_MS = 3_600_000;

/** Throws what Snowflake answers to somebody who is not let in. */
export function authenticate(data: LoginData, users: ReadonlyMap<string, SnowflakeUser>): void {
  const { AUTHENTICATOR: authenticator = "SNOWFLAKE", LOGIN_NAME: name = "" } = data;
  const user = users.get(name.toUpperCase());
  if (authenticator === "SNOWFLAKE_JWT") {
    checkJwt(data, users);
    return;
  }
  if (authenticator === "PROGRAMMATIC_ACCESS_TOKEN") {
    if (user?.token !== undefined && user.token === data.TOKEN) return;
    throw new SnowflakeFailure("394400", "08001", "Programmatic access token is invalid.");
  }
  if (user?.password !== undefined && user.password === data.PASSWORD) return;
  throw new SnowflakeFailure("390100", "08001", "Incorrect username or password was specified.");
}

function checkJwt(
  { TOKEN: token = "", ACCOUNT_NAME: account = "" }: LoginData,
  users: ReadonlyMap<string, SnowflakeUser>,
): void {
  const invalid = new SnowflakeFailure("390144", "08001", "JWT token is invalid.");
  const [header = "", payload = "", signature = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as {
    iss: string;
    sub: string;
    iat: number;
    exp: number;
  };
  const [, name = ""] = claims.sub.split(".");
  const key = users.get(name)?.publicKey;
  if (key === undefined) throw invalid;
  const publicKey = createPublicKey(key);
  const isSigned = verify(
    "RSA-SHA256",
    Buffer.from(`${header}.${payload}`),
    publicKey,
    Buffer.from(signature, "base64url"),
  );
  const expected = `${account.toUpperCase()}.${name}`;
  const isFor = claims.sub === expected && claims.iss === `${expected}.${fingerprint(publicKey)}`;
  const isShort = claims.exp - claims.iat <= LIFETIME_MAX_MS && claims.exp > Date.now();
  if (!isSigned || !isFor || !isShort) throw invalid;
}

function fingerprint(key: KeyObject): string {
  return `SHA256:${createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64")}`;
}
