import { expect, test } from "vitest";
import { ApiError } from "../../../operator/kube/api-error.ts";
import type { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import { nodesNamed as named, aNode as node, startedOperator } from "../../support/fake-cluster/started-operator.ts";

const refusing = (api: FakeApi, status: number, message: string, which = /./) => {
  api.faults.before = ({ verb, kind, name = "" }) =>
    verb === "create" && kind === "Job" && which.test(name)
      ? new ApiError(message, { status, reason: "InternalError", verb, resource: "jobs" })
      : undefined;
};

test("a webhook that is down is the reason of the nodes that it holds up, and stops no other one", async () => {
  const { clock, api, status } = await startedOperator({ ...named(["a", "b"]), after: node({ needs: ["a"] }) });
  refusing(api, 500, "failed calling webhook: no endpoints available", /-b-/);
  await clock.advance(20_000);
  expect(status().nodes).toMatchObject({
    a: { state: "Succeeded" },
    after: { state: "Succeeded" },
    b: { state: "Pending", reason: "JobRefused", message: expect.stringContaining("failed calling webhook") },
  });
  const notes = api.storage.list("Event").map((event) => String(event.note));
  expect(notes.filter((note) => note.startsWith("node b cannot start yet"))).toHaveLength(1);
  const tries = api.calls.filter(({ verb, name }) => verb === "create" && name === "run-b-a1");
  expect(tries.length).toBeLessThan(12);
  await clock.advance(80_000);
  expect(status().nodes?.b).toMatchObject({ state: "Failed", reason: "JobRefused" });
  expect(status().conditions?.[0]).toMatchObject({ status: "False", reason: "Failed" });
});

test("a webhook that comes back lets the node begin", async () => {
  const { clock, api, status } = await startedOperator(named(["a"]));
  refusing(api, 503, "down");
  await clock.advance(20_000);
  api.faults.before = () => undefined;
  await clock.advance(40_000);
  expect(status().nodes?.a).toMatchObject({ state: "Succeeded", attempt: 1 });
});

test("a server that was away for longer than startTimeout has refused no Job", async () => {
  const { clock, api, status } = await startedOperator(named(["a"]));
  await clock.advance(0);
  api.startOutage();
  await clock.advance(300_000);
  api.endOutage();
  await clock.advance(90_000);
  expect(status().nodes?.a).toMatchObject({ state: "Succeeded", attempt: 1 });
});

test("a refusal counts for its own attempt: one of the attempt before is over", async () => {
  const { clock, api, status } = await startedOperator(named(["a"], { retries: { limit: 1 } }), { pods: false });
  const lost = new ApiError("the connection was reset", {
    status: 0,
    reason: "NoAnswer",
    verb: "create",
    resource: "jobs",
  });
  api.faults.after = ({ kind, verb, name }) =>
    kind === "Job" && verb === "create" && name === "run-a-a1" ? lost : undefined;
  await clock.advance(50_000);
  refusing(api, 500, "down", /-a2$/);
  await clock.advance(60_000);
  expect(status().nodes?.a).toMatchObject({ state: "Retrying", attempt: 1, reason: "JobRefused" });
});

/** A quota of so many Jobs, finished ones among them. */
const limitJobs = (api: FakeApi, limit: number) => {
  api.faults.before = ({ verb, kind }) => {
    const used = api.storage.list("Job").length;
    if (verb !== "create" || kind !== "Job" || used < limit) return undefined;
    const words = `exceeded quota: jobs, requested: count/jobs.batch=1, used: count/jobs.batch=${used}, limited: count/jobs.batch=${limit}`;
    return new ApiError(words, { status: 403, reason: "Forbidden", verb, resource: "jobs" });
  };
};

test("a quota of two Jobs lets a chain of four end: finished Jobs go when their place is needed", async () => {
  const chain = { a: node(), b: node({ needs: ["a"] }), c: node({ needs: ["b"] }), d: node({ needs: ["c"] }) };
  const { clock, api, status } = await startedOperator(chain);
  limitJobs(api, 2);
  await clock.advance(120_000);
  expect(status().conditions?.[0]).toMatchObject({ status: "True" });
  expect(Object.values(status().nodes ?? {}).map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
});

test("a quota that the Jobs of earlier runs fill lets the next run end, and takes no Job that a neighbour calls a run's", async () => {
  const { clock, api, status } = await startedOperator(named(["a", "b"]), { runs: ["first", "second"] });
  await clock.advance(30_000);
  const [made] = api.storage.list("Job");
  const { uid: _, resourceVersion: __, ...metadata } = { ...made?.metadata, name: "forged" };
  api.storage.create("Job", "demo", { ...made, metadata });
  limitJobs(api, 5);
  api.storage.create("PipelineRun", "demo", { metadata: { name: "third" }, spec: { pipeline: "p" } });
  await clock.advance(60_000);
  expect(status("third").conditions?.[0]).toMatchObject({ status: "True" });
  const names = api.storage.list("Job").map((job) => job.metadata.name);
  expect(names).toEqual(expect.arrayContaining(["forged", "third-a-a1", "third-b-a1"]));
  expect(names).not.toContain("first-a-a1");
});

test("the words of the Job's Events stand at a node whose Job can make no pod", async () => {
  const { clock, api, status } = await startedOperator(named(["a"], { retries: { limit: 0 } }), { pods: false });
  const words = "maximum memory usage per Container is 256Mi, but limit is 512Mi";
  api.storage.onEvent(({ type, object }) => {
    if (type !== "ADDED" || object.kind !== "Job") return;
    const regarding = { kind: "Job", uid: object.metadata.uid };
    const note = `(combined from similar events): ${words}`;
    api.storage.create("Event", "demo", { metadata: { name: "e" }, reason: "FailedCreate", note, regarding });
  });
  await clock.advance(15_000);
  expect(status().nodes?.a).toMatchObject({
    state: "Starting",
    reason: "NoPod",
    message: expect.stringContaining(`its Job could make no pod: ${words}`),
  });
  await clock.advance(60_000);
  expect(status().nodes?.a).toMatchObject({ reason: "StartTimedOut", message: expect.stringContaining(words) });
});

test.each([
  ["of a run", { more: { parallelism: 2 } }],
  ["of a namespace, over all of its runs", { environment: { KELT_NAMESPACE_NODES: "2" } }],
])("no more nodes are at work than the limit %s, and all of them have their turn", async (_, how) => {
  const runs = "more" in how ? ["run"] : ["run", "other", "third"];
  const { clock, api, status } = await startedOperator(named(["a", "b", "c", "d", "e"]), { runs, ...how });
  let most = 0;
  api.storage.onEvent(() => {
    const open = api.storage.list("Job").filter((job) => {
      const { conditions = [] } = (job.status ?? {}) as { conditions?: { type: string }[] };
      return !conditions.some(({ type }) => type === "Complete");
    });
    const pods = api.storage.list("Pod").filter((pod) => !JSON.stringify(pod.status).includes("terminated"));
    most = Math.max(most, "more" in how ? pods.length : open.length);
  });
  await clock.advance(400_000);
  for (const run of runs) expect(status(run).conditions?.[0]).toMatchObject({ status: "True" });
  expect(most).toBe(2);
});
