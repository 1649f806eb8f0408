import type { GitProject } from "#api/project-source.ts";
import { boundHosts } from "../connections/bound-hosts.ts";
import { readSecretFiles } from "../connections/secret-files.ts";
import { ConfigurationError } from "../errors.ts";
import type { Redactor } from "../redaction.ts";
import { type GitWords, PROJECT_WORDS } from "./words.ts";

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
  readonly words: GitWords;
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
  words: GitWords = PROJECT_WORDS,
): Promise<GitSettings> {
  const url = new URL(written);
  const subject = `of the ${words.subject}`;
  const secret = await readSecretFiles(subject, { secretName, secretDirectory }, redactor);
  if (secretName !== undefined && secret.size === 0) {
    throw incomplete(words, secretName, "does not exist or holds no key", url);
  }
  const isSsh = url.protocol === "ssh:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? (isSsh ? SSH_PORT : HTTPS_PORT) : Number(url.port);
  boundHosts(subject, secretName, secret).check(words === PROJECT_WORDS ? "git.url" : "git", host, port);
  const place = { url: written, words, host, port, ...(secretName === undefined ? {} : { secretName }) };
  return isSsh ? sshSettings(place, url, secret) : httpsSettings(place, url, secret, redactor);
}

type Secret = ReadonlyMap<string, string>;

function httpsSettings(place: Place, url: URL, secret: Secret, redactor: Redactor): HttpsSettings {
  const certificates = secret.get("ca.crt");
  const token = secret.get("token") ?? secret.get("password");
  if (token === undefined && place.secretName !== undefined && certificates === undefined) {
    throw incomplete(place.words, place.secretName, `has ${[...secret.keys()].join(", ")}`, url);
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
  if (place.secretName === undefined) {
    const { subject, giveSecret } = place.words;
    throw new ConfigurationError(
      "SecretIncomplete",
      `${subject}: ${place.url} is reached by ssh, which needs a key: ${giveSecret} that has ssh-privatekey and known_hosts`,
    );
  }
  if (privateKey === undefined || knownHosts === undefined) {
    throw incomplete(place.words, place.secretName, `has ${[...secret.keys()].join(", ") || "no key"}`, url);
  }
  const passphrase = secret.get("passphrase");
  return {
    ...{ by: "ssh", ...place, user: url.username === "" ? "git" : decodeURIComponent(url.username) },
    ...{ path: decodeURIComponent(url.pathname), privateKey: `${privateKey}\n`, knownHosts },
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function incomplete({ subject }: GitWords, secretName: string, found: string, { protocol }: URL): ConfigurationError {
  const expected =
    protocol === "ssh:" ? "the keys ssh-privatekey and known_hosts" : "the key token, or username and password";
  return new ConfigurationError(
    "SecretIncomplete",
    `${subject}: Secret "${secretName}" of secretRef ${found}: expected ${expected} for a repository by ${protocol.slice(0, -1)}`,
  );
}
