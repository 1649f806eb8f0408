import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { type ApiError, NO_ANSWER } from "../../../operator/kube/api-error.ts";
import { KubeClient } from "../../../operator/kube/client.ts";
import { type Clock, systemClock } from "../../../operator/kube/clock.ts";
import type { CredentialSource, Credentials } from "../../../operator/kube/credentials.ts";
import type { CallMeasure } from "../../../operator/kube/http-call.ts";
import { SocketPools } from "../../../operator/kube/socket-pools.ts";
import { TRANSPORT_SETTINGS, Transport, type TransportServices } from "../../../operator/kube/transport.ts";
import {
  answer,
  type HttpExchange,
  type HttpServer,
  reset,
  startHttpServer,
  statusObject,
  until,
} from "../../support/fake-cluster/fake-api-http.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";

const KEY = { namespace: "ns", name: "a" };
const FAST_CLOCK: Clock = { ...systemClock, after: (_, callback) => systemClock.after(0, callback) };

let close: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(close.map((end) => end()));
  close = [];
});

interface Setup extends Partial<TransportServices> {
  readonly credentials?: (server: HttpServer) => CredentialSource;
}

async function connect(handle: (exchange: HttpExchange, count: number) => void, setup: Setup = {}) {
  let count = 0;
  const server = await startHttpServer((exchange) => handle(exchange, ++count));
  const clock = setup.clock ?? FAST_CLOCK;
  const source = setup.credentials?.(server) ?? server.credentials;
  const parts = { clock, random: () => 0.5, settings: TRANSPORT_SETTINGS, ...setup };
  const transport = new Transport({ ...parts, connections: new SocketPools(source, clock) });
  close.push(
    () => server.close(),
    () => transport.close(),
  );
  return { server, kube: new KubeClient(transport) };
}

function ok(exchange: HttpExchange): void {
  answer(exchange, 200, { metadata: { name: "a", resourceVersion: "1" } });
}

async function failure(call: Promise<unknown>): Promise<ApiError> {
  return await call.then(
    () => {
      throw new Error("expected the call to fail, it succeeded");
    },
    (error: ApiError) => error,
  );
}

