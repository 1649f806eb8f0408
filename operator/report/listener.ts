import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type OtherLeader, REPORT_PATH, Report } from "#api/report.ts";
import type { Clock } from "../kube/clock.ts";
import { Bodies, type BodyProblem } from "./body.ts";
import type { ServerIdentity } from "./certificate.ts";
import { Guests } from "./guests.ts";
import type { Intake } from "./intake.ts";
import { Rates } from "./rates.ts";
import type { ReportStore, Sender } from "./report-store.ts";
import type { Tokens } from "./tokens.ts";

/** How long a held task's question stays open; it then asks again. */
export const HOLD_MS = 10_000;
/** How long each part of an exchange may take, in ms. */
export interface Deadlines {
  readonly handshake: number;
  readonly headers: number;
  /** Headers and body. */
  readonly request: number;
  /** A task that works may be silent for a while and then wants no new handshake. */
  readonly idle: number;
  /** How often headers and bodies are looked at. */
  readonly check: number;
}

export const DEADLINES: Deadlines = { handshake: 5_000, headers: 5_000, request: 15_000, idle: 75_000, check: 2_000 };

const HEADER_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 8_192;
/** What a refused message says of itself, at most. */
const MESSAGE_CHARACTERS_MAX = 300;

export interface ListenerServices {
  readonly identity: ServerIdentity;
  readonly tokens: Tokens;
  readonly intake: Intake;
  readonly store: ReportStore;
  readonly clock: Clock;
  readonly deadlines?: Deadlines;
  /** Whether this process may act now. */
  readonly leads: () => boolean;
  /** Base URL of the leader's listener, as far as it is known. */
  readonly leaderUrl: () => string | undefined;
  /** One request was answered, or given up where the status is 0. */
  readonly answered: (status: number) => void;
  /** A fault of the listener itself. */
  readonly failed: (error: unknown) => void;
}

interface Reply {
  readonly status: number;
  readonly body: object | string;
  readonly retryAfterSeconds?: number;
  /** Whoever sent this has nothing more to say on this connection. */
  readonly close?: true;
}

/** The HTTPS server that tasks send their messages to. Whatever it is sent, it answers and goes on. */
export class ReportListener {
  readonly #services: ListenerServices;
  readonly #server: Server;
  readonly #guests = new Guests();
  readonly #bodies = new Bodies();
  readonly #rates = new Rates();
  /** Connections with a request under way: a task has one at a time. */
  readonly #busy = new WeakSet<Socket>();

