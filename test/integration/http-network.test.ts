import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readApi, readFrom } from "../support/loads/http-reading.ts";
import { freePort } from "../support/machine/free-port.ts";
import { makeCertificate } from "../support/servers/certificate.ts";

interface RawServer extends AsyncDisposable {
  readonly origin: string;
  /** How often it was connected to. */
  readonly count: () => number;
}

/** A server that does to each connection what the test says, once a request has come. */
async function raw(
  answer: (socket: Socket, number: number) => void,
  server: Server = createServer(),
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let number = 0;
  server.on(server.listenerCount("secureConnection") > 0 ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      number += 1;
      answer(socket, number);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    origin: `http://127.0.0.1:${port}`,
    count: () => number,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What is waited for an answer that does not come. */
const SHORT_MS = 300;
const BODY = '[{"id":1},{"id":2}]';
const head = (...headers: readonly string[]) =>
  ["HTTP/1.1 200 OK", "content-type: application/json", ...headers, "", ""].join("\r\n");
const whole = (socket: Socket) => socket.end(`${head(`content-length: ${BODY.length}`, "connection: close")}${BODY}`);

/** How an answer can end before it is complete, and what is said of it. */
const ENDS: readonly (readonly [string, (socket: Socket) => void, string])[] = [
  [
    "cut in its length",
    (socket) => socket.end(`${head("content-length: 19")}${BODY.slice(0, 9)}`),
    "closed before the answer was complete",
  ],
  [
    "cut between chunks",
    (socket) => socket.end(`${head("transfer-encoding: chunked")}9\r\n${BODY.slice(0, 9)}\r\n`),
    "closed before the answer was complete",
  ],
  [
    "cut inside of a chunk",
    (socket) => socket.end(`${head("transfer-encoding: chunked")}13\r\n${BODY.slice(0, 9)}`),
    "closed before the answer was complete",
  ],
  [
    "reset",
    (socket) => socket.write(`${head("content-length: 19")}${BODY.slice(0, 9)}`, () => socket.resetAndDestroy()),
    "closed before the answer was complete",
  ],
  ["closed without a word", (socket) => socket.end(), "closed before the answer was complete"],
  [
    "stopped in the middle",
    (socket) => void socket.write(`${head("content-length: 19")}${BODY.slice(0, 9)}`),
    "no more of the answer came in time",
  ],
  ["silent", () => undefined, "no answer came in time"],
  [
    "cut gzip of the right length",
    (socket) => {
      const zipped = gzipSync(BODY).subarray(0, -9);
      socket.write(head("content-encoding: gzip", `content-length: ${zipped.length}`));
      socket.end(zipped);
    },
    "the gzip of the answer is cut off",
  ],
];

describe.each<[string, object]>([
  ["of one page", {}],
  ["of pages", { paging: { link: {}, fullPage: 100 } }],
])("an answer %s that is", (_what, http) => {
  test.each(ENDS)(
    "%s is asked for again within the attempt, and said to be so when it stays so",
    async (_end, cut, words) => {
      const isSlow = words.endsWith("in time");
      await using flaky = await raw((socket, number) => void (number === 1 ? cut(socket) : whole(socket)));
      expect(await readFrom({ origin: flaky.origin, seen: [] }, http, isSlow ? SHORT_MS : undefined)).toMatchObject({
        rows: 2,
      });
      expect(flaky.count()).toBe(2);
      await using broken = await raw((socket) => cut(socket));
      await expect(readFrom({ origin: broken.origin, seen: [] }, http, SHORT_MS)).rejects.toMatchObject({
        kind: "transient",
        message: expect.stringMatching(new RegExp(`^connection api: GET ${broken.origin}/ failed: .*${words}`)),
      });
      expect(broken.count()).toBe(6);
    },
  );
});

describe("a host that cannot be read", () => {
  const failure = (origin: string) =>
    readFrom({ origin, seen: [] }, {}).then(
      () => expect.fail("it was read"),
      ({ kind, message }: { kind: string; message: string }) => `${kind}: ${message}`,
    );

  test("does not listen, or has no name", async () => {
    expect(await failure(`http://127.0.0.1:${await freePort()}`)).toMatch(
      /^transient: .*nothing listens there.*\(ECONNREFUSED\)/,
    );
    expect(await failure("http://nowhere.invalid")).toMatch(/^transient: .*the name of the host cannot be resolved/);
  });

  test("speaks no TLS, which nobody asks for again, or no HTTP", async () => {
    await using plain = await raw((socket) => socket.end("hello\r\n"));
    expect(await failure(plain.origin.replace("http:", "https:"))).toMatch(/^configuration: .*does not speak TLS/);
    expect(plain.count()).toBe(1);
    expect(await failure(plain.origin)).toMatch(/^transient: .*does not speak HTTP/);
  });

  test("has a certificate without a trusted signature, or for another name", async () => {
    const { certificate: cert, key } = makeCertificate("api.example");
    await using server = await raw(whole, createTlsServer({ cert, key }));
    const origin = server.origin.replace("http:", "https:");
    expect(await failure(origin)).toMatch(
      /^configuration: .*the certificate of the host is (not trusted|for another name)/,
    );
  });
});

test("gzip that no header tells of is unpacked, and its records are counted", async () => {
  const text = '{"id":1}\n{"id":2}\n{"id":3}\n';
  const body = Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))]);
  const lines = ['{"id":1}', '{"id":2}', '{"id":3}'];
  expect(await readApi({ format: "jsonl" }, () => ({ body }))).toMatchObject({ lines, rows: 3 });
  expect(await readApi({ paging: { link: {}, fullPage: 9 } }, () => ({ body: gzipSync('[{"id":1}]') }))).toMatchObject({
    rows: 1,
  });
  expect(await readApi({}, () => ({ body: gzipSync("[1,2]") }))).toMatchObject({ rows: 2 });
  await expect(readApi({}, () => ({ body: gzipSync("[1,2]").subarray(0, -9) }))).rejects.toMatchObject({
    code: "DamagedArchive",
  });
});
