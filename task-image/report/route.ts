import { isIP } from "node:net";
import { kindOfAddress, meantAddresses } from "../network/address-kind.ts";

/** Kinds of addresses that no operator has. */
const NEVER: ReadonlySet<string> = new Set(["metadata", "link-local", "unusable"]);

/** Which operator is asked: the addresses of the Job's environment in turn, or the leader that one of them has named. */
export class Route {
  readonly #urls: readonly URL[];
  #at = 0;
  #leader: URL | undefined;

  constructor(urls: readonly string[]) {
    this.#urls = urls.map((url) => new URL(url));
  }

  /** How many addresses there are to try before all of them have failed. */
  get length(): number {
    return this.#urls.length;
  }

  get current(): URL {
    return this.#leader ?? (this.#urls[this.#at % this.#urls.length] as URL);
  }

  /** The address did not answer as it should. A leader that does not is forgotten: the others know a newer one. */
  failed(): void {
    if (this.#leader === undefined) this.#at += 1;
    this.#leader = undefined;
  }

  /** The address says that it does not lead. Without a leader that may be asked, the next address is. */
  elsewhere(leader: string | undefined): void {
    const named = leader === undefined ? undefined : leaderUrl(leader);
    if (named === undefined || named.origin === this.current.origin) this.failed();
    else this.#leader = named;
  }
}

/** The address of a leader, where it may be asked: over TLS, by nothing but host and port. */
function leaderUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = url.username === "" && url.password === "" && url.pathname === "/" && url.search === "";
  return url.protocol === "https:" && isPlain && !isForbidden(hostOf(url)) ? url : undefined;
}

/** The host of a URL without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function isForbidden(host: string): boolean {
  return isIP(host) !== 0 && meantAddresses(host).some((address) => NEVER.has(kindOfAddress(address)));
}
