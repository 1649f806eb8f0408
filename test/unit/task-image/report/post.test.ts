import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Report } from "#api/report.ts";
import { networkRules } from "../../../../task-image/network/network-rules.ts";
import { guardSockets } from "../../../../task-image/network/socket-guard.ts";
import { createRedactor } from "../../../../task-image/redaction.ts";
import { SYSTEM_CLOCK } from "../../../../task-image/report/clock.ts";
import { createPost, type Post } from "../../../../task-image/report/post.ts";
import { temporaryDirectory } from "../../../support/machine/temporary-directory.ts";
import { makeCertificate } from "../../../support/servers/certificate.ts";
import { GO, type ReportReply, type ReportServer, startReportServer } from "../../../support/tasks/report-server.ts";

const report: Report = {
  version: 1,
  run: "r",
  node: "n",
  attempt: 1,
  epoch: "e",
  seq: 1,
  kind: "snapshot",
  phase: "working",
};
const body = JSON.stringify(report);
const limits = () => ({ timeoutMs: 5000, signal: new AbortController().signal });

let tokenFile: string;
let server: ReportServer;
let reply: () => ReportReply;
beforeEach(async () => {
  tokenFile = join(temporaryDirectory("token"), "token");
  writeFileSync(tokenFile, "token-one\n");
  reply = () => GO;
  server = await startReportServer(() => reply());
});
afterEach(() => server[Symbol.asyncDispose]());

const redactor = createRedactor();
const postTo = (certificate = server.certificate): Post =>
  createPost({ certificate, tokenFile, redactor, clock: SYSTEM_CLOCK });
const url = () => new URL(server.url);

test("messages go over one connection, each with the token that the file has then", async () => {
  const post = postTo();
  expect(await post(url(), body, limits())).toEqual({ status: 200, body: JSON.stringify(GO), retryAfter: undefined });
  writeFileSync(tokenFile, "token-two");
  await post(url(), body, limits());
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-one", "Bearer token-two"]);
  expect(server.connections).toBe(1);
  expect(redactor.redact("token-one, token-two")).toBe("[redacted], [redacted]");
});

test("a connection that the server has closed while it rested is made again", async () => {
  const post = postTo();
  await post(url(), body, limits());
  reply = () => (server.connections === 1 ? (response) => void response.socket?.destroy() : GO);
  expect(await post(url(), body, limits())).toMatchObject({ status: 200 });
  expect(server.connections).toBe(2);
});

test("another server is told nothing, not even the token", async () => {
  const others = [makeCertificate("kelt-report"), makeCertificate("elsewhere")];
  for (const other of others) {
    await using impostor = await startReportServer(() => GO, other);
    await expect(postTo()(new URL(impostor.url), body, limits())).rejects.toThrow();
    expect(impostor.seen).toEqual([]);
  }
});

test("a certificate for another name is not trusted, even where it is the one that is named", async () => {
  await using other = await startReportServer(() => GO, makeCertificate("elsewhere"));
  await expect(postTo(other.certificate)(new URL(other.url), body, limits())).rejects.toThrow("kelt-report");
  expect(other.seen).toEqual([]);
});

describe("whatever a server does, the post ends", () => {
  test.each<[string, ReportReply, string]>([
    ["closes before it answers", (response) => void response.socket?.destroy(), "socket hang up"],
    [
      "closes in the middle",
      (response) => void response.writeHead(200, { "content-length": 99 }).write("{", () => response.destroy()),
      "aborted",
    ],
    ["answers without end", endless, "its answer is longer than 65536 bytes"],
    ["sends headers and no more", (response) => response.writeHead(200).flushHeaders(), "it does not answer in time"],
    ["never answers", () => undefined, "it does not answer in time"],
  ])("%s", async (_what, does, expected) => {
    reply = () => does;
    await expect(postTo()(url(), body, { ...limits(), timeoutMs: 700 })).rejects.toThrow(expected);
  });

  test("speaks no TLS", async () => {
    const plain = createServer((socket) => void socket.end("HTTP/1.1 200 OK\r\n\r\n"));
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const { port } = plain.address() as { port: number };
    await expect(postTo()(new URL(`https://127.0.0.1:${port}`), body, limits())).rejects.toThrow();
    plain.close();
  });

  test("is not there", async () => {
    const { url: gone } = server;
    await server[Symbol.asyncDispose]();
    await expect(postTo()(new URL(gone), body, limits())).rejects.toThrow("ECONNREFUSED");
    server = await startReportServer();
  });

  test("or the task stops", async () => {
    const stop = new AbortController();
    reply = () => () => stop.abort();
    await expect(postTo()(url(), body, { timeoutMs: 5000, signal: stop.signal })).rejects.toThrow("abort");
  });
});

test("a token that is not there is an error like any other", async () => {
  await expect(
    createPost({ certificate: server.certificate, tokenFile: "/nowhere", redactor, clock: SYSTEM_CLOCK })(
      url(),
      body,
      limits(),
    ),
  ).rejects.toThrow("ENOENT");
});

describe("under the rules for sockets", () => {
  let guard: Disposable;
  beforeEach(() => {
    guard = guardSockets(networkRules({ forbidden: ["127.0.0.0/8"] }, {}));
  });
  afterEach(() => guard[Symbol.dispose]());

  test("the channel reaches its address, and nothing else does", async () => {
    expect(await postTo()(url(), body, limits())).toMatchObject({ status: 200 });
    await expect(fetch(server.url)).rejects.toMatchObject({ cause: { code: "ForbiddenAddress" } });
  });

  test("so does a name, by the addresses that it has", async () => {
    const named = new URL(server.url);
    named.hostname = "localhost";
    expect(await postTo()(named, body, limits())).toMatchObject({ status: 200 });
  });
});

function endless(response: {
  write(text: string): boolean;
  on(event: string, listener: () => void): unknown;
  destroyed: boolean;
}): void {
  const more = () => {
    while (!response.destroyed && response.write("x".repeat(16_384)));
  };
  response.on("drain", more);
  more();
}