  constructor(services: ListenerServices) {
    this.#services = services;
    const { key, certificate: cert } = services.identity;
    const { deadlines = DEADLINES } = services;
    this.#server = createServer(
      {
        key,
        cert,
        minVersion: "TLSv1.3",
        handshakeTimeout: deadlines.handshake,
        headersTimeout: deadlines.headers,
        requestTimeout: deadlines.request,
        connectionsCheckingInterval: deadlines.check,
        keepAliveTimeout: deadlines.idle,
        maxHeaderSize: HEADER_BYTES_MAX,
        noDelay: true,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on("connection", (socket: Socket) => this.#guests.arrive(socket));
    this.#server.on("clientError", (_, socket) => socket.destroy());
    this.#server.on("tlsClientError", (_, socket) => socket.destroy());
  }

  /** Listens on the port, and says on which one where it is 0. Rejects when the port is taken. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, resolve);
    });
    this.#server.on("error", this.#services.failed);
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection: tasks ask elsewhere. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  sweep(): void {
    this.#rates.sweep(this.#services.clock.monotonic());
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    if (this.#busy.has(socket)) return void socket.destroy();
    this.#busy.add(socket);
    response.on("error", () => undefined);
    const reply = await this.#reply(request, response).catch((error: unknown) => {
      this.#services.failed(error);
      return refusal(500, "the operator has a fault; its log says more");
    });
    this.#busy.delete(socket);
    this.#services.answered(reply?.status ?? 0);
    if (reply !== undefined && !response.destroyed) send(response, reply);
  }

  /** Nothing where the sender went away before it had said all. */
  async #reply(request: IncomingMessage, response: ServerResponse): Promise<Reply | undefined> {
    if (request.url !== REPORT_PATH) return refusal(404, `there is ${REPORT_PATH} and nothing else`);
    if (request.method !== "POST") return refusal(405, "expected POST");
    if (!this.#services.leads()) return this.#otherLeader();
    const sender = await this.#senderOf(request);
    if (sender === undefined) return refusal(401, "expected the token that the kubelet mounts for reports");
    if (!this.#guests.welcome(request.socket, sender.podUid)) return refusal(403, "a connection speaks for one pod");
    const now = this.#services.clock.monotonic();
    const waitSeconds = this.#rates.waitSeconds(sender, now);
    if (waitSeconds !== undefined) return later(429, "too many messages", waitSeconds);
    const body = await this.#bodies.read(request);
    this.#rates.count(sender, body !== undefined && "bytes" in body ? body.bytes : 0, now);
    if (body === undefined) return undefined;
    if (!("json" in body)) return problemReply(body);
    const report = Report.safeParse(body.json);
    if (!report.success) return refusal(400, problemOf(report.error));
    return await this.#take(sender, report.data, response);
  }

  async #take(sender: Sender, report: Report, response: ServerResponse): Promise<Reply> {
    const { intake, store } = this.#services;
    if (!this.#services.leads()) return this.#otherLeader();
    const taken = intake.take(sender, report);
    if (taken.status === 403) return refusal(403, taken.message);
    if (taken.status !== 200) return { status: taken.status, body: taken.message };
    const isToldToWait = report.phase === "held" && store.orderOf(sender.podUid) === "hold";
    if (!isToldToWait) return { status: 200, body: taken.answer };
    await this.#ordered(sender, response);
    return this.#services.leads() ? { status: 200, body: intake.answer(sender) } : this.#otherLeader();
  }

  /** Until the pod's order changes, it asks again, its connection breaks, or a while has passed. */
  async #ordered({ podUid }: Sender, response: ServerResponse): Promise<void> {
    const { store, clock } = this.#services;
    await new Promise<void>((resolve) => {
      const cancelWait = store.whenOrdered(podUid, resolve);
      const cancelTimer = clock.after(HOLD_MS, resolve);
      response.once("close", resolve);
      response.once("close", cancelWait);
      response.once("close", cancelTimer);
    });
  }

  async #senderOf({ headers }: IncomingMessage): Promise<Sender | undefined> {
    const token = /^Bearer ([\w.-]+)$/.exec(headers.authorization ?? "")?.[1];
    return token === undefined ? undefined : await this.#services.tokens.senderOf(token);
  }

  #otherLeader(): Reply {
    const leader = this.#services.leaderUrl();
    const body: OtherLeader = leader === undefined ? {} : { leader };
    return { status: 421, body, close: true };
  }
}

function send(response: ServerResponse, { status, body, retryAfterSeconds, close }: Reply): void {
  const isText = typeof body === "string";
  response.writeHead(status, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json",
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    ...(close === true ? { connection: "close" } : {}),
  });
  response.end(isText ? `${body}\n` : JSON.stringify(body));
}

/** A body that is too long is read to its end, so that its sender hears of it. */
function problemReply({ status, message }: BodyProblem): Reply {
  if (status === 413) return { status, body: message };
  return status === 503 ? later(status, message, 1) : refusal(status, message);
}

/** The same message may come again on the same connection. */
function later(status: number, body: string, retryAfterSeconds: number): Reply {
  return { status, body, retryAfterSeconds };
}

/** Refusals end the connection: nothing is read of a body that nobody wants. */
function refusal(status: number, body: string): Reply {
  return { status, body, close: true };
}

/** The first thing that is wrong, where: never what was found, which may be anything. */
function problemOf({
  issues,
}: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}): string {
  const [first] = issues;
  return `${first?.path.map(String).join(".") || "report"}: ${first?.message}`.slice(0, MESSAGE_CHARACTERS_MAX);
}
