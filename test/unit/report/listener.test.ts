import { Agent } from "node:https";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { REPORT_BYTES_MAX } from "#api/report.ts";
import { HOLD_MS } from "../../../operator/report/listener.ts";
import { until } from "../../support/machine/until.ts";
import { type Call, listening, post } from "./listening.ts";
import { item, report, result } from "./reports.ts";
import { SENDER } from "./world.ts";

const largest = (bytes: number) => {
  const body = Buffer.alloc(bytes, 0x20);
  body.write(JSON.stringify(report()));
  return body;
};

describe("a message", () => {
  test("is taken and answered over one connection that stays open", async () => {
    const { port, token, store } = await listening();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    agent.on("free", (socket) => sockets.add(socket));
    for (let seq = 1; seq <= 3; seq += 1) {
      const body = report({ seq, kind: seq === 1 ? "snapshot" : "delta", items: [item(`m${seq}`)] });
      const { status, text } = await post({ port, token, body, agent });
      expect([status, JSON.parse(text)]).toEqual([200, { order: "go", everyMs: 250 }]);
    }
    agent.destroy();
    expect(store.of(SENDER.podUid)?.items).toHaveLength(3);
    expect(sockets.size).toBe(1);
  });

  test("may come in gzip", async () => {
    const { port, token, store } = await listening();
    const body = gzipSync(JSON.stringify(report({ items: [item("a")] })));
    expect((await post({ port, token, body, headers: { "content-encoding": "gzip" } })).status).toBe(200);
    expect(store.of(SENDER.podUid)?.items).toEqual([item("a")]);
  });

  test("may be as long as the contract says", async () => {
    const { port, token } = await listening();
    expect((await post({ port, token, body: largest(REPORT_BYTES_MAX) })).status).toBe(200);
  });

  test("wakes its run", async () => {
    const { port, token, woken } = await listening();
    await post({ port, token, body: report({ result: result("succeeded"), phase: "done" }) });
    expect(woken).toEqual(["team/films-1"]);
  });

  test("of a pod that is not in the caches comes again, and one without a snapshot is asked for it", async () => {
    const { port, token, caches } = await listening();
    const [pod] = caches.pods.all();
    if (pod === undefined) throw new Error("there is no pod");
    caches.pods.delete(pod.metadata);
    expect((await post({ port, token, body: report() })).status).toBe(425);
    caches.pods.set(pod);
    expect((await post({ port, token, body: report({ kind: "delta" }) })).status).toBe(409);
  });
});

describe("refused", () => {
  const cases: [number, string, (token: string) => Omit<Call, "port">][] = [
    [404, "another path", (token) => ({ token, path: "/" })],
    [404, "the path with a query", (token) => ({ token, path: "/v1/report?x" })],
    [405, "another method", (token) => ({ token, method: "PUT" })],
    [401, "no token", () => ({ body: report() })],
    [401, "a token that is none", () => ({ token: "eyJ.x.y", body: report() })],
    [400, "no JSON", (token) => ({ token, body: "{" })],
    [400, "nothing", (token) => ({ token, body: "" })],
    [400, "a field that is not known", (token) => ({ token, body: { ...report(), more: 1 } })],
    [
      400,
      "an encoding that is not known",
      (token) => ({ token, body: report(), headers: { "content-encoding": "br" } }),
    ],
    [400, "no gzip", (token) => ({ token, body: report(), headers: { "content-encoding": "gzip" } })],
    [403, "another attempt", (token) => ({ token, body: report({ attempt: 7 }) })],
    [413, "a body that is too long", (token) => ({ token, body: largest(REPORT_BYTES_MAX + 1) })],
    [
      413,
      "gzip of a body that is too long",
      (token) => ({ token, body: gzipSync(largest(50 * REPORT_BYTES_MAX)), headers: { "content-encoding": "gzip" } }),
    ],
  ];
  test.each(cases)("with %i is %s", async (status, _, call) => {
    const { port, token, store, answers, faults } = await listening();
    expect((await post({ port, ...call(token) })).status).toBe(status);
    expect([answers, faults, store.size]).toEqual([[status], [], 0]);
  });

  test("another pod's token on the connection of one is refused", async () => {
    const { port, token, issuer } = await listening();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await post({ port, token, body: report(), agent })).status).toBe(200);
    expect((await post({ port, token: await issuer.tokenOf({ podUid: "other" }), body: report(), agent })).status).toBe(
      403,
    );
    agent.destroy();
  });

  test("messages name what is wrong, and never what was found", async () => {
    const { port, token } = await listening();
    const { text } = await post({ port, token, body: report({ items: [item("a", { state: "s3cret" as "Failed" })] }) });
    expect(text).toContain("items.0.state");
    expect(text).not.toContain("s3cret");
  });
});

