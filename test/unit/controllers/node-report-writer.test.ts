import { beforeEach, describe, expect, test } from "vitest";
import type { NodeReportStatus } from "#api/node-report.ts";
import type { NodeStatus } from "#api/pipeline-run.ts";
import type { ReportItem } from "#api/report.ts";
import type { TaskResult } from "#api/task.ts";
import { NodeReportWriter } from "../../../operator/controllers/runs/node-report-writer.ts";
import { nodeReportName } from "../../../operator/job/names.ts";
import { ApiError } from "../../../operator/kube/api-error.ts";
import type { Facts, PodFacts } from "../../../operator/run/facts.ts";
import { createLog } from "../../../operator/telemetry/log.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import { connectionLost } from "../../support/fake-cluster/fake-api-server.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { aPipeline, aResult, someFacts, T0 } from "../../support/manifests/make.ts";

let clock: FakeClock;
let api: FakeApi;
let client: ReturnType<FakeApi["client"]>;
let writer: NodeReportWriter;
let facts: Facts;

const newWriter = () => new NodeReportWriter({ kube: client, clock, log: createLog("silent") });

beforeEach(async () => {
  clock = new FakeClock();
  api = new FakeApi(clock);
  client = api.client({ name: "operator" });
  writer = newWriter();
  const run = await api.admin.create("PipelineRun", "demo", { metadata: { name: "films-1" }, spec: {} });
  const some = someFacts(aPipeline({ a: [] }));
  facts = { ...some, run: { ...some.run, meta: run.metadata } };
});

const items = (count: number, state: ReportItem["state"] = "Running"): readonly ReportItem[] =>
  Array.from({ length: count }, (_, i) => ({ kind: "model", name: `m${i}`, state }));
const WORKS: NodeStatus = { state: "Running", attempt: 1 };

let at = 0;
/** Hands the writer what the node's pod has said by now. */
function say(list: readonly ReportItem[], status: NodeStatus = WORKS, more: Partial<PodFacts> = {}): void {
  at += 1;
  const pod = {
    name: "p",
    uid: "pod-uid",
    created: T0,
    failed: false,
    disrupted: false,
    items: { list, leftOut: 0, at },
    ...more,
  };
  writer.write(
    { ...facts, attempts: new Map([["a", [{ attempt: status.attempt ?? 1, pods: [pod] }]]]) },
    { a: status },
  );
}
const stored = (page = 1) => {
  const found = api.storage.find("NodeReport", { namespace: "demo", name: nodeReportName("films-1", "a", page) });
  return found?.status as NodeReportStatus | undefined;
};
const names = () =>
  api.storage
    .list("NodeReport")
    .map(({ metadata }) => metadata.name)
    .sort();
const tooLarge = () =>
  new ApiError("the object is too large", { status: 413, reason: "TooLarge", verb: "patch", resource: "nodereports" });
const writes = () => api.calls.filter(({ verb }) => verb !== "get").length;

