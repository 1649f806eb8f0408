import { createHash, createHmac } from "node:crypto";

/*
 * Which keys a server may have, by the lines of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
 *
 * | a line                                        | what it means                                            |
 * |-----------------------------------------------|----------------------------------------------------------|
 * | `host`, `host,10.0.0.1`, `*.example`, `!host` | a host at port 22; `*` and `?` stand for characters, `!` leaves hosts out |
 * | `[host]:2222`                                 | a host at another port                                   |
 * | `|1|salt|hash`                                | the same, hashed                                         |
 * | `@revoked …`                                  | a key that no host has                                   |
 * | `@cert-authority …`                           | left out: certificates of hosts are not checked          |
 * | empty, `# …`                                  | nothing                                                  |
 */
export interface HostKey {
  /** `ssh-ed25519`. */
  readonly type: string;
  /** In base64, as in the file. */
  readonly key: string;
}

export interface KnownKeys {
  readonly keys: readonly HostKey[];
  readonly revoked: readonly HostKey[];
}

const SSH_PORT = 22;

export function knownKeys(text: string, host: string, port: number): KnownKeys {
  const name = port === SSH_PORT ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const keys: HostKey[] = [];
  const revoked: HostKey[] = [];
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    const mark = words[0]?.startsWith("@") === true ? words.shift() : undefined;
    const [hosts = "", type = "", key = ""] = words;
    if (hosts.startsWith("#") || key === "" || mark === "@cert-authority" || !fits(hosts, name)) continue;
    (mark === "@revoked" ? revoked : keys).push({ type, key });
  }
  return { keys, revoked };
}

function fits(hosts: string, name: string): boolean {
  if (hosts.startsWith("|1|")) return fitsHashed(hosts, name);
  const patterns = hosts.toLowerCase().split(",");
  const left = patterns.filter((pattern) => pattern.startsWith("!"));
  return (
    !left.some((pattern) => fitsPattern(pattern.slice(1), name)) &&
    patterns.some((pattern) => !pattern.startsWith("!") && fitsPattern(pattern, name))
  );
}

function fitsHashed(hosts: string, name: string): boolean {
  const [, , salt = "", hash = ""] = hosts.split("|");
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}

/** By turns over both texts, in their product's time at most. */
function fitsPattern(pattern: string, name: string): boolean {
  let fitting = new Set([0]);
  for (const character of pattern) {
    const next = new Set<number>();
    for (const at of fitting) {
      if (character === "*") for (let to = at; to <= name.length; to += 1) next.add(to);
      else if (at < name.length && (character === "?" || name[at] === character)) next.add(at + 1);
    }
    fitting = next;
  }
  return fitting.has(name.length);
}

/** The type of a key as a server sends it: its first field, RFC 4253, 6.6. */
export function typeOfKey(blob: Buffer): string {
  const length = blob.length < 4 ? 0 : blob.readUInt32BE(0);
  return blob.subarray(4, 4 + Math.min(length, 64)).toString("latin1");
}

/** As ssh-keygen -l and the pages of providers have it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
