import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { SnowflakeFailure, syntaxFailure } from "./failure.ts";
import { TableLocks } from "./locks.ts";
import { authenticate, type LoginData, type SnowflakeUser } from "./login.ts";
import { type Shared, SnowflakeSession } from "./session.ts";
import type { Integration } from "./staged-objects.ts";
import { Tables } from "./tables.ts";
import { inTurn, openUpstream, type Rowset } from "./upstream.ts";

/** When a connection is lost around a statement: before the server runs it, or after, so that the answer is lost. */
export type Loss = "before" | "after" | undefined;

export interface ServerOptions {
  /** Where fakesnow listens. */
  readonly upstream: string;
  readonly database: string;
  readonly users: ReadonlyMap<string, SnowflakeUser>;
  readonly integrations: ReadonlyMap<string, Integration>;
  /**
   * Sees every statement before it runs, which waits for what it answers. After a loss the session that lost its connection is gone, as
   * when its pod had been killed.
   */
  readonly onStatement: (sql: string) => Loss | Promise<Loss>;
}

interface Request {
  readonly url: URL;
  readonly token: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Reply {
  readonly status?: number;
  readonly success: boolean;
  readonly code?: string | null;
  readonly message?: string | null;
  readonly data: object | null;
}

/** Snowflake's answer to a token of a session that is no more ("390104" makes the driver give up, not log in again). */
const GONE: Reply = {
  status: 401,
  success: false,
  code: "390104",
  message: "User must login again to access the service.",
  data: null,
};

/**
 * A server that speaks Snowflake's protocol to its Node.js driver, in front of fakesnow. What it does itself: logins, COPY from stages,
 * file memory, VALIDATE, MERGE, SWAP, locks, transactions that DDL commits. Unlike Snowflake: NUMBER(38,0) holds 18 digits, locks are
 * of whole tables, a session whose connection is lost ends at once instead of after minutes, nobody lacks a privilege, every table of
 * INFORMATION_SCHEMA is permanent, a MERGE is known in one shape.
 */
export class SnowflakeProtocol {
  readonly #options: ServerOptions;
  readonly #sessions = new Map<string, SnowflakeSession>();
  /** Answers by request id: the driver asks again with the same one when an answer does not come, and must not run a statement twice. */
  readonly #answers = new Map<string, Promise<Reply>>();
  readonly #shared: Shared;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  private constructor(options: ServerOptions, own: Shared["own"]) {
    this.#options = options;
    const { integrations } = options;
    this.#shared = { tables: new Tables(), locks: new TableLocks(), integrations, own, oneByOne: inTurn() };
  }