describe("connections", () => {
  it("sends one call after the other over connections that are open already", async () => {
    const { kube, server } = await connect(ok);
    for (let index = 0; index < 20; index++) await kube.get("Job", KEY);
    expect(server.requests).toHaveLength(20);
    // The second begins while undici still puts the first one's connection back.
    expect(server.connections.length).toBeLessThanOrEqual(2);
  });

  it("keeps calls, watches and the lease on connections of their own", async () => {
    const ports = { jobs: new Set<unknown>(), leases: new Set<unknown>(), watches: new Set<unknown>() };
    const { kube } = await connect((exchange) => {
      const { url, request } = exchange;
      const group = url.searchParams.has("watch") ? "watches" : url.pathname.includes("leases") ? "leases" : "jobs";
      ports[group].add(request.socket.remotePort);
      ok(exchange);
    });
    const options = { resourceVersion: "1", timeoutSeconds: 300, signal: new AbortController().signal };
    for (let round = 0; round < 5; round++) {
      await kube.get("Job", KEY);
      await kube.get("Lease", KEY);
      await kube.watch("Job", options)[Symbol.asyncIterator]().next();
    }
    const all = Object.values(ports).flatMap((group) => [...group]);
    expect(all).toHaveLength(new Set(all).size);
  });

  it("connects anew when the certificates change, and only then", async () => {
    const clock = new FakeClock();
    let ca = "first";
    const credentials = (server: HttpServer): CredentialSource => {
      const read = async () => ({ ...(await server.credentials.read()), tls: { ca } });
      return { read, reload: read };
    };
    const { kube, server } = await connect(ok, { clock, credentials });
    await kube.get("Job", KEY);
    await clock.advance(61_000);
    await kube.get("Job", KEY);
    expect(server.connections).toHaveLength(1);
    ca = "second";
    await clock.advance(61_000);
    await kube.get("Job", KEY);
    expect(server.connections).toHaveLength(2);
    await until(() => server.connections[0]?.destroyed === true);
  });

  it("goes on with the last credentials while they cannot be read", async () => {
    const clock = new FakeClock();
    let readable = true;
    const credentials = (server: HttpServer): CredentialSource => {
      const read = () => (readable ? server.credentials.read() : Promise.reject(new Error("ENOENT: token")));
      return { read, reload: read };
    };
    const { kube } = await connect(ok, { clock, credentials });
    await kube.get("Job", KEY);
    readable = false;
    await clock.advance(61_000);
    await expect(kube.get("Job", KEY)).resolves.toBeDefined();
  });

  it("says what is wrong with credentials that were never readable", async () => {
    const read = () => Promise.reject(new Error("ENOENT: no such file: token"));
    const { kube } = await connect(ok, { credentials: () => ({ read, reload: read }) });
    const error = await failure(kube.create("Job", "ns", { metadata: { name: "a" } }));
    expect(error).toMatchObject({ status: NO_ANSWER, reason: "NoAnswer" });
    expect(error.message).toContain("ENOENT: no such file: token");
  });

  it("reads the credentials again after a 401 and sends the call once more", async () => {
    const seen: (string | undefined)[] = [];
    const credentials = (server: HttpServer): CredentialSource => {
      const make = (token: string): Credentials => ({
        server: server.origin,
        headers: { authorization: token },
        tls: {},
      });
      return { read: async () => make("old"), reload: async () => make("new") };
    };
    const handle = (exchange: HttpExchange) => {
      seen.push(exchange.request.headers.authorization);
      if (exchange.request.headers.authorization === "new") ok(exchange);
      else answer(exchange, 401, statusObject(401, "Unauthorized", "Unauthorized"));
    };
    const { kube } = await connect(handle, { credentials });
    await kube.create("Job", "ns", { metadata: { name: "a" } });
    await kube.get("Job", KEY);
    expect(seen).toEqual(["old", "new", "new"]);
  });

  it("does not read the credentials in a loop when the server refuses all of them", async () => {
    let reloads = 0;
    const credentials = (server: HttpServer): CredentialSource => ({
      read: server.credentials.read,
      reload: () => {
        reloads++;
        return server.credentials.read();
      },
    });
    const clock = new FakeClock();
    const refuse = (exchange: HttpExchange) => answer(exchange, 401, statusObject(401, "Unauthorized", "Unauthorized"));
    const { kube } = await connect(refuse, { credentials, clock });
    for (let index = 0; index < 5; index++) expect((await failure(kube.get("Job", KEY))).status).toBe(401);
    expect(reloads).toBe(1);
  });
});

describe("the pace", () => {
  it("holds calls back and never the lease", async () => {
    const clock = new FakeClock();
    const pace = { ...TRANSPORT_SETTINGS.pace, total: { perSecond: 1, burst: 1 } };
    const settings = { ...TRANSPORT_SETTINGS, pace };
    const { kube, server } = await connect(ok, { clock, settings });
    await kube.get("Job", KEY);
    const second = kube.get("Job", KEY);
    await kube.get("Lease", KEY);
    await kube.get("Lease", KEY);
    expect(server.requests).toHaveLength(3);
    await clock.advance(1_000);
    await second;
    expect(server.requests).toHaveLength(4);
  });

  it("lets a Job go at once, however many NodeReports wait for their own", async () => {
    const clock = new FakeClock();
    const detailPace = { ...TRANSPORT_SETTINGS.detailPace, total: { perSecond: 1, burst: 1 } };
    const { kube, server } = await connect(ok, { clock, settings: { ...TRANSPORT_SETTINGS, detailPace } });
    const details = Array.from({ length: 9 }, () => kube.patch("NodeReport", KEY, {}, { subresource: "status" }));
    await details[0];
    await kube.create("Job", "ns", { metadata: { name: "a" } });
    expect(server.requests.map((request) => request.split(" ", 1)[0])).toEqual(["PATCH", "POST"]);
    for (const detail of details.slice(1)) {
      await clock.advance(1_000);
      await detail;
    }
  });
});

