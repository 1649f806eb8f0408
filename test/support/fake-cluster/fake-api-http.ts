import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { CredentialSource } from "../../../operator/kube/credentials.ts";

export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** The whole body of the request. */
  readonly body: string;
}

/** An HTTP server on loopback that misbehaves as its test says. */
export interface HttpServer {
  readonly origin: string;
  /** What was asked, as `GET /path?query`. */
  readonly requests: string[];
  /** Connections ever made. */
  readonly connections: Socket[];
  readonly credentials: CredentialSource;
  close(): Promise<void>;
}

export async function startHttpServer(handle: (exchange: HttpExchange) => void): Promise<HttpServer> {
  const requests: string[] = [];
  const connections: Socket[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      requests.push(`${request.method} ${request.url}`);
      const url = new URL(request.url ?? "/", "http://server");
      handle({ request, response, url, body: Buffer.concat(chunks).toString() });
    });
  });
  server.on("connection", (socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const read = () => Promise.resolve({ server: origin, headers: { authorization: "Bearer first-secret" }, tls: {} });
  return {
    ...{ origin, requests, connections },
    credentials: { read, reload: read },
    close: () => {
      for (const socket of connections) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Breaks the connection without a word. */
export function reset({ request }: HttpExchange): void {
  request.socket.resetAndDestroy();
}

export function answer({ response }: HttpExchange, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** A Status object, as the API server writes its refusals. */
export function statusObject(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message, details };
}

/** Resolves when the condition holds; fails after ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`expected ${condition} within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
