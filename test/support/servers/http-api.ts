import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Certificate } from "./certificate.ts";

/** A request as the server saw it. `number` counts from 1. */
export interface SeenRequest {
  readonly number: number;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server does with a request. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The connection is closed after so many bytes of the body. */
  readonly cutAt?: number;
  /** Nothing is answered, ever. */
  readonly silent?: true;
}

/** An HTTP server on 127.0.0.1 that does to each request what the test says, and remembers them. */
export interface HttpApi extends AsyncDisposable {
  readonly origin: string;
  readonly seen: readonly SeenRequest[];
}

/** With a certificate, which is to be one for `localhost`, it speaks TLS. */
export async function startHttpApi(reply: (request: SeenRequest) => Reply, tls?: Certificate): Promise<HttpApi> {
  const seen: SeenRequest[] = [];
  const protocol = tls === undefined ? "http" : "https";
  const onRequest: RequestListener = async (incoming, response) => {
    const { method = "GET", headers } = incoming;
    const url = new URL(incoming.url ?? "/", `${protocol}://${headers.host}`);
    const request = { number: seen.length + 1, method, url, headers, body: await text(incoming) };
    seen.push(request);
    answer(response, reply(request));
  };
  const server =
    tls === undefined ? createServer(onRequest) : createTlsServer({ cert: tls.certificate, key: tls.key }, onRequest);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${protocol}://${tls === undefined ? "127.0.0.1" : "localhost"}:${port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, { status = 200, headers = {}, body = "", cutAt, silent }: Reply): void {
  if (silent === true) return;
  const bytes = Buffer.from(body);
  response.writeHead(status, { "content-length": bytes.length, "content-type": "application/json", ...headers });
  if (cutAt === undefined) response.end(bytes);
  else response.write(bytes.subarray(0, cutAt), () => response.destroy());
}