describe("failures", () => {
  it("asks again after a reset when asking twice does no harm", async () => {
    const { kube, server } = await connect((exchange, count) => (count < 3 ? reset(exchange) : ok(exchange)));
    expect((await kube.get("Job", KEY)).metadata.name).toBe("a");
    expect(server.requests).toHaveLength(3);
  });

  it("never sends a create or a patch twice after a reset or a server's fault", async () => {
    const { kube, server } = await connect((exchange, count) =>
      count === 1 ? reset(exchange) : answer(exchange, 500, "boom"),
    );
    expect(await failure(kube.create("Job", "ns", { metadata: { name: "a" } }))).toMatchObject({ status: NO_ANSWER });
    expect(await failure(kube.patch("Pipeline", KEY, {}, { subresource: "status" }))).toMatchObject({ status: 500 });
    expect(server.requests).toHaveLength(2);
  });

  it("sends even a create again after a 429, not before the server allows it", async () => {
    const clock = new FakeClock();
    const busy = statusObject(429, "TooManyRequests", "busy");
    const handle = (exchange: HttpExchange, count: number) =>
      count === 1 ? answer(exchange, 429, busy, { "retry-after": "3" }) : ok(exchange);
    const { kube, server } = await connect(handle, { clock });
    const created = kube.create("Job", "ns", { metadata: { name: "a" } });
    await until(() => clock.pending === 1);
    await clock.advance(2_999);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await created;
    expect(server.requests).toHaveLength(2);
  });

  it("hands on a Retry-After that is longer than the deadline instead of waiting", async () => {
    const { kube, server } = await connect((exchange) => answer(exchange, 503, "", { "retry-after": "60" }));
    expect(await failure(kube.get("Job", KEY))).toMatchObject({ status: 503, retryAfterMs: 60_000 });
    expect(server.requests).toHaveLength(1);
  });

  it("gives up after five tries", async () => {
    const { kube, server } = await connect((exchange) => answer(exchange, 503, ""));
    expect(await failure(kube.get("Job", KEY))).toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(5);
  });

  it("ends a call that nobody answers at its deadline", async () => {
    const settings = { ...TRANSPORT_SETTINGS, deadlineMs: 50 };
    const { kube } = await connect(() => undefined, { settings });
    const error = await failure(kube.get("Job", KEY));
    expect(error).toMatchObject({ status: NO_ANSWER, reason: "DeadlineExceeded" });
    expect(error.message).toBe("get jobs ns/a: DeadlineExceeded: no answer within the deadline");
  });

  it("ends a call whose caller does not want it any more with the caller's own reason", async () => {
    const stop = new AbortController();
    const reason = new Error("not wanted");
    const { kube } = await connect(() => stop.abort(reason));
    expect(await failure(kube.get("Job", KEY, { signal: stop.signal }))).toBe(reason);
  });

  it("repeats the server's own words, and what a proxy wrote in its place", async () => {
    const message = 'jobs.batch "a" is forbidden';
    const { kube } = await connect((exchange, count) =>
      count === 1 ? answer(exchange, 403, statusObject(403, "Forbidden", message)) : answer(exchange, 404, "<html>"),
    );
    const error = await failure(kube.get("Job", KEY));
    expect(error.message).toBe(`get jobs ns/a: 403 Forbidden: ${message}`);
    expect(await failure(kube.get("Job", KEY))).toMatchObject({ status: 404, reason: "Unknown" });
  });

  it("says that an answer is not JSON, without quoting it", async () => {
    const { kube } = await connect((exchange) => answer(exchange, 200, "<html>login first-secret"));
    const error = await failure(kube.get("Job", KEY));
    expect(error).toMatchObject({ reason: "NotJson" });
    expect(inspect(error.message)).not.toContain("first-secret");
  });

  it("stops reading an answer that is too large", async () => {
    const settings = { ...TRANSPORT_SETTINGS, objectBytesMax: 1_000 };
    const { kube, server } = await connect((exchange) => answer(exchange, 200, "x".repeat(100_000)), { settings });
    expect(await failure(kube.get("Job", KEY))).toMatchObject({ status: 413, reason: "AnswerTooLarge" });
    expect(server.requests).toHaveLength(1);
  });

  it("never shows the token, whatever fails", async () => {
    const { kube } = await connect((exchange, count) =>
      count % 2 === 0 ? reset(exchange) : answer(exchange, 500, "x"),
    );
    const calls = [() => kube.get("Job", KEY), () => kube.create("Job", "ns", { metadata: { name: "a" } })];
    for (const call of calls) {
      expect(inspect(await failure(call()), { depth: 10, showHidden: true })).not.toContain("first-secret");
    }
  });
});

