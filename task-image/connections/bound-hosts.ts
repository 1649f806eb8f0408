import { ConfigurationError } from "../errors.ts";

/**
 * Where a Secret lets its credentials go. A manifest names hosts, and whoever may write one must not be able to send the Secret to a host
 * of their own; so the Secret itself can say where it is for.
 *
 * | keys of the Secret                | hosts                                             |
 * |-----------------------------------|---------------------------------------------------|
 * | `allowedHosts`                    | those of the list, and `host` where it is there   |
 * | `host` (with `port`), or `uri`    | that one, at that port where there is one         |
 * | none of them                      | any                                               |
 *
 * An entry of `allowedHosts` is a name, an address or `*.` and a name, which stands for all names below it; `:` and a port behind it
 * make it that port alone. Entries have commas or spaces between them. Where the credentials themselves would go over http, which anybody on
 * the way can read, the Secret has to mean that: by the port, or by `http://` before an entry.
 */
export interface BoundHosts {
  /** Throws a ConfigurationError where credentials must not go to a host; `field` says what names it. */
  check(field: string, host: string, port?: number): void;
  /** The same for credentials that a request to a URL has in it. */
  checkUrl(field: string, url: URL): void;
}

const HTTPS_PORT = 443;

interface Entry {
  readonly host: string;
  readonly port?: number;
  /** It is written with `http://`. */
  readonly isOpen?: boolean;
}

/** What a Secret says of its own hosts. `uri` is what its key of that name says. */
export function boundHosts(
  connection: string,
  secretName: string | undefined,
  secret: ReadonlyMap<string, string>,
  uri: { readonly host?: string | undefined; readonly port?: string | undefined } = {},
): BoundHosts {
  const subject = `connection ${connection}: Secret "${secretName ?? ""}"`;
  const listed = secret
    .get("allowedHosts")
    ?.split(/[\s,]+/)
    .filter((text) => text !== "");
  const own = ownHost(secret.get("host") ?? uri.host, secret.get("port") ?? uri.port);
  const entries = [...(listed ?? []).map((text) => entryOf(subject, text)), ...own];
  const isFree = listed === undefined && own.length === 0;
  const key = listed === undefined ? "host" : "allowedHosts";
  const allowed = `${subject} lets its credentials go to ${entries.map(showEntry).join(", ")} alone (key ${key})`;
  const check = (field: string, host: string, port?: number) => {
    if (isFree || entries.some((entry) => fits(entry, host, port))) return;
    const found = port === undefined ? host : `${host}:${port}`;
    throw new ConfigurationError(
      "ForbiddenHost",
      `${allowed}, and ${field} leads to ${found}. Correct ${field}, or let the Secret's owner name the host in its key allowedHosts`,
    );
  };
  return {
    check,
    checkUrl(field, url) {
      const [host, port] = [url.hostname, portOfUrl(url)];
      check(field, host, port);
      const mayBeRead = url.protocol === "http:" && !entries.some((entry) => isOpen(entry) && fits(entry, host, port));
      if (isFree || !mayBeRead) return;
      throw new ConfigurationError(
        "ForbiddenHost",
        `${allowed}, and ${field} leads there by http, which everybody on the way can read. Use https, or let the Secret's owner write http://${plain(host)} or ${plain(host)}:${port} in its key allowedHosts`,
      );
    },
  };
}

function ownHost(host: string | undefined, port: string | undefined): readonly Entry[] {
  if (host === undefined) return [];
  return [{ host: plain(host), ...(port === undefined ? {} : { port: Number(port) }) }];
}

function entryOf(subject: string, text: string): Entry {
  const written = text.replace(/^http:\/\//, "");
  const found =
    /^(\[[^\]]+\]|(?:\*\.)?[^*:/[\]]+)(?::([0-9]{1,5}))?$/.exec(written) ??
    /^([0-9a-f:.]*:[0-9a-f:.]*)$/i.exec(written);
  if (found === null) {
    throw new ConfigurationError(
      "BadConnection",
      `${subject}: key allowedHosts: expected names of hosts such as api.example.com, *.example.com, db.example.com:5432 or http://api.internal with commas between, found ${JSON.stringify(text)}`,
    );
  }
  const [, host = "", port] = found;
  const open = written === text ? {} : { isOpen: true };
  return { host: plain(host), ...(port === undefined ? {} : { port: Number(port) }), ...open };
}

/** Whoever names a port means what is spoken there; that of https is not for http. */
function isOpen({ port, isOpen: isWritten }: Entry): boolean {
  return isWritten === true || (port !== undefined && port !== HTTPS_PORT);
}

function fits(entry: Entry, host: string, port: number | undefined): boolean {
  if (entry.port !== undefined && entry.port !== port) return false;
  const name = plain(host);
  return entry.host.startsWith("*.")
    ? name.endsWith(entry.host.slice(1)) && name !== entry.host.slice(2)
    : name === entry.host;
}

/** A host as it is compared: in small letters, without the brackets of an address and the dot at the end of a name. */
function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

function showEntry({ host, port, isOpen: isWritten }: Entry): string {
  return `${isWritten === true ? "http://" : ""}${port === undefined ? host : `${host}:${port}`}`;
}

export function portOfUrl({ protocol, port }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? HTTPS_PORT : 80;
}