describe("a pod that speaks too much", () => {
  test("waits as long as it is told, and others do not", async () => {
    const { port, token, issuer, clock } = await listening();
    const agent = new Agent({ keepAlive: true });
    const send = (as: string) => post({ port, token: as, body: report(), agent });
    const answers = await Promise.all(Array.from({ length: 130 }, () => send(token)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(29);
    expect(refused[0]?.headers["retry-after"]).toBe("1");
    const other = await issuer.tokenOf({ podUid: "other" });
    expect((await post({ port, token: other, body: report(), headers: { connection: "close" } })).status).toBe(425);
    await clock.advance(1_000);
    expect((await send(token)).status).toBe(200);
    agent.destroy();
  });
});

describe("a replica that does not lead", () => {
  test("names the leader, where it knows one", async () => {
    const standby = await listening({ leads: () => false, leaderUrl: () => "https://10.0.0.7:8443" });
    const { status, text } = await post({ ...standby, body: report() });
    expect([status, JSON.parse(text)]).toEqual([421, { leader: "https://10.0.0.7:8443" }]);
    const alone = await listening({ leads: () => false });
    expect(JSON.parse((await post({ ...alone, body: report() })).text)).toEqual({});
    expect([standby.store.size, alone.store.size]).toEqual([0, 0]);
  });

  test("is one that stopped leading while it read", async () => {
    let asked = 0;
    const { port, token, store } = await listening({ leads: () => ++asked === 1 });
    expect((await post({ port, token, body: report() })).status).toBe(421);
    expect(store.size).toBe(0);
  });
});

describe("a held task", () => {
  const held = report({ phase: "held" });

  test("hears at once what it is to do when that is decided", async () => {
    const { port, token, store } = await listening();
    const answer = post({ port, token, body: held });
    await until("it is heard", () => Promise.resolve(store.of(SENDER.podUid)?.held === true));
    store.order(SENDER.podUid, "go");
    expect(JSON.parse((await answer).text)).toMatchObject({ order: "go" });
  });

  test("hears at once what was decided before", async () => {
    const { port, token, store } = await listening();
    store.order(SENDER.podUid, "cancel");
    expect(JSON.parse((await post({ port, token, body: held })).text)).toMatchObject({ order: "cancel" });
  });

  test("hears after ten seconds that it is to wait on", async () => {
    const { port, token, clock } = await listening();
    const answer = post({ port, token, body: held });
    await until("it waits", () => Promise.resolve(clock.pending > 0));
    await clock.advance(HOLD_MS);
    expect(JSON.parse((await answer).text)).toMatchObject({ order: "hold" });
  });

  test("that goes away leaves nothing behind", async () => {
    const { port, token, clock } = await listening();
    const agent = new Agent({ keepAlive: true });
    const answer = post({ port, token, body: held, agent }).catch((error: Error) => error.message);
    await until("it waits", () => Promise.resolve(clock.pending > 0));
    agent.destroy();
    expect(await answer).toContain("hang up");
    await until("the wait has ended", () => Promise.resolve(clock.pending === 0));
  });
});