describe("writes", () => {
  it("do not leave a process that does not lead any more; reads and the lease do", async () => {
    const { kube, server } = await connect(ok, { mayWrite: () => false });
    const writes = [
      kube.create("Job", "ns", { metadata: { name: "a" } }),
      kube.patch("Pipeline", KEY, {}, { subresource: "status" }),
      kube.delete("Job", KEY, { propagation: "Background" }),
    ];
    for (const write of writes) expect(await failure(write)).toMatchObject({ reason: "NotLeading" });
    expect(server.requests).toEqual([]);
    await kube.get("Job", KEY);
    await kube.patch("Lease", KEY, {});
    expect(server.requests).toHaveLength(2);
  });

  it("say what they mean on the wire", async () => {
    const bodies: unknown[] = [];
    const { kube, server } = await connect((exchange) => {
      bodies.push([exchange.request.headers["content-type"], JSON.parse(exchange.body)]);
      ok(exchange);
    });
    await kube.create("Job", "ns", { metadata: { name: "a" }, spec: {} });
    await kube.patch("PipelineRun", KEY, { status: { rows: 1 } }, { subresource: "status", resourceVersion: "7" });
    await kube.delete("Job", KEY, { propagation: "Background", uid: "u" });
    expect(server.requests).toEqual([
      "POST /apis/batch/v1/namespaces/ns/jobs?fieldManager=kelt",
      "PATCH /apis/kelt.dev/v1alpha1/namespaces/ns/pipelineruns/a/status?fieldManager=kelt",
      "DELETE /apis/batch/v1/namespaces/ns/jobs/a",
    ]);
    const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "a", namespace: "ns" }, spec: {} };
    const options = { propagationPolicy: "Background", preconditions: { uid: "u" } };
    expect(bodies).toEqual([
      ["application/json", job],
      ["application/merge-patch+json", { status: { rows: 1 }, metadata: { resourceVersion: "7" } }],
      ["application/json", { apiVersion: "v1", kind: "DeleteOptions", ...options }],
    ]);
  });
});

describe("measures", () => {
  it("tell verb, resource and code of every attempt", async () => {
    const measures: CallMeasure[] = [];
    const handle = (exchange: HttpExchange, count: number) => (count === 1 ? reset(exchange) : ok(exchange));
    const { kube } = await connect(handle, { measure: (measure) => measures.push(measure) });
    await kube.get("Job", KEY);
    await kube.patch("PipelineRun", KEY, { status: { rows: 1 } }, { subresource: "status" });
    expect(measures.map(({ verb, resource, code }) => [verb, resource, code])).toEqual([
      ["get", "jobs", "NoAnswer"],
      ["get", "jobs", "200"],
      ["patch", "pipelineruns/status", "200"],
    ]);
    for (const { durationMs } of measures) expect(durationMs).toBeGreaterThan(0);
  });
});

describe("rights", () => {
  it("are asked before the server is", async () => {
    const { kube, server } = await connect(ok);
    expect(await failure(kube.create("Pod", "ns", { metadata: { name: "a" } }))).toMatchObject({
      reason: "NotGranted",
    });
    expect(await failure(kube.patch("Pipeline", KEY, {}))).toMatchObject({ status: 403, resource: "pipelines" });
    expect(server.requests).toEqual([]);
  });
});
