import { once } from "node:events";
import type { ClientChannel, ClientErrorExtensions, ServerHostKeyAlgorithm } from "ssh2";
import { ConfigurationError } from "../errors.ts";
import { fingerprintOf, knownKeys, typeOfKey } from "./known-hosts.ts";
import type { Remote } from "./remote.ts";
import type { SshSettings } from "./settings.ts";

const READY_TIMEOUT_MS = 20_000;
/** What a server says beside its answer. */
const SAID_MAX = 500;

/** Signatures that a server may make with a key of a type: an RSA key signs by more than one hash. */
const ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};
const KNOWN: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
];

/** A repository by ssh: one connection, and a session of git-upload-pack for each exchange. The key lies in memory alone. */
export async function openSshRemote(settings: SshSettings, signal: AbortSignal): Promise<Remote> {
  const { Client } = (await import("ssh2")).default;
  const { host, port, user: username, privateKey, passphrase } = settings;
  const { keys, revoked } = knownKeys(settings.knownHosts, host, port);
  const types = [...new Set(keys.map(({ type }) => type))];
  const serverHostKey = types.flatMap((type) => ALGORITHMS[type] ?? KNOWN.filter((name) => name === type));
  if (serverHostKey.length === 0) throw unknownHost(settings, "has no key of it");
  const client = new Client();
  // Who waits for the login hears of the first error alone; a connection that breaks later ends its channels, which say so.
  client.on("error", () => undefined);
  const stop = () => client.destroy();
  signal.addEventListener("abort", stop, { once: true });
  let refusal: ConfigurationError | undefined;
  const hostVerifier = (blob: Buffer): boolean => {
    const sent = blob.toString("base64");
    const isRevoked = revoked.some(({ key }) => key === sent);
    const isKnown = !isRevoked && keys.some(({ key }) => key === sent);
    const found = `the server has the ${typeOfKey(blob)} key ${fingerprintOf(blob)}`;
    if (!isKnown) {
      const other = isRevoked ? `marks it as revoked, and ${found}` : `has another one, and ${found}`;
      refusal = unknownHost(settings, other);
    }
    return isKnown;
  };
  try {
    const ready = once(client, "ready", { signal });
    client.connect({
      ...{ host, port, username, privateKey, hostVerifier, readyTimeout: READY_TIMEOUT_MS },
      ...{ algorithms: { serverHostKey }, ...(passphrase === undefined ? {} : { passphrase }) },
    });
    await ready;
  } catch (error) {
    client.destroy();
    signal.removeEventListener("abort", stop);
    throw refusal ?? loginFailure(error as Error & ClientErrorExtensions, settings);
  }
  let channel: ClientChannel | undefined;
  const command = `git-upload-pack '${settings.path.replaceAll("'", "'\\''")}'`;
  const begin = () =>
    new Promise<ClientChannel>((resolve, reject) => {
      client.exec(command, (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
    });
  return {
    async advertisement() {
      channel = await begin();
      return spoken(channel, settings);
    },
    // The session that has told what it has goes on with the request.
    answer(request) {
      if (channel === undefined) throw new Error("a request comes after an advertisement");
      channel.write(request);
      const answered = spoken(channel, settings);
      channel = undefined;
      return Promise.resolve(answered);
    },
    [Symbol.asyncDispose]: () => {
      signal.removeEventListener("abort", stop);
      client.destroy();
      return Promise.resolve();
    },
  };
}

/** What a channel says. One that ends before it has said anything says why beside it. */
async function* spoken(channel: ClientChannel, settings: SshSettings): AsyncGenerator<Buffer> {
  let said = "";
  let hasSpoken = false;
  channel.stderr.on("data", (piece: Buffer) => {
    if (said.length < SAID_MAX) said += piece.toString("utf8");
  });
  for (;;) {
    const piece = (channel.read() as Buffer | null) ?? (await readable(channel));
    if (piece === undefined) break;
    if (piece === null) continue;
    hasSpoken = true;
    yield piece;
  }
  if (hasSpoken) return;
  const words = said.trim().replace(/\s+/g, " ").slice(0, SAID_MAX);
  throw new ConfigurationError(
    "GitRefused",
    `${settings.words.subject}: ${settings.url}: there is no such repository, or the key of Secret "${settings.secretName}" may not read it${words === "" ? "" : ` (the server says: ${words})`}. Correct ${settings.words.url}, or give the key the right to read the repository`,
  );
}

/** Waits for more: null where there may be some, undefined at the end. */
async function readable(channel: ClientChannel): Promise<null | undefined> {
  if (channel.readableEnded || channel.destroyed) return undefined;
  const { promise, resolve } = Promise.withResolvers<null | undefined>();
  const more = () => resolve(null);
  const end = () => resolve(undefined);
  channel.once("readable", more).once("end", end).once("close", end);
  try {
    return await promise;
  } finally {
    channel.off("readable", more).off("end", end).off("close", end);
  }
}

function unknownHost({ host, port, secretName, words }: SshSettings, found: string): ConfigurationError {
  return new ConfigurationError(
    "GitHostKey",
    `${words.subject}: expected the key of ${host}:${port} in known_hosts of Secret "${secretName}", which ${found}. Compare it with the fingerprint that the server's owner publishes, and put the line of ssh-keyscan -p ${port} ${host} into known_hosts`,
  );
}

function loginFailure(error: Error & ClientErrorExtensions, settings: SshSettings): Error {
  const { url, user, secretName, words } = settings;
  if (error.level === "client-authentication") {
    return new ConfigurationError(
      "GitRefused",
      `${words.subject}: ${url} does not take the key of Secret "${secretName}" for user ${user}. Register its public key with the server, or correct the user in ${words.url}`,
    );
  }
  if (/private ?key|passphrase/i.test(error.message)) {
    return new ConfigurationError(
      "SecretIncomplete",
      `${words.subject}: the key ssh-privatekey of Secret "${secretName}" cannot be read: expected a private key in OpenSSH's or PEM's form, with its passphrase under the key passphrase where it has one`,
    );
  }
  if (/no matching host key/i.test(error.message))
    return unknownHost(settings, "has keys of other types than the server's alone");
  return error;
}
