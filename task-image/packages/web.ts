import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { ConfigurationError, foreignCode, type TaskFailure, TransientError } from "../errors.ts";
import { type Agents, openAgents } from "../http/agents.ts";
import { type Clock, SYSTEM_CLOCK } from "../http/clock.ts";
import { delayBefore } from "../http/delay.ts";
import { waitAsked } from "../http/rate-limit.ts";
import type { HostCredentials } from "./host-credentials.ts";
import { webFailure } from "./web-failure.ts";

const TIMEOUTS = { connectMs: 10_000, answerMs: 30_000 };
export const TRIES = 4;
const REDIRECTS_MAX = 5;
const RETRIABLE: readonly number[] = [408, 425, 429];

/** What is asked for, and how messages speak of it. */
export interface WebCall<T> {
  readonly url: URL;
  /** `package dbt-labs/dbt_utils`. */
  readonly subject: string;
  /** Reads the whole body; it is called again where the body breaks off. */
  readonly take: (body: Readable) => Promise<T>;
}

/** Downloads of packages and of what the hub says of them. Disposing of it closes its sockets. */
export interface Web extends AsyncDisposable {
  /**
   * What `take` makes of the answer; undefined where the server says that there is none (404 and 410). An error of the network is tried
   * again. Every error is a TaskFailure that names the URL and what was tried.
   */
  get<T>(call: WebCall<T>): Promise<T | undefined>;
}

export interface WebOptions {
  readonly signal: AbortSignal;
  readonly credentials: HostCredentials;
  readonly clock?: Clock;
}

export function openWeb(options: WebOptions): Web {
  return new WebClient(options);
}

class WebClient implements Web {
  readonly #signal: AbortSignal;
  readonly #credentials: HostCredentials;
  readonly #clock: Clock;
  /** By the certificates that they trust. */
  readonly #agents = new Map<string, Promise<Agents>>();

  constructor({ signal, credentials, clock = SYSTEM_CLOCK }: WebOptions) {
    this.#signal = signal;
    this.#credentials = credentials;
    this.#clock = clock;
  }

  async get<T>(call: WebCall<T>): Promise<T | undefined> {
    for (let tries = 1; ; tries += 1) {
      const wanted = { retryAfterMs: undefined as number | undefined };
      try {
        return await this.#try(call, wanted);
      } catch (error) {
        this.#signal.throwIfAborted();
        const failure = webFailure(error, call, tries);
        const delay =
          failure.kind !== "transient" || tries >= TRIES ? undefined : delayBefore(tries, wanted.retryAfterMs);
        if (delay === undefined) throw failure;
        await this.#clock.sleep(delay, this.#signal);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.all(this.#agents.values());
    await Promise.all(opened.map((agents) => agents[Symbol.asyncDispose]()));
  }

  async #try<T>({ url, take }: WebCall<T>, wanted: { retryAfterMs: number | undefined }): Promise<T | undefined> {
    const { answer, at } = await this.#follow(url);
    const { statusCode: status, body, headers } = answer;
    if (status === 200) return await take(body);
    await body.dump({ limit: 65_536 }).catch(() => undefined);
    if (status === 404 || status === 410) return undefined;
    wanted.retryAfterMs = waitAsked(status, headers, this.#clock.now());
    throw this.#statusFailure(status, at);
  }

  #statusFailure(status: number, url: URL): TaskFailure {
    const answered = `${url.origin}${url.pathname} answered ${status}`;
    if (status >= 500 || RETRIABLE.includes(status)) return new TransientError(foreignCode(`HTTP${status}`), answered);
    const secret = this.#credentials.secretFor(url)?.secretRef;
    const advice =
      status !== 401 && status !== 403
        ? "Check the URL"
        : secret === undefined
          ? "Name its host in transform.packages.credentials with a Secret"
          : `Put credentials that may read it into Secret "${secret}"`;
    return new ConfigurationError(foreignCode(`HTTP${status}`), `${answered}. ${advice}`);
  }

  /** Goes where redirects lead. Credentials go to the hosts that they are named for. */
  async #follow(start: URL): Promise<{ readonly answer: Dispatcher.ResponseData; readonly at: URL }> {
    let at = start;
    let namedByPublic = false;
    for (let hops = 0; ; hops += 1) {
      const { authorization, certificates } = await this.#credentials.headersFor(at);
      const agents = await this.#agentsWith(certificates);
      const { request } = (await import("undici")).default;
      const answer = await request(at, {
        dispatcher: agents.to(at, namedByPublic),
        headers: { "user-agent": "kelt", ...(authorization === undefined ? {} : { authorization }) },
        signal: this.#signal,
      });
      const location = [answer.headers.location].flat()[0];
      if (![301, 302, 303, 307, 308].includes(answer.statusCode) || location === undefined) return { answer, at };
      await answer.body.dump();
      namedByPublic ||= agents.isPublic(at);
      at = redirected(at, location, hops);
    }
  }

  #agentsWith(certificates: string | undefined): Promise<Agents> {
    const key = certificates ?? "";
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const opened = openAgents({ ...TIMEOUTS, ...(certificates === undefined ? {} : { certificates }) });
    this.#agents.set(key, opened);
    return opened;
  }
}

function redirected(from: URL, location: string, hops: number): URL {
  const refused = (why: string) => new ConfigurationError("BadRedirect", `${from.origin}${from.pathname} ${why}`);
  if (!URL.canParse(location, from.href)) throw refused("leads to what is no URL");
  const to = new URL(location, from);
  if (hops >= REDIRECTS_MAX) throw refused(`is the ${hops + 1}th redirect in a row`);
  if (to.protocol !== "https:" && to.protocol !== from.protocol) {
    throw refused(`leads to ${to.protocol}//${to.host}, which is not encrypted`);
  }
  return to;
}
