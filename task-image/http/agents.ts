import { isIP } from "node:net";
import { rootCertificates } from "node:tls";
import type { Agent } from "undici";
import { ConfigurationError } from "../errors.ts";
import { isPublicAddress } from "../network/address-kind.ts";
import { ForbiddenAddress } from "../network/forbidden-address.ts";
import { guardedLookup, refusalBy } from "../network/socket-guard.ts";

/**
 * The sockets of a client. A server on the Internet must not lead it into the networks of this side by a redirect or a link: what it
 * names has to have public addresses alone.
 */
export interface Agents extends AsyncDisposable {
  /** The sockets for a URL. Throws where a public server has named an address that it must not name. */
  to(url: URL, namedByPublic: boolean): Agent;
  /** Whether a host that has answered is one of the Internet's. */
  isPublic(url: URL): boolean;
}

export interface AgentTimeouts {
  readonly connectMs: number;
  readonly answerMs: number;
  /** Certificates in PEM that are trusted beside the system's. */
  readonly certificates?: string;
}

/** Opens none yet. The package is imported now and not before. */
export async function openAgents({ connectMs, answerMs, certificates }: AgentTimeouts): Promise<Agents> {
  const undici = (await import("undici")).default;
  const ca = certificates === undefined ? {} : { ca: [...rootCertificates, certificates] };
  const publicNames = new Map<string, boolean>();
  const agent = (publicOnly: boolean) => {
    const lookup = guardedLookup({
      publicOnly,
      found: (name, addresses) => publicNames.set(name, addresses.every(isPublicAddress)),
    });
    return new undici.Agent({
      connect: { lookup, timeout: connectMs, ...ca },
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
    });
  };
  const [anywhere, publicOnly] = [agent(false), agent(true)];
  return {
    to(url, namedByPublic) {
      if (!namedByPublic) return anywhere;
      const host = hostOf(url);
      const why = isIP(host) === 0 ? undefined : refusalBy(host, { publicOnly: true });
      if (why !== undefined) throw new ForbiddenAddress(host, host, why);
      return publicOnly;
    },
    isPublic: (url) => publicNames.get(url.hostname) ?? (isIP(hostOf(url)) !== 0 && isPublicAddress(hostOf(url))),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([anywhere.destroy(), publicOnly.destroy()]);
    },
  };
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Throws a ConfigurationError for a URL that is not of http(s). */
export function checkUrl(url: URL, connection: string): void {
  if (url.protocol === "http:" || url.protocol === "https:") return;
  throw new ConfigurationError(
    "ForbiddenAddress",
    `connection ${connection}: expected an http or https URL, found ${url.protocol}//`,
  );
}
