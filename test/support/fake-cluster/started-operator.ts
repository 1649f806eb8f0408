import { pino } from "pino";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { Operator } from "../../../operator/operator.ts";
import { readSettings } from "../../../operator/settings.ts";
import { createMetrics } from "../../../operator/telemetry/metrics.ts";
import { FakeClock } from "../machine/fake-clock.ts";
import { seededRandom } from "../machine/fake-random.ts";
import { FakeApi } from "./fake-api.ts";
import { FakeKubelet, type Fate } from "./fake-kubelet.ts";

const DONE = { end: "exits", exitCode: 0, message: "" } as const;
export const aNode = (more: object = {}) => ({ container: { command: ["/bin/true"] }, startTimeout: "1m", ...more });
export const nodesNamed = (names: readonly string[], more: object = {}) =>
  Object.fromEntries(names.map((name) => [name, aNode(more)]));

/** An operator that leads, a kubelet whose containers end well, and the given runs of the given nodes. */
export async function startedOperator(
  nodes: object,
  { runs = ["run"], environment = {}, more = {}, pods = true, fate = DONE as Fate } = {},
) {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  if (pods) new FakeKubelet(api, clock, seededRandom(1), () => fate);
  api.storage.create("Pipeline", "demo", { metadata: { name: "p" }, spec: { nodes, ...more } });
  const operator = new Operator({
    sealKey: Buffer.alloc(32, "key"),
    kube: api.client({ name: "operator" }),
    ...{ clock, random: seededRandom(1), log: pino({ level: "silent" }), metrics: createMetrics() },
    settings: readSettings({ KELT_TASK_IMAGE: "task", ...environment }),
  });
  void operator.start();
  await clock.advance(1_000);
  operator.lead();
  for (const name of runs) api.storage.create("PipelineRun", "demo", { metadata: { name }, spec: { pipeline: "p" } });
  const status = (name = "run") =>
    api.storage.get("PipelineRun", { namespace: "demo", name }).status as PipelineRunStatus;
  return { clock, api, status };
}
