import { X509Certificate } from "node:crypto";
import { type LookupAddress, lookup } from "node:dns";
import { readFile } from "node:fs/promises";
import { Agent, type RequestOptions, request } from "node:https";
import type { LookupFunction } from "node:net";
import { checkServerIdentity } from "node:tls";
import { REPORT_PATH, REPORT_SERVER_NAME } from "#api/report.ts";
import { reachingHost } from "../network/socket-guard.ts";
import type { Redactor } from "../redaction.ts";
import type { Reply } from "./answer.ts";
import type { Clock } from "./clock.ts";
import { hostOf } from "./route.ts";

/** Longest body of a response, in bytes. */
const BODY_BYTES_MAX = 64 * 1024;
/** An address that no connection comes from in this time is not waited for any longer: another one may be there. */
const CONNECT_MS = 2000;
/** What a connection says that the other side has closed while nothing ran on it. */
const CLOSED = new Set(["ECONNRESET", "EPIPE"]);

/** Sends one message and reads the response to its end. Rejects where none comes within `timeoutMs`, or `signal` is aborted. */
export type Post = (url: URL, body: string, limits: PostLimits) => Promise<Reply>;

export interface PostLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface PostOptions {
  /** PEM of the one certificate that is trusted. */
  readonly certificate: string;
  /** Where the kubelet keeps the token. It renews the token, so the file is read for every message. */
  readonly tokenFile: string;
  readonly redactor: Redactor;
  readonly clock: Clock;
}

/** Posts over one connection that is kept, to no other server than the one whose certificate is named. Variables of proxies play no role. */
export function createPost({ certificate, tokenFile, redactor, clock }: PostOptions): Post {
  const trusted = new X509Certificate(certificate).fingerprint256;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: certificate,
    servername: REPORT_SERVER_NAME,
    rejectUnauthorized: true,
    checkServerIdentity: (name, found) =>
      found.fingerprint256 === trusted ? checkServerIdentity(name, found) : new Error("it shows another certificate"),
  });
  return async (url, body, { timeoutMs, signal }) => {
    const token = (await readFile(tokenFile, "utf8")).trim();
    redactor.add(token);
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const options = { agent, method: "POST", path: REPORT_PATH, headers, signal };
    const deadline = clock.monotonic() + timeoutMs;
    const send = () => exchange(url, options, body, { clock, deadline });
    return await send().catch((error: unknown) => {
      // The other side closes connections that rest, and may do so in the moment in which this one is used again.
      if (isClosedAtRest(error)) return send();
      throw error;
    });
  };
}

interface Limits {
  readonly clock: Clock;
  readonly deadline: number;
}

function exchange(url: URL, options: RequestOptions, body: string, { clock, deadline }: Limits): Promise<Reply> {
  const host = hostOf(url);
  return reachingHost(host, (found) => {
    return new Promise<Reply>((resolve, reject) => {
      const sent = request({ ...options, host, port: url.port || "443", lookup: noting(found) }, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          length += chunk.length;
          chunks.push(chunk);
          if (length > BODY_BYTES_MAX) sent.destroy(new Error(`its answer is longer than ${BODY_BYTES_MAX} bytes`));
        });
        response.on("error", reject);
        response.on("close", () => reject(new Error("its answer ends early")));
        response.on("end", () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, body: Buffer.concat(chunks).toString(), retryAfter: headers["retry-after"] });
        });
      });
      const within = (ms: number, what: string) =>
        clock.after(Math.max(0, ms), () => void sent.destroy(new Error(what)));
      const cancelConnect = within(CONNECT_MS, "no connection comes about in time");
      const cancelAnswer = within(deadline - clock.monotonic(), "it does not answer in time");
      sent.on("socket", (socket) => {
        if (sent.reusedSocket) cancelConnect();
        else socket.once("secureConnect", cancelConnect);
      });
      sent.on("close", () => {
        cancelConnect();
        cancelAnswer();
      });
      sent.on("error", (error) => reject(Object.assign(error, { wasAtRest: sent.reusedSocket })));
      sent.end(body);
    });
  });
}

/** Resolves as the system does, and tells which addresses it found. */
function noting(found: (address: string) => void): LookupFunction {
  return (name, options, callback) => {
    lookup(name, options, (error, answer: string | LookupAddress[], family) => {
      const addresses = typeof answer === "string" ? [answer] : (answer ?? []).map(({ address }) => address);
      for (const address of addresses) found(address);
      callback(error, answer, family);
    });
  };
}

function isClosedAtRest(error: unknown): boolean {
  const { wasAtRest, code } = error as { readonly wasAtRest?: boolean; readonly code?: string };
  return wasAtRest === true && code !== undefined && CLOSED.has(code);
}
