import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { ApiError } from "../../operator/kube/api-error.ts";
import { Operator } from "../../operator/operator.ts";
import { readSettings } from "../../operator/settings.ts";
import { createMetrics } from "../../operator/telemetry/metrics.ts";
import { FakeApi } from "../support/fake-cluster/fake-api.ts";
import { FakeClock } from "../support/machine/fake-clock.ts";
import { seededRandom } from "../support/machine/fake-random.ts";

const WIDE = Object.fromEntries(
  Array.from({ length: 64 }, (_, index) => [
    `n${index}`,
    { startTimeout: "1h", container: { command: ["/bin/true"] } },
  ]),
);
const RUNS = ["r1", "r2"];

let clock: FakeClock;
let api: FakeApi;
let logged: string[];
/** Jobs that fit into the crowd's namespace. */
let room: number;

beforeEach(async () => {
  clock = new FakeClock();
  api = new FakeApi(clock);
  logged = [];
  room = 0;
  api.faults.before = ({ verb, kind, namespace }) => {
    if (verb !== "create" || kind !== "Job" || namespace !== "crowd" || jobs("crowd").length < room) return undefined;
    return new ApiError("exceeded quota", { status: 403, reason: "Forbidden", verb, resource: "jobs" });
  };
  const log = pino({ level: "info" }, { write: (line: string) => void logged.push(line) });
  const operator = new Operator({
    sealKey: Buffer.alloc(32, "key"),
    ...{ kube: api.client({ name: "operator" }), clock, random: seededRandom(1), log, metrics: createMetrics() },
    settings: readSettings({ KELT_TASK_IMAGE: "task" }),
  });
  api.storage.create("Pipeline", "crowd", { metadata: { name: "p" }, spec: { nodes: WIDE } });
  api.storage.create("Pipeline", "quiet", { metadata: { name: "p" }, spec: { nodes: { n0: WIDE.n0 } } });
  void operator.start();
  await clock.advance(1_000);
  operator.lead();
  for (const name of RUNS) begin("crowd", name);
  await clock.advance(3_000);
});

function begin(namespace: string, name: string): void {
  api.storage.create("PipelineRun", namespace, { metadata: { name }, spec: { pipeline: "p" } });
}
const jobs = (namespace: string) => api.storage.list("Job").filter(({ metadata }) => metadata.namespace === namespace);
const calls = (verb: string, kind: string) =>
  api.calls.filter((call) => call.client === "operator" && call.verb === verb && call.kind === kind).length;
const nodes = (run: string) =>
  Object.values(
    (api.storage.get("PipelineRun", { namespace: "crowd", name: run }).status as PipelineRunStatus).nodes ?? {},
  );

test("hundreds of refused Jobs cost few calls, and ever fewer", async () => {
  await clock.advance(27_000);
  const first = calls("create", "Job");
  expect(first).toBeLessThanOrEqual(RUNS.length * 8 * 6);
  await clock.advance(120_000);
  expect(calls("create", "Job") - first).toBeLessThanOrEqual(RUNS.length * 8 * 5);
  expect(logged.filter((line) => line.includes("refuses Jobs")).length).toBeLessThanOrEqual(RUNS.length * 11);
});

test("each node says what it waits for, those too that were not asked for", async () => {
  await clock.advance(10_000);
  for (const run of RUNS) {
    expect(nodes(run)).toHaveLength(64);
    for (const { state, reason, message } of nodes(run)) {
      expect({ state, reason }).toEqual({ state: "Pending", reason: "JobRefused" });
      expect(message).toContain("exceeded quota");
    }
  }
});

test("the first Job of another namespace is made at once", async () => {
  await clock.advance(20_000);
  begin("quiet", "run");
  await clock.advance(100);
  expect(jobs("quiet")).toHaveLength(1);
});

test("all Jobs are made within half a minute when there is room", async () => {
  await clock.advance(40_000);
  room = 2_000;
  await clock.advance(31_000);
  expect(jobs("crowd")).toHaveLength(RUNS.length * 64);
});
