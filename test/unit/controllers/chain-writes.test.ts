import { pino } from "pino";
import { expect, test } from "vitest";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { REPORT_VERSION, type Report } from "#api/report.ts";
import { CONTRACT_VERSION, TaskResult } from "#api/task.ts";
import { Operator } from "../../../operator/operator.ts";
import { Intake } from "../../../operator/report/intake.ts";
import { ReportStore } from "../../../operator/report/report-store.ts";
import { readSettings } from "../../../operator/settings.ts";
import { createMetrics } from "../../../operator/telemetry/metrics.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import type { StoredObject } from "../../support/fake-cluster/fake-api-objects.ts";
import { attemptOf, FakeKubelet, type Script } from "../../support/fake-cluster/fake-kubelet.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { seededRandom } from "../../support/machine/fake-random.ts";

const CHAIN = 20;
const RUN = { namespace: "demo", name: "run" };
/** The kubelet's dice: everything comes soon, a pod half a second after its Job. */
const SOON = () => 0.03;

/** A chain of checks, each of which says by the report channel how it stands, and what the operator writes for it, by kind. */
async function playChain(startAhead: number): Promise<ReadonlyMap<string, number>> {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  api.faults.latencyMs = () => 10;
  const store = new ReportStore();
  store.open({ urls: ["https://operator:8443"], certificate: "" });
  const operator = new Operator({
    ...{ kube: api.client({ name: "operator" }), clock, random: seededRandom(1), metrics: createMetrics() },
    ...{ reports: store, sealKey: Buffer.alloc(32, "key"), log: pino({ level: "silent" }) },
    settings: readSettings({ KELT_TASK_IMAGE: "task" }),
  });
  const intake = new Intake({ store, caches: operator.caches, clock, wake: (run) => operator.touchRun(run) });
  const resultOf = (job: StoredObject) =>
    TaskResult.parse({ version: CONTRACT_VERSION, ...attemptOf(job), outcome: "succeeded", message: "done" });
  const script: Script = (job) => ({
    ...{ end: "exits", exitCode: 0, message: JSON.stringify(resultOf(job)), pushes: resultOf(job) },
  });
  const kubelet = new FakeKubelet(api, clock, SOON, script);
  let seq = 0;
  const say = (pod: StoredObject, phase: Report["phase"], more: Partial<Report> = {}) => {
    seq += 1;
    const { uid, namespace = "" } = pod.metadata;
    const speaker = { ...attemptOf(pod), epoch: uid, seq };
    return intake.take(
      { podUid: uid, namespace },
      { version: REPORT_VERSION, ...speaker, kind: "snapshot", phase, ...more },
    );
  };
  kubelet.onHold = (pod, { go }) => {
    const ask = () => {
      const said = say(pod, "held");
      if (said.status !== 200) clock.after(50, ask);
      else if (said.answer.order === "go") {
        say(pod, "working", { items: [{ kind: "check", name: "any", state: "Running" }] });
        go();
      } else store.whenOrdered(pod.metadata.uid, ask);
    };
    ask();
  };
  kubelet.onPush = (pod, result) => {
    say(pod, "done", { items: [{ kind: "check", name: "any", state: "Succeeded" }], result });
  };
  const names = Array.from({ length: CHAIN }, (_, i) => `n${i}`);
  const check = { test: { connection: "warehouse", checks: [{ name: "any", sql: "select 1" }] } };
  const nodes = Object.fromEntries(
    names.map((name, i) => [name, { ...check, needs: names.slice(Math.max(0, i - 1), i) }]),
  );
  const spec = { startAhead, connections: { warehouse: { postgres: {} } }, nodes };
  void operator.start().then(() => operator.lead());
  api.storage.create("Pipeline", RUN.namespace, { metadata: { name: "films" }, spec });
  api.storage.create("PipelineRun", RUN.namespace, { metadata: { name: RUN.name }, spec: { pipeline: "films" } });
  const status = () => (api.storage.find("PipelineRun", RUN)?.status ?? {}) as PipelineRunStatus;
  for (let second = 0; second < 60 && status().finished === undefined; second += 1) await clock.advance(1_000);
  // What is written once more when containers have ended, and reports.
  await clock.advance(3_000);
  expect([status().progress, status().conditions?.[0]?.status]).toEqual([`${CHAIN}/${CHAIN}`, "True"]);
  const writes = api.calls.filter(
    ({ client, verb }) => client === "operator" && !["get", "list", "watch"].includes(verb),
  );
  const byKind = Map.groupBy(writes, ({ verb, kind }) => `${verb} ${kind}`);
  return new Map([...byKind].map(([what, calls]) => [what, calls.length]));
}

test.each([
  ["that starts pods ahead", 1],
  ["that starts none ahead", 0],
])(
  "a chain %s costs a Job, a status and a report of two writes for each node, and little else",
  async (_, startAhead) => {
    const writes = await playChain(startAhead);
    const { "create Job": jobs, "create NodeReport": reports, ...others } = Object.fromEntries(writes);
    expect([jobs, reports]).toEqual([CHAIN, CHAIN]);
    expect(others["patch NodeReport"]).toBeLessThanOrEqual(CHAIN + 2);
    expect(others["patch PipelineRun"]).toBeLessThanOrEqual(1.5 * CHAIN);
    process.stdout.write(JSON.stringify([...writes]));
    const rest = Object.entries(others).filter(([what]) => !/^patch (?:NodeReport|PipelineRun)$/.test(what));
    expect(rest.reduce((sum, [, count]) => sum + count, 0)).toBeLessThanOrEqual(12);
  },
);
