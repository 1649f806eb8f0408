import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMetrics, type Metrics } from "../../../operator/telemetry/metrics.ts";
import { serveTelemetry } from "../../../operator/telemetry/server.ts";

let metrics: Metrics;
let server: Server;
let problems: { alive?: string; ready?: string };

beforeEach(async () => {
  metrics = createMetrics();
  problems = {};
  server = await serveTelemetry(0, metrics, { alive: () => problems.alive, ready: () => problems.ready });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

async function get(path: string) {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

test("/metrics is Prometheus' text, with gauges read at that moment", async () => {
  let depth = 1;
  metrics.beforeScrape(() => metrics.queueDepth.set({ name: "pipelinerun" }, depth));
  metrics.buildInfo.set({ version: "1.2.3" }, 1);
  const first = await get("/metrics");
  expect(first).toMatchObject({ status: 200, type: expect.stringMatching(/^text\/plain; version=0\.0\.4/) });
  expect(first.text).toContain('kelt_build_info{version="1.2.3"} 1');
  expect(first.text).toContain('workqueue_depth{name="pipelinerun"} 1');
  depth = 2;
  expect((await get("/metrics?x=y")).text).toContain('workqueue_depth{name="pipelinerun"} 2');
});

test("many that ask for metrics at once get one text", async () => {
  let scrapes = 0;
  metrics.beforeScrape(() => scrapes++);
  const gate = Promise.withResolvers<void>();
  const { metrics: text } = metrics.registry;
  metrics.registry.metrics = async () => {
    await gate.promise;
    return await text.call(metrics.registry);
  };
  const answers = Array.from({ length: 20 }, () => get("/metrics"));
  const late = get("/healthz");
  await late;
  gate.resolve();
  for (const answer of answers) expect((await answer).status).toBe(200);
  expect(scrapes).toBeLessThanOrEqual(2);
});

test("metrics that cannot be read are an error of this answer alone", async () => {
  metrics.beforeScrape(() => {
    throw new Error("no");
  });
  expect(await get("/metrics")).toMatchObject({ status: 500 });
  expect(await get("/healthz")).toMatchObject({ status: 200 });
});

test("the probes answer each for itself and say what is wrong", async () => {
  expect(await get("/healthz")).toMatchObject({ status: 200, text: "ok\n" });
  problems = { ready: "the caches are not complete yet" };
  expect(await get("/readyz")).toMatchObject({ status: 503, text: "the caches are not complete yet\n" });
  expect(await get("/healthz")).toMatchObject({ status: 200 });
  problems = { alive: "stuck" };
  expect(await get("/healthz")).toMatchObject({ status: 503, text: "stuck\n" });
  expect(await get("/readyz")).toMatchObject({ status: 200 });
});

test("anything else is not found", async () => {
  expect(await get("/")).toMatchObject({ status: 404 });
});

test("a port that is taken is an error, not a silence", async () => {
  const { port } = server.address() as AddressInfo;
  const probes = { alive: () => undefined, ready: () => undefined };
  await expect(serveTelemetry(port, metrics, probes)).rejects.toMatchObject({ code: "EADDRINUSE" });
});
