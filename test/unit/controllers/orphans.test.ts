import { pino } from "pino";
import { expect, test } from "vitest";
import { Operator } from "../../../operator/operator.ts";
import { readSettings } from "../../../operator/settings.ts";
import { createMetrics } from "../../../operator/telemetry/metrics.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { seededRandom } from "../../support/machine/fake-random.ts";

const RUN = { namespace: "demo", name: "run" };
const OURS = { namespace: "demo", name: "run-a-a1" };
const FORGED = { namespace: "demo", name: "forged" };

test("a Job that somebody took from its run ends with the run, and one that the operator did not make is left alone", async () => {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  api.storage.create("Pipeline", "demo", { metadata: { name: "p" }, spec: { nodes: { a: { container: {} } } } });
  const operator = new Operator({
    sealKey: Buffer.alloc(32, "key"),
    kube: api.client({ name: "operator" }),
    ...{ clock, random: seededRandom(1), log: pino({ level: "silent" }), metrics: createMetrics() },
    settings: readSettings({ KELT_TASK_IMAGE: "task" }),
  });
  void operator.start().then(() => operator.lead());
  await clock.advance(1_000);
  api.storage.create("PipelineRun", "demo", { metadata: { name: "run" }, spec: { pipeline: "p" } });
  await clock.advance(5_000);
  const { metadata, spec } = api.storage.get("Job", OURS);
  const { labels = {} } = metadata;
  api.storage.create("Job", "demo", { metadata: { name: "forged", labels }, spec: spec as object });
  api.storage.patch("Job", OURS, { metadata: { ownerReferences: null } }, {});
  await clock.advance(5_000);
  expect(api.storage.find("Job", OURS)).toBeDefined();
  api.storage.delete("PipelineRun", RUN, { propagation: "Background" });
  await clock.advance(60_000);
  expect(api.storage.find("Job", OURS)).toBeUndefined();
  expect(api.storage.find("Job", FORGED)?.metadata.deletionTimestamp).toBeUndefined();
  expect(api.storage.find("Job", FORGED)).toBeDefined();
});
