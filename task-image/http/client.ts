import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Dispatcher } from "undici";
import type { HttpSettings } from "../connections/http-settings.ts";
import { ConfigurationError, TransientError } from "../errors.ts";
import type { Redactor } from "../redaction.ts";
import { type Agents, checkUrl, openAgents } from "./agents.ts";
import { beginningOf, collect, decoded, unknownEncoding } from "./body.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { delayBefore } from "./delay.ts";
import { requestFailure, statusFailure } from "./http-failure.ts";
import { parseToken, type Token, tokenRequest } from "./oauth2.ts";
import { isRateLimited, waitAsked } from "./rate-limit.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 60_000;
const REDIRECTS_MAX = 5;
const TRIES = 6;
/** Longest answer that is held in memory: one page, or a token. */
export const TEXT_BYTES_MAX = 64 * 1024 * 1024;
const TOKEN_BYTES_MAX = 64 * 1024;
/** Longest part of a refusal's body that is read. */
const REFUSAL_BYTES_MAX = 4096;

export interface HttpCall {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Statuses that are answers; all of 200 to 299 where it is missing. */
  readonly accepts?: readonly number[];
}

export interface HttpAnswer<B> {
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** One that the call accepts. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: B;
}

/** An HTTP API. Every error is a TaskFailure. Disposing of it closes its sockets. */
export interface HttpClient extends AsyncDisposable {
  readonly settings: HttpSettings;
  /** The answer as a stream. Tries again until an answer begins; a body that breaks off fails the stream. */
  stream(call: HttpCall): Promise<HttpAnswer<Readable>>;
  /** The whole answer, at most 64 MiB of it. Tries again when the body breaks off, too. */
  read(call: HttpCall): Promise<HttpAnswer<Buffer>>;
  /** Writes the whole answer to a file. Tries again, from its beginning, when the body breaks off. */
  save(call: HttpCall, path: string): Promise<HttpAnswer<void>>;
}

export interface HttpClientOptions {
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  readonly clock?: Clock;
  /** The sockets; a test has its own. */
  readonly agents?: Agents;
  /** Longest wait for the beginning of an answer, and between two pieces of it. */
  readonly answerTimeoutMs?: number;
  /** How often a call is tried at most; 6 times where it is missing. */
  readonly tries?: number;
}

/** Opens a client. The package for it is imported now and not before. */
export async function openHttpClient(settings: HttpSettings, options: HttpClientOptions): Promise<HttpClient> {
  const answerMs = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
  const agents = options.agents ?? (await openAgents({ connectMs: CONNECT_TIMEOUT_MS, answerMs }));
  const conversation = new Conversation(settings, agents, options);
  return {
    settings,
    stream: (call) => conversation.send(call, async (body) => body),
    read: (call) => conversation.send(call, (body) => collect(body, TEXT_BYTES_MAX, settings.connection)),
    save: (call, path) => conversation.send(call, (body) => pipeline(body, createWriteStream(path))),
    [Symbol.asyncDispose]: () => agents[Symbol.asyncDispose](),
  };
}

/** One hop's answer, or where it leads. */
type Hop = Dispatcher.ResponseData & { readonly location?: URL };

/** What requests of one client share: the pace, and the token. */
class Conversation {
  readonly #settings: HttpSettings;
  readonly #agents: Agents;
  readonly #signal: AbortSignal;
  readonly #redactor: Redactor;
  readonly #clock: Clock;
  readonly #tries: number;
  #token: Token | undefined;
  #next = 0;

  constructor(settings: HttpSettings, agents: Agents, options: HttpClientOptions) {
    const { signal, redactor, clock = SYSTEM_CLOCK, tries = TRIES } = options;
    this.#settings = settings;
    this.#agents = agents;
    this.#signal = signal;
    this.#redactor = redactor;
    this.#clock = clock;
    this.#tries = tries;
  }

