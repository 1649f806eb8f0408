import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Loop, type Reconciled } from "../../../operator/controllers/loop/loop.ts";
import { ApiError } from "../../../operator/kube/api-error.ts";
import { createMetrics, type Metrics } from "../../../operator/telemetry/metrics.ts";
import { FakeClock, settled } from "../../support/machine/fake-clock.ts";

const KEY = "demo/films-1";
const START = "2026-01-01T00:00:00Z";

let clock: FakeClock;
let metrics: Metrics;
let loop: Loop;
/** When each reconcile began, in milliseconds since the test did. */
let times: number[];
let arrivals: number[];
let answer: () => Promise<Reconciled>;
let lines: { level: number; msg: string; delayMs?: number; failures?: number }[];

beforeEach(() => {
  clock = new FakeClock(START);
  metrics = createMetrics();
  [times, arrivals, lines] = [[], [], []];
  answer = () => Promise.resolve({});
  const reconciler = {
    name: "pipelinerun",
    reconcile: (_: string, arrivedAt: number) => {
      times.push(clock.monotonic());
      arrivals.push(arrivedAt);
      return answer();
    },
  };
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  loop = new Loop(reconciler, { clock, log, metrics, workers: 2 });
});
afterEach(() => loop.stop());

const count = async (result: string) => {
  const { values } = await metrics.reconciles.get();
  return values.find(({ labels }) => labels.result === result)?.value ?? 0;
};

describe("a reconcile", () => {
  test("that wants nothing is not repeated", async () => {
    loop.add(KEY);
    loop.start();
    await clock.advance(3_600_000);
    expect(times).toEqual([0]);
    expect(await count("success")).toBe(1);
  });

  test("that names a time is called again then, not before", async () => {
    answer = () => Promise.resolve(times.length === 1 ? { wakeAt: Date.parse(START) + 60_000 } : {});
    loop.add(KEY);
    loop.start();
    await clock.advance(59_999);
    expect(times).toEqual([0]);
    await clock.advance(100);
    expect(times).toHaveLength(2);
    expect(times[1]).toBeGreaterThanOrEqual(60_000);
    expect(await count("requeue_after")).toBe(1);
  });

  test("that names a time in the past is called again at once, without spinning", async () => {
    answer = () => Promise.resolve(times.length < 3 ? { wakeAt: 0 } : {});
    loop.add(KEY);
    loop.start();
    await clock.advance(1_000);
    expect(times).toHaveLength(3);
  });

  test("is not lost when an event comes while it is under way", async () => {
    const running = Promise.withResolvers<Reconciled>();
    answer = () => (times.length === 1 ? running.promise : Promise.resolve({}));
    loop.add(KEY);
    loop.start();
    await settled();
    loop.add(KEY);
    await clock.advance(100);
    expect(times).toHaveLength(1);
    running.resolve({});
    await clock.advance(0);
    expect(times).toHaveLength(2);
  });

  test("is told when the first of the events came that it answers", async () => {
    loop.add(KEY);
    await clock.advance(40);
    loop.add(KEY);
    await clock.advance(10);
    loop.start();
    await settled();
    expect([times, arrivals]).toEqual([[50], [0]]);
  });
});

describe("a reconcile that fails", () => {
  test("is repeated with a growing wait until it succeeds, and then begins with the shortest again", async () => {
    answer = () => (times.length <= 5 ? Promise.reject(new Error("no")) : Promise.resolve({}));
    loop.add(KEY);
    loop.start();
    await clock.advance(60_000);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(waits).toEqual([5, 10, 20, 40, 80]);
    expect([await count("error"), await count("success")]).toEqual([5, 1]);
    times.length = 0;
    answer = () => (times.length === 1 ? Promise.reject(new Error("no")) : Promise.resolve({}));
    loop.add(KEY);
    await clock.advance(1_000);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(5);
  });

  test("waits as long as the API server asked for", async () => {
    const busy = {
      status: 429,
      reason: "TooManyRequests",
      verb: "patch",
      resource: "pipelineruns",
      retryAfterMs: 7_000,
    };
    answer = () => (times.length === 1 ? Promise.reject(new ApiError("busy", busy)) : Promise.resolve({}));
    loop.add(KEY);
    loop.start();
    await clock.advance(6_999);
    expect(times).toEqual([0]);
    await clock.advance(1);
    expect(times).toEqual([0, 7_000]);
    expect(lines).toMatchObject([{ delayMs: 7_000, failures: 1 }]);
  });

  test("does not hold other keys back", async () => {
    answer = () => (times.length === 1 ? Promise.reject(new Error("no")) : Promise.resolve({}));
    loop.add(KEY);
    loop.add("demo/other");
    loop.start();
    await clock.advance(0);
    expect(times).toEqual([0, 0]);
  });

  test("is a hint at first and an error when it keeps failing", async () => {
    answer = () => Promise.reject(new Error("still no"));
    loop.add(KEY);
    loop.start();
    await clock.advance(100);
    expect(lines.map(({ level }) => level)).toEqual([30, 30, 30, 50, 50]);
    expect(lines.at(-1)).toMatchObject({ msg: "the reconcile keeps failing", failures: 5 });
  });
});

test("stopping lets the reconcile under way end and begins no other", async () => {
  const running = Promise.withResolvers<Reconciled>();
  answer = () => running.promise;
  loop.add(KEY);
  loop.start();
  await settled();
  loop.add("demo/other-1");
  loop.add("demo/other-2");
  await settled();
  let stopped = false;
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  await settled();
  expect(stopped).toBe(false);
  running.resolve({ wakeAt: 0 });
  await stopping;
  await clock.advance(10_000);
  expect(times).toHaveLength(2);
});

test("queue metrics are read right before a scrape", async () => {
  loop.add(KEY);
  loop.add("demo/other");
  expect(await metrics.scrape()).toContain('workqueue_depth{name="pipelinerun"} 2');
});