describe("a node's report", () => {
  test("is made with its owner and labels, and says what the pod has said", async () => {
    say(items(2));
    await clock.advance(250);
    const [object] = api.storage.list("NodeReport");
    expect(object?.metadata).toMatchObject({
      name: "films-1-a",
      labels: { "kelt.dev/run": "films-1", "kelt.dev/node": "a", "kelt.dev/run-uid": facts.run.meta.uid },
      ownerReferences: [{ kind: "PipelineRun", name: "films-1", uid: facts.run.meta.uid, controller: true }],
    });
    expect(object?.spec).toEqual({ run: "films-1", node: "a", page: 1 });
    expect(stored()).toMatchObject({ total: 2, counts: { running: 2 } });
  });

  test("is written at most once a second, and the last of what was said is written", async () => {
    const before = api.calls.length;
    for (let i = 1; i <= 50; i += 1) {
      say(items(i));
      await clock.advance(100);
    }
    await clock.advance(2_000);
    const patches = api.calls.slice(before).filter(({ verb }) => verb === "patch").length;
    expect(patches).toBeLessThanOrEqual(8);
    expect(stored()?.total).toBe(50);
  });

  test("is written once, whole, for a node that ends in a moment", async () => {
    const before = writes();
    say(items(2));
    await clock.advance(100);
    say(
      items(2, "Succeeded"),
      { state: "Succeeded", attempt: 1 },
      { pushed: { result: JSON.parse(aResult("a", 1)) as TaskResult, at: T0 } },
    );
    await clock.advance(5_000);
    expect(stored()).toMatchObject({ counts: { succeeded: 2 }, conditions: [{ type: "Complete", status: "True" }] });
    expect(writes() - before).toBe(2);
  });

  test("is not written again when nothing has changed", async () => {
    say(items(2));
    await clock.advance(5_000);
    const before = writes();
    say(items(2));
    await clock.advance(5_000);
    expect(writes()).toBe(before);
  });

  test("only changes the pages that are others", async () => {
    const list = items(1_100);
    say(list);
    await clock.advance(1_000);
    expect(names()).toEqual(["films-1-a", "films-1-a.p2", "films-1-a.p3"]);
    expect(stored(3)?.items).toHaveLength(100);
  });

  test("loses the pages that it no longer fills, those of another process too", async () => {
    say(items(1_100));
    await clock.advance(1_000);
    writer = newWriter();
    say(items(600));
    await clock.advance(1_000);
    expect(names()).toEqual(["films-1-a", "films-1-a.p2"]);
    say(items(3));
    await clock.advance(2_000);
    expect(names()).toEqual(["films-1-a"]);
  });

  test("that came just before the run's end is written although the run has finished since", async () => {
    say(items(3));
    await clock.advance(250);
    const finished = {
      type: "Succeeded",
      status: "True" as const,
      reason: "Succeeded",
      message: "",
      lastTransitionTime: "",
    };
    facts = { ...facts, run: { ...facts.run, status: { ...facts.run.status, conditions: [finished] } } };
    say(
      items(3, "Succeeded"),
      { state: "Succeeded", attempt: 1 },
      { pushed: { result: JSON.parse(aResult("a", 1)) as TaskResult, at: T0 } },
    );
    await clock.advance(2_000);
    expect(stored()).toMatchObject({ counts: { succeeded: 3 }, conditions: [{ type: "Complete", status: "True" }] });
  });

  test("is not begun for a run that had finished before this process saw it", async () => {
    const finished = {
      type: "Succeeded",
      status: "True" as const,
      reason: "Succeeded",
      message: "",
      lastTransitionTime: "",
    };
    facts = { ...facts, run: { ...facts.run, status: { ...facts.run.status, conditions: [finished] } } };
    const before = api.calls.length;
    say(items(3));
    await clock.advance(2_000);
    expect(api.calls.length).toBe(before);
  });

  test("that another run has left under the name is replaced, every page of it", async () => {
    const other = await api.admin.create("PipelineRun", "demo", { metadata: { name: "other" }, spec: {} });
    const ownerReferences = [
      {
        apiVersion: "kelt.dev/v1alpha1",
        kind: "PipelineRun",
        name: "films-1",
        uid: other.metadata.uid,
        controller: true,
      },
    ];
    for (const page of [1, 2]) {
      const metadata = { name: nodeReportName("films-1", "a", page), ownerReferences };
      await api.admin.create("NodeReport", "demo", { metadata, spec: { run: "films-1", node: "a", page } });
    }
    say(items(600, "Succeeded"));
    await clock.advance(1_000);
    const owners = api.storage.list("NodeReport").map(({ metadata }) => metadata.ownerReferences?.[0]?.uid);
    expect(owners).toEqual([facts.run.meta.uid, facts.run.meta.uid]);
    expect([stored(1)?.items?.length, stored(2)?.items?.length]).toEqual([500, 100]);
  });
});

describe("where the API server refuses", () => {
  test("reports are written when it is well again, ever less often until then, and nothing is thrown", async () => {
    api.faults.before = () => connectionLost("patch");
    say(items(1));
    await clock.advance(60_000);
    const asked = api.calls.length;
    expect(asked).toBeLessThan(12);
    api.faults.before = () => undefined;
    say(items(2));
    await clock.advance(60_000);
    expect(stored()?.total).toBe(2);
  });
});

test("one report that is refused keeps back no other one of its run, and is written when it says something else", async () => {
  const pod = (list: readonly ReportItem[], said: number): PodFacts => ({
    ...{ name: "p", uid: "pod-uid", created: T0, failed: false, disrupted: false },
    items: { list, leftOut: 0, at: said },
  });
  const sayBoth = (a: readonly ReportItem[], b: readonly ReportItem[], said: number) => {
    const attempts = new Map([
      ["a", [{ attempt: 1, pods: [pod(a, said)] }]],
      ["b", [{ attempt: 1, pods: [pod(b, said)] }]],
    ]);
    writer.write({ ...facts, attempts }, { a: WORKS, b: WORKS });
  };
  const totalOf = (node: string) => {
    const key = { namespace: "demo", name: nodeReportName("films-1", node, 1) };
    return (api.storage.find("NodeReport", key)?.status as NodeReportStatus | undefined)?.total;
  };
  const patches = () => api.calls.filter(({ verb }) => verb === "patch").length;
  api.faults.before = ({ verb, name }) => (verb === "patch" && name === "films-1-a" ? tooLarge() : undefined);
  sayBoth(items(1), items(1), 1);
  await clock.advance(250);
  expect([totalOf("a"), totalOf("b")]).toEqual([undefined, 1]);
  const asked = patches();
  await clock.advance(60_000);
  expect(patches()).toBe(asked);
  sayBoth(items(1), items(2), 2);
  await clock.advance(1_000);
  expect(totalOf("b")).toBe(2);
  api.faults.before = () => undefined;
  sayBoth(items(3), items(2), 3);
  await clock.advance(1_000);
  expect([totalOf("a"), totalOf("b")]).toEqual([3, 2]);
});

test("what is still to be written is written at an orderly end", async () => {
  say(items(1));
  await clock.advance(250);
  say(items(2));
  await writer.flush();
  expect(stored()?.total).toBe(2);
  say(items(3));
  await clock.advance(5_000);
  expect(stored()?.total).toBe(2);
});
