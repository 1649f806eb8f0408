import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that comes by. `number` counts from 1. */
export interface PassingRequest {
  readonly number: number;
  readonly method: string;
  readonly path: string;
}

/** `cut`: the connection is closed within the body. `lose`: the store does what was asked, and its answer never comes. */
export type Fault = "pass" | "refuse" | "cut" | "lose";

/** A server between client and store. */
export interface StoreFront extends AsyncDisposable {
  readonly endpoint: string;
  /** The header Range of every request. */
  readonly ranges: readonly (string | undefined)[];
}

const CUT_AT = 1_000_000;

/** Starts one that does to each request what `fault` says. `onLost` is called when the store has answered what is lost. */
export async function startStoreFront(
  endpoint: string,
  fault: (request: PassingRequest) => Fault | Promise<Fault>,
  onLost: () => void = () => undefined,
): Promise<StoreFront> {
  const ranges: (string | undefined)[] = [];
  const front: Server = createServer(async (incoming, response) => {
    const { method = "GET", url: path = "/" } = incoming;
    ranges.push(incoming.headers.range);
    const what = await fault({ number: ranges.length, method, path });
    if (what === "refuse") response.writeHead(503).end();
    else forward({ endpoint, onLost }, incoming, response, what);
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  const stop = async () => {
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
  };
  const { port } = front.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, ranges, [Symbol.asyncDispose]: stop };
}

/** Passes a request on with the headers that it was signed with, `Host` among them. */
function forward(
  store: { readonly endpoint: string; readonly onLost: () => void },
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: Fault,
): void {
  const { method, url, headers } = incoming;
  const onward = request(new URL(url ?? "/", store.endpoint), { method, headers }, (answer) => {
    if (fault === "lose") return answer.resume().on("end", store.onLost);
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    let sent = 0;
    answer.on("data", (chunk: Buffer) => {
      const rest = fault === "cut" ? chunk.subarray(0, Math.max(0, CUT_AT - sent)) : chunk;
      sent += rest.length;
      response.write(rest, () => {
        if (fault === "cut" && sent >= CUT_AT) response.destroy();
      });
    });
    return answer.on("end", () => response.end());
  });
  incoming.pipe(onward);
}
