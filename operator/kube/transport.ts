import { type Dispatcher, request as send } from "undici";
import { ApiError } from "./api-error.ts";
import { Backoff } from "./backoff.ts";
import { type Clock, type Random, sleep } from "./clock.ts";
import { answerError, noAnswer, readBody } from "./http-answer.ts";
import type { CallMeasure, HttpCall } from "./http-call.ts";
import { Pace, type PaceSettings } from "./pace.ts";
import { isRetriable } from "./retry-after.ts";
import { SOCKETS_MAX, type SocketPools } from "./socket-pools.ts";

export interface TransportSettings {
  readonly pace: PaceSettings;
  /** That of NodeReports, apart: however many tasks report, no Job and no status waits for what they say. */
  readonly detailPace: PaceSettings;
  readonly deadlineMs: number;
  /** A page of 500 objects on a busy server takes longer than one object. */
  readonly listDeadlineMs: number;
  readonly leaseDeadlineMs: number;
  /** Longest object: alone, in a list and in a watch. */
  readonly objectBytesMax: number;
  /** Longest page of a list that has more than one object. */
  readonly pageBytesMax: number;
  readonly userAgent: string;
}

export const TRANSPORT_SETTINGS: TransportSettings = {
  pace: {
    total: { perSecond: 50, burst: 100 },
    namespaceWrites: { perSecond: 40, burst: 80 },
    underWayMax: SOCKETS_MAX,
    namespaceUnderWayMax: 8,
  },
  detailPace: {
    total: { perSecond: 200, burst: 400 },
    namespaceWrites: { perSecond: 200, burst: 400 },
    underWayMax: 8,
    namespaceUnderWayMax: 4,
  },
  deadlineMs: 10_000,
  listDeadlineMs: 30_000,
  leaseDeadlineMs: 5_000,
  // etcd takes objects of 1.5 MiB; as JSON, with its escapes, they can be several times as long.
  objectBytesMax: 8 * 1024 * 1024,
  pageBytesMax: 64 * 1024 * 1024,
  userAgent: "kelt",
};

export interface TransportServices {
  readonly connections: SocketPools;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: TransportSettings;
  /** Asked right before each write leaves, the lease's own excepted: a leader that slept must not write on waking. */
  readonly mayWrite?: () => boolean;
  readonly measure?: (measure: CallMeasure) => void;
}

/** Longer than any Status object. */
const ERROR_BYTES_MAX = 1024 * 1024;
const ATTEMPTS_MAX = 5;
const RETRY_LIMITS = { initialMs: 100, maxMs: 3_000 };

/** Sends calls over pooled connections within a deadline, and again where that can do no harm. */
export class Transport {
  readonly settings: TransportSettings;
  readonly #services: TransportServices;
  readonly #pace: Pace;
  readonly #detailPace: Pace;

  constructor(services: TransportServices) {
    this.#services = services;
    this.settings = services.settings;
    this.#pace = new Pace(services.clock, services.settings.pace);
    this.#detailPace = new Pace(services.clock, services.settings.detailPace);
  }

  /** The body of the answer. Rejects with an ApiError, or with the reason of the call's own signal. */
  async send(call: HttpCall): Promise<string> {
    return await this.read(call, (body) => readBody(call, body, this.settings.objectBytesMax));
  }

  /** What `read` makes of the body while it arrives, anew for each attempt. Rejects as {@link send} does. */
  async read<T>(call: HttpCall, read: (body: AsyncIterable<Buffer>) => Promise<T>): Promise<T> {
    return await this.#paced(call, () => this.#withRetries(call, read));
  }

  async #withRetries<T>(call: HttpCall, read: (body: AsyncIterable<Buffer>) => Promise<T>): Promise<T> {
    const deadlineMs = this.#deadlineMs(call);
    const endsAt = this.#services.clock.monotonic() + deadlineMs;
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = call.signal === undefined ? deadline : AbortSignal.any([call.signal, deadline]);
    const backoff = new Backoff(RETRY_LIMITS, this.#services.random);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#authorized(call, signal, (answer) => this.#read(call, answer, read));
      } catch (error) {
        call.signal?.throwIfAborted();
        if (attempt === ATTEMPTS_MAX || !isRetriable(error, call.idempotent)) throw error;
        const waitMs = error.retryAfterMs ?? backoff.next();
        if (this.#services.clock.monotonic() + waitMs >= endsAt) throw error;
        await sleep(this.#services.clock, waitMs, signal);
        call.signal?.throwIfAborted();
      }
    }
  }

  /** The stream of the answer once its headers came. Only `signal` ends it; no deadline, and no second attempt. */
  async open(call: HttpCall, signal: AbortSignal): Promise<Dispatcher.ResponseData["body"]> {
    return await this.#paced(call, () =>
      this.#authorized(call, signal, async ({ statusCode, headers, body }) => {
        if (statusCode === 200) return body;
        throw answerError(call, statusCode, headers, await readBody(call, body, ERROR_BYTES_MAX));
      }),
    );
  }

  async close(): Promise<void> {
    await this.#services.connections.close();
  }

  #deadlineMs(call: HttpCall): number {
    const { settings } = this;
    if (call.deadlineMs !== undefined) return call.deadlineMs;
    if (call.pool === "lease") return settings.leaseDeadlineMs;
    return call.verb === "list" ? settings.listDeadlineMs : settings.deadlineMs;
  }

  /** The lease is renewed whatever else goes on. */
  async #paced<T>(call: HttpCall, send: () => Promise<T>): Promise<T> {
    if (call.pool === "lease") return await send();
    const { namespace = "", signal } = call;
    const pace = call.isDetail === true ? this.#detailPace : this.#pace;
    const end = await pace.enter({ namespace, what: lineOf(call), signal });
    try {
      signal?.throwIfAborted();
      return await send();
    } finally {
      end();
    }
  }

  /** A 401 did nothing yet, so that any call may be sent again when there are newer credentials. */
  async #authorized<T>(call: HttpCall, signal: AbortSignal, read: (answer: Answer) => Promise<T>): Promise<T> {
    try {
      return await this.#once(call, signal, read);
    } catch (error) {
      const refused = error instanceof ApiError && error.status === 401;
      if (!refused || !(await this.#services.connections.reload())) throw error;
      return await this.#once(call, signal, read);
    }
  }

  async #once<T>(call: HttpCall, signal: AbortSignal, read: (answer: Answer) => Promise<T>): Promise<T> {
    const { clock, measure, connections, settings } = this.#services;
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
          accept: call.accept ?? "application/json",
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
    if (call.method === "GET" || call.pool === "lease" || this.#services.mayWrite?.() !== false) return;
    throw new ApiError("this process does not lead any more", { ...call, status: 403, reason: "NotLeading" });
  }

  async #read<T>(
    call: HttpCall,
    { statusCode, headers, body }: Answer,
    read: (body: AsyncIterable<Buffer>) => Promise<T>,
  ): Promise<T> {
    if (statusCode >= 200 && statusCode < 300) return await read(body);
    throw answerError(call, statusCode, headers, await readBody(call, body, ERROR_BYTES_MAX));
  }
}

type Answer = Dispatcher.ResponseData;

function lineOf({ method, resource }: HttpCall): "read" | "write" | "event" {
  if (method === "GET") return "read";
  return resource === "events" ? "event" : "write";
}
