import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TemporaryKeys } from "./sts.ts";

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A server in front of a store that knows no sessions: it lets one session in, and nobody else. */
export interface SessionFront extends AsyncDisposable {
  readonly endpoint: string;
  /** Requests that were let in. */
  readonly admitted: () => number;
}

/**
 * Starts one. A request that carries the session's token and is signed with its keys goes to the store, signed anew with the
 * store's own; every other one is refused as S3 does it.
 */
export async function startSessionFront(endpoint: string, own: Keys, session: TemporaryKeys): Promise<SessionFront> {
  let admitted = 0;
  const front = createServer((incoming, response) => {
    const refusal = refusalOf(incoming, session);
    if (refusal !== undefined) return refuse(response, refusal);
    admitted += 1;
    forward(endpoint, own, incoming, response);
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  const { port } = front.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    admitted: () => admitted,
    [Symbol.asyncDispose]: async () => {
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}

function refusalOf({ method = "", url = "", headers }: IncomingMessage, session: TemporaryKeys): string | undefined {
  if (headers["x-amz-security-token"] !== session.sessionToken) return "InvalidToken";
  const { authorization = "" } = headers;
  const scope = /Credential=([^/]+)\/([^,]+),/.exec(authorization);
  const signedHeaders = /SignedHeaders=([^,]+),/.exec(authorization)?.[1]?.split(";") ?? [];
  if (scope?.[1] !== session.accessKeyId) return "InvalidAccessKeyId";
  if (!signedHeaders.includes("x-amz-security-token")) return "SignatureDoesNotMatch";
  const expected = authorizationOf({ method, url, headers }, signedHeaders, scope[2] ?? "", session);
  const [found, wanted] = [authorization, expected].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(found as Buffer, wanted as Buffer) ? undefined : "SignatureDoesNotMatch";
}

function forward(endpoint: string, own: Keys, incoming: IncomingMessage, response: ServerResponse): void {
  const { method = "", url = "", headers } = incoming;
  const { "x-amz-security-token": _, authorization = "", ...kept } = headers;
  const scope = /Credential=[^/]+\/([^,]+),/.exec(authorization)?.[1] ?? "";
  const signed = Object.keys(kept).filter((name) => name === "host" || name.startsWith("x-amz-"));
  const signature = authorizationOf({ method, url, headers: kept }, signed.sort(), scope, own);
  const onward = request(
    new URL(url, endpoint),
    { method, headers: { ...kept, authorization: signature } },
    (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    },
  );
  incoming.pipe(onward);
}

interface Signed {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; `scope` is `date/region/s3/aws4_request`. */
function authorizationOf(
  { method, url, headers }: Signed,
  signedHeaders: readonly string[],
  scope: string,
  { accessKeyId, secretAccessKey }: Keys,
): string {
  const [path = "", query = ""] = url.split("?");
  const parameters = query === "" ? [] : query.split("&").map((part) => (part.includes("=") ? part : `${part}=`));
  const canonical = [
    method,
    path,
    parameters.sort().join("&"),
    ...signedHeaders.map((name) => `${name}:${String(headers[name] ?? "").trim()}`),
    "",
    signedHeaders.join(";"),
    headers["x-amz-content-sha256"],
  ].join("\n");
  const hash = createHash("sha256").update(canonical).digest("hex");
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hash].join("\n");
  const key = scope
    .split("/")
    .reduce<Buffer>((secret, part) => hmac(secret, part), Buffer.from(`AWS4${secretAccessKey}`));
  const signature = hmac(key, text).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function refuse(response: ServerResponse, code: string): void {
  const status = code === "InvalidToken" ? 400 : 403;
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<Error><Code>${code}</Code><Message>the session is not known</Message></Error>`);
}
