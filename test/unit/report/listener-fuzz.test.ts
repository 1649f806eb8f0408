import { connect as connectTcp } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { REPORT_PATH, REPORT_SERVER_NAME } from "#api/report.ts";
import { DEADLINES } from "../../../operator/report/listener.ts";
import { DOCUMENT_BYTES } from "../../../operator/report/pod-document.ts";
import { until } from "../../support/machine/until.ts";
import { IDENTITY, listening, post } from "./listening.ts";
import { item, report, result } from "./reports.ts";

type World = Awaited<ReturnType<typeof listening>>;

/** Sends bytes over TLS, and resolves when the other side has ended the connection or answered. */
function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port, ca: IDENTITY.certificate, servername: REPORT_SERVER_NAME });
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      socket.end();
    });
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
    socket.on("secureConnect", () => socket.write(bytes));
  });
}

/** A task comes in, on a busy machine not always before a deadline of a few milliseconds. */
async function isWell({ port, token, faults, clock }: World): Promise<void> {
  await clock.advance(10_000);
  const body = report({ epoch: "well" });
  const come = () =>
    post({ port, token, body })
      .then(({ status }) => status === 200)
      .catch(() => false);
  await until("a message is taken", come);
  expect(faults).toEqual([]);
}

/** A message of which one part is anything. */
const almostReport = fc
  .tuple(
    fc.constantFrom(...Object.keys(report()), "progress", "items", "result", "__proto__", "constructor", "more"),
    fc.oneof(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(-1, 1e308, "", "x".repeat(5_000), [[]], { a: {} })),
  )
  .map(([field, value]) => {
    const body = { ...report({ items: [item("a")], result: result("failed") }) };
    return JSON.stringify(body).replace(/}$/, `,${JSON.stringify(field)}:${JSON.stringify(value)}}`);
  });
const deep = fc.nat(200_000).map((depth) => `{"items":${"[".repeat(depth)}`);
const bytes = fc.uint8Array({ maxLength: 3_000 }).map((array) => Buffer.from(array));
const zipped = fc.oneof(
  bytes,
  almostReport.map((text) => gzipSync(text)),
);

test("whatever body comes with a good token is answered, and the listener goes on", async () => {
  const world = await listening();
  const { port, token, clock } = world;
  const plain = fc.oneof(almostReport, deep, bytes).map((body) => ({ body, headers: {} }));
  const packed = zipped.map((body) => ({ body, headers: { "content-encoding": "gzip" } }));
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: packed }), async (message) => {
      await clock.advance(3_000);
      expect([200, 400, 403, 409]).toContain((await post({ port, token, ...message })).status);
    }),
    { numRuns: 150 },
  );
  await isWell(world);
});

test("whatever comes instead of a token is refused", async () => {
  const world = await listening();
  const { port, store } = world;
  const letters = fc.stringMatching(/^[\w.~+/=-]{0,400}$/);
  const tokens = fc.oneof(
    letters,
    fc.tuple(letters, letters, letters).map((parts) => parts.join(".")),
  );
  await fc.assert(
    fc.asyncProperty(tokens, async (token) => {
      expect((await post({ port, token, body: report() })).status).toBe(401);
    }),
    { numRuns: 60 },
  );
  expect(store.size).toBe(0);
  await isWell(world);
});

