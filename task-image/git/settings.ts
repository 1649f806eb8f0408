import type { GitProject } from "#api/project-source.ts";
import { boundHosts } from "../connections/bound-hosts.ts";
import { readSecretFiles } from "../connections/secret-files.ts";
import { ConfigurationError } from "../errors.ts";
import type { Redactor } from "../redaction.ts";

/** What a Secret's own messages call it. */
const SUBJECT = "of the git project";
/** Servers that take tokens take them with any user's name. */
const TOKEN_USER = "git";
const HTTPS_PORT = 443;
const SSH_PORT = 22;

interface Place {
  /** As the manifest has it, for messages. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly secretName?: string;
}

export interface HttpsSettings extends Place {
  readonly by: "https";
  /** The whole value of the header Authorization. */
  readonly authorization?: string;
  /** Certificates in PEM that are trusted in the place of the system's. */
  readonly certificates?: string;
}

export interface SshSettings extends Place {
  readonly by: "ssh";
  readonly user: string;
  /** Path of the repository at the server. */
  readonly path: string;
  readonly privateKey: string;
  readonly passphrase?: string;
  /** The text of known_hosts. */
  readonly knownHosts: string;
}

export type GitSettings = HttpsSettings | SshSettings;

/**
 * How a repository is reached, with the credentials of its Secret; the redactor learns them. Throws a ConfigurationError for a key that is
 * missing, and where the Secret is not for the host.
 */
export async function readGitSettings(
  { url: written, secretRef: secretName }: GitProject,
  secretDirectory: string,
  redactor: Redactor,
): Promise<GitSettings> {
  const url = new URL(written);
  const secret = await readSecretFiles(SUBJECT, { secretName, secretDirectory }, redactor);
  if (secretName !== undefined && secret.size === 0) {
    throw incomplete(secretName, "does not exist or holds no key", url);
  }
  const isSsh = url.protocol === "ssh:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? (isSsh ? SSH_PORT : HTTPS_PORT) : Number(url.port);
  boundHosts(SUBJECT, secretName, secret).check("git.url", host, port);
  const place = { url: written, host, port, ...(secretName === undefined ? {} : { secretName }) };
  return isSsh ? sshSettings(place, url, secret) : httpsSettings(place, url, secret, redactor);
}

type Secret = ReadonlyMap<string, string>;

function httpsSettings(place: Place, url: URL, secret: Secret, redactor: Redactor): HttpsSettings {
  const certificates = secret.get("ca.crt");
  const token = secret.get("token") ?? secret.get("password");
  if (token === undefined && place.secretName !== undefined && certificates === undefined) {
    throw incomplete(place.secretName, `has ${[...secret.keys()].join(", ")}`, url);
  }
  const more = certificates === undefined ? {} : { certificates };
  if (token === undefined) return { by: "https", ...place, ...more };
  const encoded = Buffer.from(`${secret.get("username") ?? TOKEN_USER}:${token}`).toString("base64");
  redactor.add(encoded);
  return { by: "https", ...place, ...more, authorization: `Basic ${encoded}` };
}

function sshSettings(place: Place, url: URL, secret: Secret): SshSettings {
  const privateKey = secret.get("ssh-privatekey");
  const knownHosts = secret.get("known_hosts");
  if (privateKey === undefined || knownHosts === undefined) {
    throw incomplete(place.secretName ?? "", `has ${[...secret.keys()].join(", ") || "no key"}`, url);
  }
  const passphrase = secret.get("passphrase");
  return {
    ...{ by: "ssh", ...place, user: url.username === "" ? "git" : decodeURIComponent(url.username) },
    ...{ path: decodeURIComponent(url.pathname), privateKey: `${privateKey}\n`, knownHosts },
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function incomplete(secretName: string, found: string, { protocol }: URL): ConfigurationError {
  const expected =
    protocol === "ssh:" ? "the keys ssh-privatekey and known_hosts" : "the key token, or username and password";
  return new ConfigurationError(
    "SecretIncomplete",
    `git project: Secret "${secretName}" of secretRef ${found}: expected ${expected} for a repository by ${protocol.slice(0, -1)}`,
  );
}
