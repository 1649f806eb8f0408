import { createPrivateKey } from "node:crypto";
import type { TaskConnectionOf } from "#api/task.ts";
import { type BoundHosts, boundHosts } from "../connections/bound-hosts.ts";
import { readSecretFiles } from "../connections/secret-files.ts";
import { ConfigurationError } from "../errors.ts";
import type { Redactor } from "../redaction.ts";

/** How a session says who it is. A private key is PKCS #8 in PEM, without a passphrase. */
export type SnowflakeLogin =
  | { readonly kind: "password"; readonly password: string }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "keyPair"; readonly privateKey: string };

/** Everything that is needed to log in to Snowflake. */
export interface SnowflakeSettings {
  /** Name of the connection in the manifest, for messages. */
  readonly connection: string;
  readonly secretName: string;
  readonly account: string;
  /** An http(s) URL; the account's own where it is missing. */
  readonly endpoint?: string;
  readonly user: string;
  readonly database: string;
  readonly warehouse?: string;
  readonly role?: string;
  /** What Snowflake reads buckets with; the keys of the bucket's connection where it is missing. */
  readonly storageIntegration?: string;
  readonly login: SnowflakeLogin;
}

const KEYS = "user and one of password, token and privateKey";

/** Settings of a connection. Throws a ConfigurationError that names the missing key of the Secret. */
export async function readSnowflakeSettings(
  connection: string,
  options: TaskConnectionOf<"snowflake">,
  redactor: Redactor,
): Promise<SnowflakeSettings> {
  const { kind: _kind, secretName = "", secretDirectory: _directory, user, ...rest } = options;
  const secret = await readSecretFiles(connection, options, redactor);
  const missing = (key: string) => {
    const found = secret.size === 0 ? "none" : [...secret.keys()].join(", ");
    return new ConfigurationError(
      "SecretIncomplete",
      `connection ${connection}: Secret "${secretName}" does not exist or has no key ${key} (found: ${found}). Create it with the keys ${KEYS} in the pipeline's namespace and run again`,
    );
  };
  checkSnowflakeHost(boundHosts(connection, secretName, secret), options);
  const name = user ?? secret.get("user") ?? secret.get("username");
  if (name === undefined) throw missing("user");
  const login = loginOf(connection, secretName, secret, redactor);
  if (login === undefined) throw missing("password");
  return { connection, secretName, user: name, ...withoutUndefined(rest), login };
}

/** Refuses credentials that are bound to other hosts than the account's. */
export function checkSnowflakeHost(
  bound: BoundHosts,
  { account, endpoint }: Pick<SnowflakeSettings, "account"> & { readonly endpoint?: string | undefined },
): void {
  const url = new URL(endpoint ?? `https://${account}.snowflakecomputing.com`);
  bound.checkUrl(endpoint === undefined ? "snowflake.account" : "snowflake.endpoint", url);
}

/** The strongest way that the Secret has keys for. */
function loginOf(
  connection: string,
  secretName: string,
  secret: ReadonlyMap<string, string>,
  redactor: Redactor,
): SnowflakeLogin | undefined {
  const [password, token, pem] = ["password", "token", "privateKey"].map((key) => secret.get(key));
  if (pem !== undefined) {
    const privateKey = decrypted(connection, secretName, pem, secret.get("privateKeyPassphrase"));
    redactor.add(privateKey);
    return { kind: "keyPair", privateKey };
  }
  if (token !== undefined) return { kind: "token", token };
  return password === undefined ? undefined : { kind: "password", password };
}

function decrypted(connection: string, secretName: string, pem: string, passphrase: string | undefined): string {
  try {
    const key = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
    return key.export({ type: "pkcs8", format: "pem" }).toString();
  } catch {
    // The reason that OpenSSL gives helps nobody, and is about a secret.
    const expected =
      passphrase === undefined ? "a private key in PEM" : "a private key in PEM that privateKeyPassphrase opens";
    throw new ConfigurationError(
      "BadConnection",
      `connection ${connection}: key privateKey of Secret "${secretName}": expected ${expected}, found something else${passphrase === undefined ? ", or a key that needs privateKeyPassphrase" : ""}. Write the PKCS #8 text, with its first and last line`,
    );
  }
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