const HEAD = `POST ${REPORT_PATH} HTTP/1.1\r\nHost: x\r\n`;
describe("what is not HTTP as it should be", () => {
  test.each([
    ["nothing of HTTP", "hello\r\n\r\n"],
    ["two lengths", `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ["a length and chunks", `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["a negative length", `${HEAD}Content-Length: -1\r\n\r\n`],
    ["chunks without a size", `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ["a long header", `${HEAD}X: ${"x".repeat(100_000)}\r\n\r\n`],
    ["many headers", `${HEAD}${"X: y\r\n".repeat(20_000)}\r\n`],
    [
      "a wish for another protocol",
      `GET ${REPORT_PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n`,
    ],
    ["a tunnel", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a path that is a URL", "POST http://a.example/v1/report HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ])("ends the connection: %s", async (_, text) => {
    const world = await listening();
    expect(await sendRaw(world.port, text)).not.toContain("200 OK");
    await isWell(world);
  });

  test("random bytes, in TLS and without", async () => {
    const world = await listening();
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (sent, inTls) => {
        if (inTls) return void (await sendRaw(world.port, Buffer.concat([sent, Buffer.from("\r\n\r\n")])));
        const socket = connectTcp({ host: "127.0.0.1", port: world.port });
        socket.on("error", () => undefined);
        socket.end(sent);
        socket.resume();
        await new Promise((resolve) => socket.once("close", resolve));
      }),
      { numRuns: 30 },
    );
    await isWell(world);
  });

  test("several messages at once on one connection", async () => {
    const world = await listening();
    const body = JSON.stringify(report({ phase: "held" }));
    const one = `${HEAD}Authorization: Bearer ${world.token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    await sendRaw(world.port, one.repeat(50));
    expect(world.answers.length).toBeLessThan(50);
    await isWell(world);
  });
});

describe("who sends slowly or nothing", () => {
  const deadlines = { ...DEADLINES, handshake: 50, headers: 50, request: 100, idle: 50, check: 20 };

  test.each([
    ["no handshake", undefined],
    ["half of the headers", HEAD],
    ["half of a body", "half"],
  ])("is cut off: %s", async (_, sent) => {
    const world = await listening({ deadlines });
    const head = `${HEAD}Authorization: Bearer ${world.token}\r\nContent-Length: 100\r\n\r\n{`;
    if (sent !== undefined) await sendRaw(world.port, sent === "half" ? head : sent);
    else {
      const socket = connectTcp({ host: "127.0.0.1", port: world.port });
      socket.on("error", () => undefined);
      socket.resume();
      await new Promise((resolve) => socket.once("close", resolve));
    }
    await isWell(world);
  });
});

describe("many connections", () => {
  const open = (port: number): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port, ca: IDENTITY.certificate, servername: REPORT_SERVER_NAME };
      const socket = connectTls(options, () => resolve(socket));
      socket.on("error", reject);
    });

  test("without a token push each other out, and a task comes in", async () => {
    const world = await listening();
    const closed = new Set<number>();
    const sockets: { destroy(): void }[] = [];
    for (let i = 0; i < 600; i += 1) {
      const socket = connectTcp({ host: "127.0.0.1", port: world.port });
      socket.on("error", () => undefined);
      socket.on("close", () => closed.add(i));
      sockets.push(socket);
    }
    await until("the oldest are gone", () => closed.size >= 88);
    expect(Math.max(...closed)).toBeLessThan(300);
    await isWell(world);
    for (const socket of sockets) socket.destroy();
  });

  test("of one pod are few", async () => {
    const { port, token } = await listening();
    const body = JSON.stringify(report());
    const closed: number[] = [];
    const sockets: TLSSocket[] = [];
    for (let i = 0; i < 8; i += 1) {
      const socket = await open(port);
      socket.on("error", () => undefined);
      socket.once("close", () => closed.push(i));
      const heard = new Promise((resolve) => socket.once("data", resolve));
      socket.write(`${HEAD}Authorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      sockets.push(socket);
      await heard;
    }
    await until("all but four are gone", () => closed.length >= 4);
    for (const socket of sockets) socket.destroy();
  });
});

test("many pods that say as much as they may keep memory within its bound", async () => {
  const bounds = { pod: 64 * 1024, total: 1024 * 1024 };
  const pods = 40;
  // Every pod's own words stay, whatever there is no room for: who it is, how far it is, its result.
  const most = bounds.total + pods * DOCUMENT_BYTES;
  const { port, issuer, caches, store, clock } = await listening({ bounds });
  const [pod] = caches.pods.all();
  if (pod === undefined) throw new Error("there is no pod");
  const items = Array.from({ length: 110 }, (_, i) => item(`m${i}`, { message: "x".repeat(400) }));
  for (let i = 0; i < pods; i += 1) {
    const podUid = `pod-${i}`;
    caches.pods.set({ ...pod, metadata: { ...pod.metadata, uid: podUid, name: podUid } });
    const token = await issuer.tokenOf({ podUid });
    const answer = await post({ port, token, body: report({ items }), headers: { connection: "close" } });
    expect([200, 413]).toContain(answer.status);
    await clock.advance(1_000);
    expect(store.bytes).toBeLessThanOrEqual(most);
  }
  expect(store.bytes).toBeGreaterThan(bounds.total / 2);
});
