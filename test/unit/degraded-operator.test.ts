import { pino } from "pino";
import { expect, test } from "vitest";
import type { Kind } from "../../operator/kinds/kinds.ts";
import { ApiError } from "../../operator/kube/api-error.ts";
import { Operator } from "../../operator/operator.ts";
import { readSettings } from "../../operator/settings.ts";
import { createMetrics } from "../../operator/telemetry/metrics.ts";
import { FakeApi } from "../support/fake-cluster/fake-api.ts";
import type { FakeCall } from "../support/fake-cluster/fake-api-server.ts";
import { FakeClock, settled } from "../support/machine/fake-clock.ts";
import { seededRandom } from "../support/machine/fake-random.ts";

const SPEC = { nodes: { a: { container: { command: ["/bin/true"] } } } };

/** An operator whose lists fail while `blind` says so; started, and led as soon as it would stand for election. */
async function aWorld(blind: (call: FakeCall) => boolean, watchNamespaces = "") {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  const world = { blind };
  const refusal = { status: 413, reason: "AnswerTooLarge", verb: "list", resource: "x" };
  api.faults.before = (call) =>
    call.client === "operator" && call.verb === "list" && world.blind(call)
      ? new ApiError("too large", refusal)
      : undefined;
  for (const namespace of ["one", "two"]) {
    api.storage.create("Pipeline", namespace, { metadata: { name: "p" }, spec: SPEC });
    begin(api, namespace, "first");
  }
  const metrics = createMetrics();
  const operator = new Operator({
    sealKey: Buffer.alloc(32, "key"),
    ...{
      kube: api.client({ name: "operator" }),
      clock,
      random: seededRandom(1),
      log: pino({ level: "silent" }),
      metrics,
    },
    settings: readSettings({ KELT_TASK_IMAGE: "task", KELT_WATCH_NAMESPACES: watchNamespaces }),
  });
  let leads = false;
  void operator.start().then(() => {
    leads = true;
    operator.lead();
  });
  await settled();
  const gauge = async (kind: Kind) => {
    const text = await metrics.scrape();
    return new RegExp(`^kelt_reflector_degraded\\{kind="${kind}"\\} (\\d+)$`, "m").exec(text)?.[1];
  };
  return Object.assign(world, { clock, api, operator, gauge, leads: () => leads });
}

function begin(api: FakeApi, namespace: string, name: string): void {
  api.storage.create("PipelineRun", namespace, { metadata: { name }, spec: { pipeline: "p" } });
}

/** Runs that have a Job, as namespace/run. */
function begun(api: FakeApi): readonly string[] {
  return api.storage.list("Job").map(({ metadata }) => `${metadata.namespace}/${metadata.name.replace("-a-a1", "")}`);
}

test("a namespace that cannot be listed stops no other one, and is worked on as soon as it can be", async () => {
  const world = await aWorld(({ namespace }) => namespace === "two", "one,two");
  await world.clock.advance(29_000);
  expect(world.leads()).toBe(false);
  await world.clock.advance(5_000);
  expect(world.leads()).toBe(true);
  expect(begun(world.api)).toEqual(["one/first"]);
  expect(world.operator.problem).toMatch(/^Pipelines in namespace two are not known yet: list .*AnswerTooLarge/);
  expect(await world.gauge("PipelineRun")).toBe("1");
  world.blind = () => false;
  await world.clock.advance(60_000);
  expect(begun(world.api)).toEqual(["one/first", "two/first"]);
  expect(world.operator.problem).toBeUndefined();
  expect(await world.gauge("PipelineRun")).toBe("0");
});

test("Connections that cannot be listed stop no run", async () => {
  const world = await aWorld(({ kind }) => kind === "Connection");
  await world.clock.advance(35_000);
  expect(begun(world.api)).toEqual(["one/first", "two/first"]);
  begin(world.api, "one", "second");
  await world.clock.advance(5_000);
  expect(begun(world.api)).toContain("one/second");
  expect(world.operator.problem).toMatch(/^Connections are not known yet: /);
  expect([await world.gauge("Connection"), await world.gauge("Pod")]).toEqual(["1", "0"]);
});

test("nothing is decided about runs whose Jobs were never seen", async () => {
  const world = await aWorld(({ kind }) => kind === "Job");
  await world.clock.advance(120_000);
  expect(begun(world.api)).toEqual([]);
  world.blind = () => false;
  await world.clock.advance(60_000);
  expect(begun(world.api)).toEqual(["one/first", "two/first"]);
});

test("a watch that stays broken is said after two minutes, and well again when it is", async () => {
  const world = await aWorld(() => false);
  await world.clock.advance(1_000);
  expect(world.operator.problem).toBeUndefined();
  world.blind = ({ kind }) => kind === "Pod";
  world.api.forgetHistory();
  begin(world.api, "one", "second");
  world.api.forgetHistory();
  world.api.breakWatches();
  await world.clock.advance(60_000);
  expect(world.operator.problem).toBeUndefined();
  await world.clock.advance(90_000);
  expect(world.operator.problem).toMatch(/^Pods may have changed unseen: /);
  world.blind = () => false;
  await world.clock.advance(60_000);
  expect(world.operator.problem).toBeUndefined();
});

test("a process in which a step never ends says that it is stuck, and one that is only refused does not", async () => {
  const refused = await aWorld(() => true);
  await refused.clock.advance(3_600_000);
  expect(refused.operator.stuck).toBeUndefined();
  const world = await aWorld(() => false);
  world.api.faults.latencyMs = ({ kind, verb }) => (kind === "Pod" && verb === "list" ? 1e12 : 0);
  world.api.forgetHistory();
  begin(world.api, "one", "second");
  world.api.forgetHistory();
  world.api.breakWatches();
  await world.clock.advance(10 * 60_000);
  expect(world.operator.stuck).toBeUndefined();
  await world.clock.advance(10 * 60_000);
  expect(world.operator.stuck).toMatch(/watch of Pods/);
});