  /** Sends a call until it is answered or no other try is left. */
  async send<B>(call: HttpCall, take: (body: Readable) => Promise<B>): Promise<HttpAnswer<B>> {
    for (let tries = 1; ; tries += 1) {
      const wanted = { retryAfterMs: undefined as number | undefined };
      try {
        return await this.#try(call, take, wanted);
      } catch (error) {
        const failure = requestFailure(error, this.#settings, nameOf(call));
        if (this.#signal.aborted)
          throw new TransientError("Stopped", `connection ${this.#settings.connection}: stopped`);
        const isLast = failure.kind !== "transient" || tries >= this.#tries;
        const delay = isLast ? undefined : delayBefore(tries, wanted.retryAfterMs);
        if (delay === undefined) throw failure;
        await this.#clock.sleep(delay, this.#signal);
      }
    }
  }

  /** `wanted` learns how long the server asks to wait. */
  async #try<B>(
    call: HttpCall,
    take: (body: Readable) => Promise<B>,
    wanted: { retryAfterMs: number | undefined },
  ): Promise<HttpAnswer<B>> {
    const { url, answer } = await this.#follow(call);
    const { statusCode, headers } = answer;
    const body = decoded(answer);
    if (call.accepts?.includes(statusCode) ?? (statusCode >= 200 && statusCode < 300)) {
      if (body === undefined) throw unknownEncoding(this.#settings.connection, nameOf(call), answer);
      return { url, status: statusCode, headers, body: await take(body) };
    }
    wanted.retryAfterMs = waitAsked(statusCode, headers, this.#clock.now());
    const said = await this.#beginningOf(body);
    throw statusFailure(this.#settings, nameOf(call), statusCode, said, isRateLimited(statusCode, headers));
  }

  /** Sends a call and goes where redirects lead. Credentials go to the base URL's origin alone. */
  async #follow(call: HttpCall): Promise<{ readonly url: URL; readonly answer: Hop }> {
    let current = call;
    let isRefused = false;
    // A page may have named the next one's address.
    let namedByPublic = !this.#isOwn(call.url) && this.#agents.isPublic(this.#settings.baseUrl);
    for (let hops = 0; ; ) {
      const answer = await this.#hop(current, namedByPublic);
      if (
        answer.statusCode === 401 &&
        this.#settings.auth.kind === "oauth2" &&
        !isRefused &&
        this.#isOwn(current.url)
      ) {
        isRefused = true;
        this.#token = undefined;
        await answer.body.dump();
        continue;
      }
      if (answer.location === undefined) return { url: current.url, answer };
      hops += 1;
      await answer.body.dump();
      namedByPublic ||= this.#agents.isPublic(current.url);
      current = this.#redirected(current, answer.location, answer.statusCode, hops);
    }
  }

  #redirected(call: HttpCall, location: URL, status: number, hops: number): HttpCall {
    const refuse = (why: string) =>
      new ConfigurationError(
        "BadRedirect",
        `connection ${this.#settings.connection}: ${nameOf(call)} is redirected to ${location.origin}, ${why}. Set baseUrl to where it leads`,
      );
    if (hops > REDIRECTS_MAX) throw refuse(`the ${hops}th redirect in a row`);
    if (call.url.protocol === "https:" && location.protocol === "http:") throw refuse("which is not encrypted");
    if (call.method === "GET") return { ...call, url: location };
    if (status < 307) return { url: location, method: "GET" };
    if (location.origin !== call.url.origin) throw refuse("another host, which must not get the body of a POST");
    return { ...call, url: location };
  }

  async #hop(call: HttpCall, namedByPublic: boolean): Promise<Hop> {
    checkUrl(call.url, this.#settings.connection);
    const signed = this.#isOwn(call.url) ? await this.#signed(call) : call;
    await this.#turn();
    const answer = await this.#request(signed, namedByPublic && !this.#isOwn(call.url));
    const location = [answer.headers.location].flat()[0];
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.statusCode) && location !== undefined;
    if (!isRedirect) return answer;
    if (!URL.canParse(location, call.url.href)) {
      await answer.body.dump();
      throw new ConfigurationError(
        "BadRedirect",
        `connection ${this.#settings.connection}: ${nameOf(call)} is redirected to what is no URL. Set baseUrl to where it should lead`,
      );
    }
    return Object.assign(answer, { location: new URL(location, call.url) });
  }

  async #request(
    { url, method, headers = {}, body }: HttpCall,
    namedByPublic = false,
  ): Promise<Dispatcher.ResponseData> {
    const { request } = (await import("undici")).default;
    const own = { "accept-encoding": "gzip", "user-agent": "kelt", ...headers };
    return request(url, {
      dispatcher: this.#agents.to(url, namedByPublic),
      method,
      headers: own,
      signal: this.#signal,
      ...(body === undefined ? {} : { body }),
    });
  }

  #isOwn(url: URL): boolean {
    return url.origin === this.#settings.baseUrl.origin;
  }

  /** The call with the manifest's headers and the credentials. */
  async #signed(call: HttpCall): Promise<HttpCall> {
    const { auth, headers } = this.#settings;
    const all = { ...headers, ...call.headers };
    if (auth.kind === "header") return { ...call, headers: { ...all, [auth.name]: auth.value } };
    if (auth.kind === "oauth2") {
      return { ...call, headers: { ...all, authorization: `Bearer ${await this.#bearer(auth.tokenUrl)}` } };
    }
    if (auth.kind === "none") return { ...call, headers: all };
    const url = new URL(call.url);
    url.searchParams.set(auth.name, auth.value);
    return { ...call, url, headers: all };
  }

  async #bearer(tokenUrl: URL): Promise<string> {
    const { auth, connection } = this.#settings;
    if (auth.kind !== "oauth2") throw new Error(`auth is of kind ${auth.kind}`);
    if (this.#token !== undefined && this.#token.until > this.#clock.now()) return this.#token.value;
    checkUrl(tokenUrl, connection);
    const answer = await this.#request({ url: tokenUrl, ...tokenRequest(auth) });
    const body = decoded(answer);
    const name = `the token URL ${tokenUrl.origin}${tokenUrl.pathname}`;
    if (answer.statusCode !== 200) {
      throw statusFailure(this.#settings, name, answer.statusCode, await this.#beginningOf(body));
    }
    if (body === undefined) throw unknownEncoding(connection, name, answer);
    const token = parseToken(
      (await collect(body, TOKEN_BYTES_MAX, connection)).toString(),
      connection,
      this.#clock.now(),
    );
    this.#redactor.add(token.value);
    this.#token = token;
    return token.value;
  }

  /** What a refusal says. Secrets are masked before it is cut to what a message quotes. */
  async #beginningOf(body: Readable | undefined): Promise<string> {
    return this.#redactor.redact(await beginningOf(body, REFUSAL_BYTES_MAX));
  }

  /** Waits until the rate allows another request. */
  async #turn(): Promise<void> {
    const { requestsPerSecond } = this.#settings;
    if (requestsPerSecond === undefined) return;
    const now = this.#clock.now();
    const at = Math.max(now, this.#next);
    this.#next = at + 1000 / requestsPerSecond;
    if (at > now) await this.#clock.sleep(at - now, this.#signal);
  }
}

/** `GET https://host/path`: the query may hold a key. */
function nameOf({ method, url }: HttpCall): string {
  return `${method} ${url.origin}${url.pathname}`;
}
