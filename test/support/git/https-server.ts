import { execFileSync, spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { freePort } from "../machine/free-port.ts";
import { makeCertificate } from "../servers/certificate.ts";

export interface GitHttpsServer {
  /** `https://localhost:PORT`. */
  readonly url: string;
  /** What its certificate is signed by: itself. */
  readonly certificate: string;
  /** Requests so far, as `GET /models.git/info/refs`. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

export interface GitHttpsOptions {
  /** `user:password` that requests have to have. */
  readonly login?: string;
  /** Answers a request in the place of git; false where git is to. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** git's own HTTP server, http-backend, behind TLS and basic authentication. */
export async function startGitHttps(root: string, { login, instead }: GitHttpsOptions = {}): Promise<GitHttpsServer> {
  const { certificate, key } = makeCertificate("localhost");
  const requests: string[] = [];
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString("base64")}`;
  const server = createServer({ cert: certificate, key }, (request, response) => {
    requests.push(`${request.method} ${request.url?.split("?")[0]}`);
    if (instead?.(request, response) === true) return;
    if (wanted !== undefined && request.headers.authorization !== wanted) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("who are you?");
      return;
    }
    serve(root, request, response);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  return {
    ...{ url: `https://localhost:${port}`, certificate, requests },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** By the Common Gateway Interface, RFC 3875. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? "/", "https://localhost");
  const backend = `${execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim()}/git-http-backend`;
  const child = spawn(backend, {
    env: {
      ...{ GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: "1", PATH_INFO: pathname, QUERY_STRING: search.slice(1) },
      ...{
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        PATH: process.env.PATH,
      },
      GIT_CONFIG_NOSYSTEM: "1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.on("error", () => response.destroy());
  child.stdin.on("error", () => undefined);
  request.pipe(child.stdin);
  let head = Buffer.alloc(0);
  const onHead = (piece: Buffer) => {
    head = Buffer.concat([head, piece]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    child.stdout.off("data", onHead);
    const fields = head
      .subarray(0, end)
      .toString("latin1")
      .split("\r\n")
      .map((line) => line.split(": ") as [string, string]);
    const status = fields.find(([name]) => name === "Status")?.[1] ?? "200";
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(fields.filter(([name]) => name !== "Status")));
    response.write(head.subarray(end + 4));
    child.stdout.pipe(response);
  };
  child.stdout.on("data", onHead);
}