  static async start(options: ServerOptions): Promise<SnowflakeProtocol> {
    const protocol = new SnowflakeProtocol(options, await openUpstream(options.upstream, options.database));
    await new Promise<void>((resolve) => protocol.#server.listen(0, "127.0.0.1", resolve));
    return protocol;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Runs a statement in a session of its own. */
  async execute(sql: string): Promise<Rowset> {
    const upstream = await openUpstream(this.#options.upstream, this.#options.database);
    const session = new SnowflakeSession(randomUUID(), "TESTING", upstream, this.#shared);
    try {
      return await session.execute(sql);
    } finally {
      await session.end();
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const bytes = await buffer(incoming);
      const text = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
      const url = new URL(incoming.url ?? "/", "http://server");
      const token = /Token="([^"]*)"/.exec(incoming.headers.authorization ?? "")?.[1] ?? "";
      const body = text.length === 0 ? {} : (JSON.parse(text.toString()) as Request["body"]);
      const reply = await this.#answer({ url, token, body });
      if (reply === undefined) return void response.destroy();
      const { status = 200, ...rest } = reply;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ code: null, message: null, ...rest }));
    } catch (error) {
      response
        .writeHead(500)
        .end(JSON.stringify({ success: false, code: "000603", message: String(error), data: null }));
    }
  }

  /** The reply, or undefined when the connection is lost instead. */
  async #answer(request: Request): Promise<Reply | undefined> {
    switch (request.url.pathname) {
      case "/session/v1/login-request":
        return await this.#login(request);
      case "/queries/v1/query-request":
        return await this.#query(request);
      case "/session":
        await this.#end(request.token);
        return { success: true, data: null };
      case "/telemetry/send":
        return { success: true, data: null };
      default:
        return {
          status: 404,
          success: false,
          code: "000404",
          message: `${request.url.pathname} is not known`,
          data: null,
        };
    }
  }

  async #login({ url, body }: Request): Promise<Reply> {
    try {
      authenticate((body.data ?? {}) as LoginData, this.#options.users);
    } catch (error) {
      if (error instanceof SnowflakeFailure) return failed(error);
      throw error;
    }
    const token = randomUUID();
    const warehouse = url.searchParams.get("warehouse") ?? undefined;
    const upstream = await openUpstream(this.#options.upstream, this.#options.database);
    this.#sessions.set(token, new SnowflakeSession(token, warehouse, upstream, this.#shared));
    const sessionInfo = {
      databaseName: this.#options.database,
      schemaName: "PUBLIC",
      warehouseName: warehouse,
      roleName: url.searchParams.get("roleName"),
    };
    const times = { validityInSeconds: 3600, masterValidityInSeconds: 14_400 };
    const data = {
      token,
      masterToken: randomUUID(),
      ...times,
      serverVersion: "9.31.1",
      sessionId: 1,
      parameters: [],
      sessionInfo,
    };
    return { success: true, data };
  }

  async #query({ url, token, body }: Request): Promise<Reply | undefined> {
    const id = url.searchParams.get("requestId") ?? randomUUID();
    const known = this.#answers.get(id);
    if (known !== undefined) return await known;
    const session = this.#sessions.get(token);
    if (session === undefined) return GONE;
    const sql = String(body.sqlText);
    const seen = Promise.resolve(this.#options.onStatement(sql));
    const answer = seen.then((loss) => (loss === "before" ? GONE : answerOf(session, sql, body.bindings)));
    this.#answers.set(id, answer);
    const reply = await answer;
    if ((await seen) === undefined) return reply;
    await this.#end(token);
    this.#answers.set(id, Promise.resolve(GONE));
    return undefined;
  }

  async #end(token: string): Promise<void> {
    const session = this.#sessions.get(token);
    this.#sessions.delete(token);
    await session?.end();
  }
}

async function answerOf(session: SnowflakeSession, sql: string, bindings: unknown): Promise<Reply> {
  try {
    return { success: true, data: dataOf(await session.execute(bound(sql, bindings))) };
  } catch (error) {
    if (error instanceof SnowflakeFailure) return failed(error);
    if (error instanceof SyntaxError) return failed(syntaxFailure(error.message));
    // What the stand-in cannot do is said at once: the driver would ask again for two minutes after a status of 500.
    return failed(new SnowflakeFailure("000603", "XX000", String(error)));
  }
}

/** Values in the place of `?`, as Snowflake binds them: outside of strings and names. */
function bound(sql: string, bindings: unknown): string {
  if (typeof bindings !== "object" || bindings === null) return sql;
  const values = Object.values(bindings) as readonly { readonly value: string | null }[];
  let at = 0;
  return sql.replace(/'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*"|\?/gs, (piece) => {
    if (piece !== "?") return piece;
    const value = values[at]?.value ?? null;
    at += 1;
    return value === null ? "NULL" : `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
  });
}

function dataOf({ rowtype, rows }: Rowset): object {
  const counts = { total: rows.length, returned: rows.length };
  return {
    parameters: [],
    rowtype,
    rowset: rows,
    ...counts,
    queryId: randomUUID(),
    queryResultFormat: "json",
    version: 1,
    statementTypeId: 4096,
  };
}

function failed({ code, sqlState, message }: SnowflakeFailure): Reply {
  return { success: false, code, message, data: { errorCode: code, sqlState, queryId: randomUUID() } };
}
