import { pino } from "pino";
import { expect, test } from "vitest";
import { Operator } from "../../operator/operator.ts";
import { readSettings } from "../../operator/settings.ts";
import { createMetrics } from "../../operator/telemetry/metrics.ts";
import { FakeApi } from "../support/fake-api.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { seededRandom } from "../support/fake-random.ts";

const SPEC = { nodes: { a: { container: { command: ["/bin/true"] } } } };

test("an operator of two namespaces serves both, also after a relist, and no third one", async () => {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  const namespaces = ["one", "two", "three"];
  const begin = (name: string) => {
    for (const namespace of namespaces)
      api.storage.create("PipelineRun", namespace, { metadata: { name }, spec: { pipeline: "p" } });
  };
  for (const namespace of namespaces)
    api.storage.create("Pipeline", namespace, { metadata: { name: "p" }, spec: SPEC });
  begin("first");
  const operator = new Operator({
    kube: api.client({ name: "operator" }),
    clock,
    random: seededRandom(1),
    log: pino({ level: "silent" }),
    metrics: createMetrics(),
    settings: readSettings({ KELT_TASK_IMAGE: "task", KELT_WATCH_NAMESPACES: "one,two" }),
  });
  void operator.start();
  await clock.advance(1_000);
  operator.lead();
  await clock.advance(5_000);
  expect(jobs(api, "first")).toEqual(["one", "two"]);
  api.forgetHistory();
  api.breakWatches();
  await clock.advance(60_000);
  begin("second");
  await clock.advance(5_000);
  expect(jobs(api, "second")).toEqual(["one", "two"]);
});

/** The namespaces in which the run of this name has a Job. */
function jobs(api: FakeApi, run: string): readonly string[] {
  return api.storage
    .list("Job")
    .filter(({ metadata }) => metadata.name === `${run}-a-a1`)
    .map(({ metadata }) => metadata.namespace)
    .sort();
}
