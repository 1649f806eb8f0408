import { createHash } from "node:crypto";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import type { Clock } from "./clock.ts";
import type { CredentialSource, Credentials } from "./credentials.ts";

/** Each has its own sockets, so that neither watches nor a burst of writes can delay the renewal of the lease. */
export const POOLS = ["watch", "call", "lease"] as const;
export type Pool = (typeof POOLS)[number];

export interface Route {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** client-go re-reads its token as often. */
const REFRESH_MS = 60_000;
/** Least time between two reloads: a server that refuses everybody must not make us start exec plugins in a loop. */
const RELOAD_MS = 5_000;
/** Connections for calls: enough for many namespaces whose calls are slow, each of which has a few. */
export const SOCKETS_MAX = 128;
const CONNECT_TIMEOUT_MS = 5_000;
const OPEN_TIMEOUT_MS = 30_000;

/** Keep-alive connections to the API server, made anew when the certificates or the server change. */
export class SocketPools {
  readonly #source: CredentialSource;
  readonly #clock: Clock;
  #credentials: Credentials | undefined;
  #agents: Readonly<Record<Pool, Dispatcher>> | undefined;
  #fingerprint = "";
  #readAt = Number.NEGATIVE_INFINITY;
  #reloadedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(source: CredentialSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** Rejects only when credentials were never readable: a token file that vanishes later leaves the last ones in use. */
  async route(pool: Pool): Promise<Route> {
    if (this.#clock.monotonic() - this.#readAt >= REFRESH_MS) await this.#refresh(() => this.#source.read());
    if (this.#credentials === undefined || this.#agents === undefined) throw new Error("the connections are closed");
    return {
      server: this.#credentials.server,
      headers: this.#credentials.headers,
      dispatcher: this.#agents[pool],
    };
  }

  /** Reads the credentials again after a 401. False when that was done a moment ago. */
  async reload(): Promise<boolean> {
    const now = this.#clock.monotonic();
    if (now - this.#reloadedAt < RELOAD_MS) return false;
    this.#reloadedAt = now;
    await this.#refresh(() => this.#source.reload());
    return true;
  }

  /** Breaks what is still under way. */
  async close(): Promise<void> {
    const agents = this.#agents;
    this.#agents = undefined;
    this.#credentials = undefined;
    await Promise.all(Object.values(agents ?? {}).map((agent) => agent.destroy()));
  }

  async #refresh(read: () => Promise<Credentials>): Promise<void> {
    this.#reading ??= this.#read(read).finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(read: () => Promise<Credentials>): Promise<void> {
    try {
      this.#use(await read());
    } catch (error) {
      if (this.#credentials === undefined) throw error;
    }
    this.#readAt = this.#clock.monotonic();
  }

  #use(credentials: Credentials): void {
    const found = fingerprint(credentials);
    this.#credentials = credentials;
    if (found === this.#fingerprint && this.#agents !== undefined) return;
    const old = this.#agents;
    this.#fingerprint = found;
    this.#agents = {
      watch: agent(credentials, 0),
      call: agent(credentials, SOCKETS_MAX),
      lease: agent(credentials, 2),
    };
    // Calls under way end on the old connections; a watch ends there within its timeoutSeconds.
    for (const retired of Object.values(old ?? {})) retired.close().catch(() => undefined);
  }
}

function fingerprint({ server, tls, proxy }: Credentials): string {
  const hash = createHash("sha256");
  const parts = [server, proxy, tls.ca, tls.cert, tls.key, tls.servername, String(tls.rejectUnauthorized)];
  for (const part of parts) hash.update(part ?? "").update("\0");
  return hash.digest("hex");
}

/** `sockets` 0 means no limit. HTTP/1.1, because one lost packet on a shared HTTP/2 connection stalls every stream. */
function agent(credentials: Credentials, sockets: number): Dispatcher {
  const options = {
    allowH2: false,
    connections: sockets === 0 ? null : sockets,
    headersTimeout: OPEN_TIMEOUT_MS,
    // A watch is quiet for as long as it likes; the reflector decides when it is dead.
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
  };
  const socket = { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: 30_000 };
  if (credentials.proxy !== undefined) {
    return new ProxyAgent({ ...options, uri: credentials.proxy, requestTls: { ...credentials.tls, ...socket } });
  }
  return new Agent({ ...options, connect: { ...credentials.tls, ...socket } });
}
