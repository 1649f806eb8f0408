import { type Dispatcher, request as send } from "undici";
import { ApiError } from "./api-error.ts";
import { Backoff } from "./backoff.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import type { Connections } from "./connections.ts";
import { answerError, noAnswer, readBody } from "./http-answer.ts";
import type { CallMeasure, HttpCall } from "./http-call.ts";
import { isRetriable } from "./retry-after.ts";
import { type RateLimit, TokenBucket } from "./token-bucket.ts";

export interface TransportSettings {
  readonly rate: RateLimit;
  readonly deadlineMs: number;
  /** A page of 500 objects on a busy server takes longer than one object. */
  readonly listDeadlineMs: number;
  readonly leaseDeadlineMs: number;
  readonly answerBytesMax: number;
  readonly userAgent: string;
}

export const TRANSPORT_SETTINGS: TransportSettings = {
  rate: { perSecond: 50, burst: 100 },
  deadlineMs: 10_000,
  listDeadlineMs: 30_000,
  leaseDeadlineMs: 5_000,
  answerBytesMax: 128 * 1024 * 1024,
  userAgent: "kelt",
};

export interface TransportParts {
  readonly connections: Connections;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: TransportSettings;
  /** Asked right before each write leaves, the lease's own excepted: a leader that slept must not write on waking. */
  readonly mayWrite?: () => boolean;
  readonly measure?: (measure: CallMeasure) => void;
}

const ATTEMPTS_MAX = 5;
const RETRY_LIMITS = { initialMs: 100, maxMs: 3_000 };

/** Sends calls over pooled connections within a deadline, and again where that can do no harm. */
export class Transport {
  readonly #parts: TransportParts;
  readonly #bucket: TokenBucket;

  constructor(parts: TransportParts) {
    this.#parts = parts;
    this.#bucket = new TokenBucket(parts.settings.rate);
  }

  /** The body of the answer. Rejects with an ApiError, or with the reason of the call's own signal. */
  async send(call: HttpCall): Promise<string> {
    await this.#pace(call);
    const deadlineMs = this.#deadlineMs(call);
    const endsAt = this.#parts.clock.monotonic() + deadlineMs;
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = call.signal === undefined ? deadline : AbortSignal.any([call.signal, deadline]);
    const backoff = new Backoff(RETRY_LIMITS, this.#parts.random);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#authorized(call, signal, (answer) => this.#text(call, answer));
      } catch (error) {
        call.signal?.throwIfAborted();
        if (attempt === ATTEMPTS_MAX || !isRetriable(error, call.idempotent)) throw error;
        const waitMs = error.retryAfterMs ?? backoff.next();
        if (this.#parts.clock.monotonic() + waitMs >= endsAt) throw error;
        await sleep(this.#parts.clock, waitMs, signal);
        call.signal?.throwIfAborted();
      }
    }
  }

  /** The stream of the answer once its headers came. Only `signal` ends it; no deadline, and no second attempt. */
  async open(call: HttpCall, signal: AbortSignal): Promise<Dispatcher.ResponseData["body"]> {
    await this.#pace(call);
    return await this.#authorized(call, signal, async ({ statusCode, headers, body }) => {
      if (statusCode === 200) return body;
      throw answerError(call, statusCode, headers, await readBody(call, body, this.#parts.settings.answerBytesMax));
    });
  }

  async close(): Promise<void> {
    await this.#parts.connections.close();
  }

  #deadlineMs(call: HttpCall): number {
    const { settings } = this.#parts;
    if (call.pool === "lease") return settings.leaseDeadlineMs;
    return call.verb === "list" ? settings.listDeadlineMs : settings.deadlineMs;
  }

  /** The lease is renewed whatever else goes on. */
  async #pace(call: HttpCall): Promise<void> {
    if (call.pool === "lease") return;
    const { clock } = this.#parts;
    const waitMs = this.#bucket.reserve(clock.monotonic());
    if (waitMs > 0) await sleep(clock, waitMs, call.signal ?? new AbortController().signal);
    call.signal?.throwIfAborted();
  }

  /** A 401 did nothing yet, so that any call may be sent again when there are newer credentials. */
  async #authorized<T>(call: HttpCall, signal: AbortSignal, read: (answer: Answer) => Promise<T>): Promise<T> {
    try {
      return await this.#once(call, signal, read);
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      if (!refused || !(await this.#parts.connections.reload())) throw error;
      return await this.#once(call, signal, read);
    }
  }

  async #once<T>(call: HttpCall, signal: AbortSignal, read: (answer: Answer) => Promise<T>): Promise<T> {
    const { clock, measure, connections, settings } = this.#parts;
    const startedAt = clock.monotonic();
    let code = "NoAnswer";
    try {
      const route = await connections.route(call.pool);
      this.#assertMayWrite(call);
      const answer = await send(`${route.server}${call.path}`, {
        method: call.method,
        dispatcher: route.dispatcher,
        signal,
        headers: {
          ...route.headers,
          accept: "application/json",
          "user-agent": settings.userAgent,
          ...(call.contentType === undefined ? {} : { "content-type": call.contentType }),
        },
        ...(call.body === undefined ? {} : { body: call.body }),
      });
      code = String(answer.statusCode);
      return await read(answer);
    } catch (error) {
      throw noAnswer(call, signal, error);
    } finally {
      measure?.({ verb: call.verb, resource: call.resource, code, durationMs: clock.monotonic() - startedAt });
    }
  }

  #assertMayWrite(call: HttpCall): void {
    if (call.method === "GET" || call.pool === "lease" || this.#parts.mayWrite?.() !== false) return;
    throw new ApiError("this process does not lead any more", { ...call, status: 403, reason: "NotLeading" });
  }

  async #text(call: HttpCall, { statusCode, headers, body }: Answer): Promise<string> {
    const text = await readBody(call, body, this.#parts.settings.answerBytesMax);
    if (statusCode >= 200 && statusCode < 300) return text;
    throw answerError(call, statusCode, headers, text);
  }
}

type Answer = Dispatcher.ResponseData;
