import type { TaskConnectionOf } from "#api/task.ts";
import { ConfigurationError } from "../errors.ts";
import type { Redactor } from "../redaction.ts";
import { boundHosts } from "./bound-hosts.ts";
import { type PostgresUri, parsePostgresUri } from "./postgres-uri.ts";
import { isPublic, misplacedValue } from "./public-keys.ts";
import { readSecretFiles } from "./secret-files.ts";

export const SSL_MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** Everything that is needed to log in to a Postgres database, or to a server that speaks as one does. */
export interface PostgresSettings {
  /** Name of the connection in the manifest, for messages. */
  readonly connection: string;
  /** The Secret that the password should stand in, for messages. */
  readonly secretName?: string;
  /** A host name, an address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  readonly sslMode: SslMode;
  /** PEM text of the certificates to trust; the runtime's own list where it is missing. */
  readonly sslRootCertificate?: string;
}

const KEYS = "host, port, dbname, user, password";
/** What a connection says of a server that speaks as Postgres does. */
type Options = TaskConnectionOf<"postgres"> | TaskConnectionOf<"redshift">;
const PORT_DEFAULT: Readonly<Record<Options["kind"], number>> = { postgres: 5432, redshift: 5439 };

/**
 * Settings of a connection: what the manifest says, then the keys of its Secret, then the Secret's uri, then libpq's defaults
 * for port and sslmode. A manifest leads a Secret's credentials to no host but those that the Secret names. A password may hold any character. Throws a ConfigurationError that names the missing key.
 */
export async function readPostgresSettings(
  connection: string,
  options: Options,
  redactor: Redactor,
): Promise<PostgresSettings> {
  const secret = await readSecretFiles(connection, options, redactor);
  const uri = readUri(connection, options, secret, redactor);
  const host = options.host ?? "";
  const misplaced = host === "" ? undefined : misplacedValue(connection, `${options.kind}.host`, "host", host);
  if (misplaced !== undefined) throw misplaced;
  const sslRootCertificate = rootCertificate(secret.get("sslrootcert"));
  const password = secret.get("password") ?? uri.password;
  const text = (value: string | undefined, key: string, ...others: string[]): string => {
    const found = value ?? firstOf(secret, key, ...others) ?? uri[key as keyof PostgresUri];
    if (found === undefined) throw missingKey(connection, options, secret, key);
    return found;
  };
  const place = `Secret "${options.secretName ?? ""}"`;
  const settings = {
    connection,
    ...(options.secretName === undefined ? {} : { secretName: options.secretName }),
    host: text(options.host, "host"),
    port: portOf(connection, place, options.port ?? secret.get("port") ?? uri.port ?? PORT_DEFAULT[options.kind]),
    database: text(options.database, "dbname", "database"),
    user: text(options.user, "user", "username"),
    ...(password === undefined ? {} : { password }),
    sslMode: sslModeOf(connection, place, options.sslMode ?? secret.get("sslmode") ?? uri.sslmode),
    ...(sslRootCertificate === undefined ? {} : { sslRootCertificate }),
  };
  boundHosts(connection, options.secretName, secret, uri).check(`${options.kind}.host`, settings.host, settings.port);
  refuseWeakerTls(connection, options, secret.get("sslmode") ?? uri.sslmode);
  return settings;
}

/** A manifest must not open what the Secret wants closed: a password that is sent without TLS can be read on its way. */
function refuseWeakerTls(connection: string, { kind, secretName, sslMode }: Options, wanted: string | undefined): void {
  const place = SSL_MODES.indexOf(wanted as SslMode);
  if (sslMode === undefined || SSL_MODES.indexOf(sslMode) >= place) return;
  throw new ConfigurationError(
    "WeakerTls",
    `connection ${connection}: ${kind}.sslMode is ${sslMode}, and Secret "${secretName ?? ""}" wants ${wanted} (key sslmode), which is stronger. Remove ${kind}.sslMode`,
  );
}

function readUri(
  connection: string,
  options: Options,
  secret: ReadonlyMap<string, string>,
  redactor: Redactor,
): PostgresUri {
  const text = secret.get("uri");
  if (text === undefined) return {};
  const uri = parsePostgresUri(text);
  if (uri === undefined) {
    throw new ConfigurationError(
      "BadConnection",
      `connection ${connection}: key uri of Secret "${options.secretName ?? ""}" is not a URI of one Postgres database. Write it as postgres://user:password@host:port/dbname with special characters percent-encoded, or use the keys ${KEYS} instead`,
    );
  }
  for (const [key, value] of Object.entries(uri)) if (!isPublic(key, value)) redactor.add(value);
  return uri;
}

function firstOf(secret: ReadonlyMap<string, string>, ...keys: string[]): string | undefined {
  for (const key of keys) {
    const value = secret.get(key);
    if (value !== undefined) return value;
  }
  return undefined;
}

function missingKey(
  connection: string,
  options: Options,
  secret: ReadonlyMap<string, string>,
  key: string,
): ConfigurationError {
  const option = { dbname: "database" }[key] ?? key;
  if (options.secretName === undefined) {
    return new ConfigurationError(
      "BadConnection",
      `connection ${connection}: ${options.kind}.${option} is missing and no secretRef names a Secret that holds it. Set ${options.kind}.${option}, or secretRef to a Secret with the keys ${KEYS}`,
    );
  }
  const found = secret.size === 0 ? "none" : [...secret.keys()].join(", ");
  return new ConfigurationError(
    "SecretIncomplete",
    `connection ${connection}: Secret "${options.secretName}" does not exist or has no key ${key} (found: ${found}). Create it with the keys ${KEYS} (or uri) in the pipeline's namespace and run again`,
  );
}

/** A Secret's value is not quoted: it may be one that belongs elsewhere. */
function portOf(connection: string, place: string, value: string | number): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new ConfigurationError(
    "BadConnection",
    `connection ${connection}: the port of ${place} must be a whole number from 1 to 65535`,
  );
}

function sslModeOf(connection: string, place: string, value: string | undefined): SslMode {
  if (value === undefined) return "prefer";
  const mode = SSL_MODES.find((known) => known === value);
  if (mode !== undefined) return mode;
  throw new ConfigurationError(
    "BadConnection",
    `connection ${connection}: sslmode of ${place} must be one of ${SSL_MODES.join(", ")}`,
  );
}

/** `system` and nothing at all both mean the certificates that the runtime trusts. */
function rootCertificate(value: string | undefined): string | undefined {
  return value === "system" ? undefined : value;
}
