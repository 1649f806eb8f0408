import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

/** A request on its way to the store. */
export interface PassingRequest {
  readonly method: string;
  readonly path: string;
  readonly what: "list" | "get" | "head" | "upload" | "complete" | "other";
  readonly key: string;
  /** How many of its kind there were for this key, from 1. */
  readonly number: number;
  /** The header Range. */
  readonly range: string | undefined;
}

/** What becomes of a request: the store's own answer, changed or not, or another one. */
export type Fault =
  | "pass"
  /** Another answer than the store's, with S3's word for it. */
  | { readonly status: number; readonly code: string }
  /** 503 without a body, as a proxy says it. */
  | "refuse"
  /** The store does what was asked, and its answer is lost. */
  | "lose"
  /** The connection is reset after so many bytes of the body. */
  | { readonly resetAt: number }
  /** The body ends after so many bytes as if that were all. */
  | { readonly endAt: number }
  /** Each piece of the body waits for so many milliseconds. */
  | { readonly slowMs: number }
  /** The whole object, although a part of it was asked for. */
  | { readonly whole: Buffer; readonly etag: string }
  /** The text of the answer is changed. */
  | { readonly rewrite: (text: string) => string };

/** A server between client and store. */
export interface StoreFront extends AsyncDisposable {
  readonly endpoint: string;
  /** Every request so far, and what became of it. */
  readonly requests: readonly (PassingRequest & { readonly fault: Fault })[];
}

/**
 * Starts one that does to each request what `fault` says, which may do something to the store first. `onLost` is called when the
 * store has answered what is lost.
 */
export async function startStoreFront(
  endpoint: string,
  fault: (request: PassingRequest) => Fault | Promise<Fault>,
  onLost: () => void = () => undefined,
): Promise<StoreFront> {
  const requests: (PassingRequest & { fault: Fault })[] = [];
  const counts = new Map<string, number>();
  const front = createServer(async (incoming, response) => {
    const described = describeRequest(incoming, counts);
    const what = await fault(described);
    requests.push({ ...described, fault: what });
    if (what === "refuse") response.writeHead(503).end();
    else if (typeof what === "object" && "code" in what) refuse(response, what);
    else if (typeof what === "object" && "whole" in what) {
      response.writeHead(200, { etag: `"${what.etag}"`, "content-length": what.whole.length }).end(what.whole);
    } else forward({ endpoint, onLost }, incoming, response, what);
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  const { port } = front.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}

function describeRequest(
  { method = "GET", url: path = "/", headers }: IncomingMessage,
  counts: Map<string, number>,
): PassingRequest {
  const { pathname, searchParams } = new URL(path, "http://store");
  const key = decodeURIComponent(pathname.split("/").slice(2).join("/"));
  const what = kindOf(method, searchParams);
  const number = (counts.get(`${what} ${key}`) ?? 0) + 1;
  counts.set(`${what} ${key}`, number);
  return { method, path, what, key, number, range: headers.range };
}

function kindOf(method: string, query: URLSearchParams): PassingRequest["what"] {
  if (method === "GET") return query.has("list-type") ? "list" : "get";
  if (method === "HEAD") return "head";
  if (method === "PUT") return "upload";
  return method === "POST" && query.has("uploadId") ? "complete" : "other";
}

function refuse(response: ServerResponse, { status, code }: { readonly status: number; readonly code: string }): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<Error><Code>${code}</Code><Message>Said by the test.</Message></Error>`);
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
    if (fault !== "lose") return void relay(answer, response, fault).catch(() => response.destroy());
    answer.resume().on("end", () => {
      store.onLost();
      response.destroy();
    });
  });
  onward.on("error", () => response.destroy());
  incoming.pipe(onward);
}

async function relay(answer: IncomingMessage, response: ServerResponse, fault: Fault): Promise<void> {
  const { statusCode: status = 500, headers } = answer;
  if (typeof fault === "object" && "rewrite" in fault) {
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) text += chunk;
    const { "content-length": _, ...others } = headers;
    response.writeHead(status, others).end(fault.rewrite(text));
    return;
  }
  const { length, isReset, slowMs } = wayOf(fault, Number(headers["content-length"]));
  response.writeHead(
    status,
    isReset ? headers : { ...headers, ...(length === undefined ? {} : { "content-length": length }) },
  );
  let left = length ?? Number.POSITIVE_INFINITY;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    await setTimeout(slowMs);
    const piece = chunk.subarray(0, left);
    await new Promise((resolve) => response.write(piece, resolve));
    left -= piece.length;
    if (left === 0) break;
  }
  if (isReset && left === 0) response.destroy();
  else response.end();
}

/** How many bytes of a body go through, if not all, and how. */
function wayOf(fault: Fault, declared: number) {
  const whole = { length: undefined, isReset: false, slowMs: 0 };
  if (typeof fault !== "object") return whole;
  if ("resetAt" in fault) return { ...whole, length: fault.resetAt, isReset: true };
  if ("endAt" in fault && fault.endAt < declared) return { ...whole, length: fault.endAt };
  return "slowMs" in fault ? { ...whole, slowMs: fault.slowMs } : whole;
}
