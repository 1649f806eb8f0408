import { describe, expect, test } from "vitest";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts } from "../../../operator/run/facts.ts";
import { statusOf } from "../../../operator/run/status.ts";
import {
  aFailedJob,
  aMeta,
  anAttempt,
  anEndedPod,
  aPipeline,
  aPod,
  aResult,
  someFacts,
  T0,
} from "../../support/manifests/make.ts";

const created = (facts: Facts) =>
  decide(facts)
    .actions.filter((action) => action.do === "createJob")
    .map(({ node }) => node);
const nodesOf = (facts: Facts) => decide(facts).verdict?.nodes ?? {};
const done = (node: string) => [node, [anAttempt(node, 1, [anEndedPod(0, aResult(node, 1))])]] as const;
const failed = (node: string, code = 64) =>
  [node, [anAttempt(node, 1, [anEndedPod(code)], aFailedJob("PodFailurePolicy"))]] as const;
const withRun = (facts: Facts, run: Partial<Facts["run"]>): Facts => ({ ...facts, run: { ...facts.run, ...run } });
const stored = (nodes: Record<string, NodeStatus>, more: Partial<PipelineRunStatus> = {}): PipelineRunStatus => ({
  nodes,
  ...more,
});
const condition = (status: "True" | "False" | "Unknown", reason: string) => ({
  conditions: [{ type: "Succeeded", status, reason, message: "", lastTransitionTime: new Date(T0).toISOString() }],
});

describe("beginning", () => {
  const fresh = (pipeline: Facts["pipeline"], now = T0): Facts => {
    const { copy: _, ...facts } = someFacts(aPipeline({ a: [] }));
    const run = { meta: aMeta(), spec: { pipeline: "films" }, status: {} };
    return { ...facts, run, now, ...(pipeline === undefined ? {} : { pipeline }) };
  };
  const spec = { nodes: { a: { container: {} }, b: { needs: ["a"], container: {} } } };

  test("takes a copy of the Pipeline's spec and creates nothing until that copy is stored", () => {
    const decision = decide(fresh({ uid: "uid-films", generation: 7, spec }));
    expect(decision.actions).toEqual([]);
    expect(decision.verdict).toMatchObject({
      reason: "Running",
      begin: { generation: 7 },
      nodes: { a: { state: "Pending" }, b: { state: "Pending" } },
    });
  });

  test("waits a minute for a Pipeline that does not exist, then fails", () => {
    expect(decide(fresh(undefined))).toMatchObject({
      verdict: { succeeded: "Unknown", reason: "PipelineNotFound" },
      wakeAt: T0 + 60_000,
    });
    const waiting = { status: condition("Unknown", "PipelineNotFound") };
    expect(decide(withRun(fresh(undefined, T0 + 60_000), waiting)).verdict).toMatchObject({
      succeeded: "False",
      reason: "PipelineNotFound",
    });
  });

  test("waits by its own clock: a run may have been created an hour ago by the API server's", () => {
    expect(decide(fresh(undefined, T0 + 3_600_000))).toMatchObject({
      verdict: { succeeded: "Unknown", reason: "PipelineNotFound" },
      wakeAt: T0 + 3_660_000,
    });
  });

  test("holds while the Pipeline is suspended", () => {
    expect(decide(fresh({ uid: "uid-films", generation: 1, spec: { ...spec, suspend: true } })).verdict).toMatchObject({
      succeeded: "Unknown",
      reason: "Suspended",
    });
  });

  test("fails with the problems of an invalid Pipeline", () => {
    const cyclic = { nodes: { a: { needs: ["b"], container: {} }, b: { needs: ["a"], container: {} } } };
    expect(decide(fresh({ uid: "uid-films", generation: 1, spec: cyclic })).verdict).toMatchObject({
      succeeded: "False",
      reason: "InvalidPipeline",
      message: expect.stringContaining("a → b → a"),
    });
  });

  test("fills in Connection resources, and waits a minute for one that does not exist", () => {
    const used = {
      connections: { w: { ref: "shared" } },
      nodes: { a: { test: { connection: "w", checks: [{ sql: "select 1" }] } } },
    };
    const facts = fresh({ uid: "uid-films", generation: 1, spec: used });
    const message = expect.stringContaining("no Connection called shared");
    expect(decide(facts)).toMatchObject({
      verdict: { succeeded: "Unknown", reason: "UnknownReference", message },
      wakeAt: T0 + 60_000,
    });
    const waiting = { ...facts.run, status: condition("Unknown", "UnknownReference") };
    const late = { ...facts, run: waiting, now: T0 + 60_000 };
    expect(decide(late).verdict).toMatchObject({ succeeded: "False", reason: "InvalidPipeline", message });
    const known = decide({ ...facts, connections: new Map([["shared", { postgres: { secretRef: "s" } }]]) });
    expect(known.verdict?.begin?.spec.connections).toEqual({ w: { postgres: { secretRef: "s" } } });
  });

  test("does not begin with a Connection of a kind that its node cannot use", () => {
    const used = {
      connections: { w: { ref: "shared" } },
      nodes: { a: { test: { connection: "w", checks: [{ sql: "select 1" }] } } },
    };
    const connections = new Map([["shared", { http: { baseUrl: "https://api.example" } }]]);
    const decision = decide({ ...fresh({ uid: "uid-films", generation: 1, spec: used }), connections });
    const message = expect.stringContaining("found w, which is of kind http");
    expect(decision).toMatchObject({
      verdict: { succeeded: "False", reason: "InvalidPipeline", message },
      restsOnSpec: true,
    });
    expect(decision.verdict).not.toHaveProperty("begin");
  });

  test("a run that is cancelled before it begins ends without a node", () => {
    const facts = withRun(fresh({ uid: "uid-films", generation: 1, spec }), {
      spec: { pipeline: "films", cancelled: true },
    });
    expect(decide(facts)).toMatchObject({ verdict: { succeeded: "False", reason: "Cancelled" }, actions: [] });
  });

  test("the run follows its copy, whatever the Pipeline says later", () => {
    const facts = {
      ...someFacts(aPipeline({ a: [] })),
      pipeline: { uid: "uid-films", generation: 9, spec: { nodes: { other: { container: {} } } } },
    };
    expect(created(facts)).toEqual(["a"]);
  });
});

describe("the graph", () => {
  const diamond = aPipeline({ a: [], b: ["a"], c: ["a"], d: ["b", "c"] });

  test("starts what needs nothing", () => {
    expect(created(someFacts(diamond))).toEqual(["a"]);
  });

  test("starts successors in the same decision that sees the success", () => {
    expect(created(someFacts(diamond, { attempts: new Map([done("a")]) }))).toEqual(["b", "c"]);
  });

  test("a Job of a node proves that what it needs has succeeded, whatever has become of their Jobs", () => {
    const facts = someFacts(diamond, { attempts: new Map([["d", [anAttempt("d", 1, [aPod({ runningSince: T0 })])]]]) });
    expect(decide(facts).actions).toEqual([]);
    expect(nodesOf(facts)).toMatchObject({
      a: { state: "Succeeded" },
      b: { state: "Succeeded" },
      c: { state: "Succeeded" },
      d: { state: "Running" },
    });
  });

  test("waits for all that a node needs", () => {
    expect(
      created(someFacts(diamond, { attempts: new Map([done("a"), done("b"), ["c", [anAttempt("c", 1)]]]) })),
    ).toEqual([]);
  });

  test("skips everything downstream of a failure, says why, and finishes what is independent", () => {
    const spec = aPipeline({ a: [], b: ["a"], c: ["b"], free: [] });
    const facts = someFacts(spec, { attempts: new Map([failed("a")]) });
    expect(nodesOf(facts)).toMatchObject({
      a: { state: "Failed", reason: "ConfigurationError" },
      b: { state: "Skipped", reason: "UpstreamFailed", message: "needs a (Failed)" },
      c: { state: "Skipped", message: "needs b (Skipped)" },
    });
    expect(created(facts)).toEqual(["free"]);
    expect(decide(facts).verdict).toMatchObject({ succeeded: "Unknown", reason: "Running" });
  });

  test("the run fails when all that can end has ended, and names the first failure", () => {
    const facts = someFacts(aPipeline({ a: [], b: ["a"] }), { attempts: new Map([failed("a")]) });
    expect(decide(facts).verdict).toMatchObject({
      succeeded: "False",
      reason: "Failed",
      message: expect.stringMatching(/^1 of 2 nodes failed; a: /),
    });
  });

  test("the run succeeds when every node has", () => {
    expect(decide(someFacts(aPipeline({ a: [] }), { attempts: new Map([done("a")]) })).verdict).toMatchObject({
      succeeded: "True",
      reason: "Succeeded",
    });
  });
});

describe("retries", () => {
  const spec = aPipeline({ a: [] }, { retries: { limit: 2, backoff: { initial: "10s", factor: 2, max: "1m" } } });
  const killed = (attempt: number) => anAttempt("a", attempt, [anEndedPod(137)], aFailedJob("BackoffLimitExceeded"));

  test("a killed attempt waits for its back-off, ± 10 % and the same each time", () => {
    const facts = someFacts(spec, { attempts: new Map([["a", [killed(1)]]]) });
    const [first, second] = [decide(facts), decide(facts)];
    expect(first).toEqual(second);
    const wait = (first.wakeAt ?? 0) - (T0 + 1000);
    expect(wait).toBeGreaterThanOrEqual(9_000);
    expect(wait).toBeLessThanOrEqual(11_000);
    expect(first.verdict?.nodes.a).toMatchObject({ state: "Retrying", attempt: 1, reason: "ExitCode" });
  });

  test("the next attempt begins when its time has come", () => {
    const before = someFacts(spec, { attempts: new Map([["a", [killed(1)]]]) });
    const status = statusOf(decide(before).verdict ?? expect.fail("no verdict"), before);
    const retryAt = Date.parse(status.nodes?.a?.retryAt ?? "");
    const later = (now: number) => someFacts(spec, { attempts: new Map([["a", [killed(1)]]]), status, now });
    expect(decide(later(retryAt - 1)).actions).toEqual([]);
    expect(decide(later(retryAt)).actions).toEqual([{ do: "createJob", node: "a", attempt: 2 }]);
  });

  test("no attempt begins while a container of the one before it works, though its Job is judged", () => {
    const node: NodeStatus = { state: "Retrying", attempt: 1, retryAt: new Date(T0 + 5000).toISOString() };
    const working = [anAttempt("a", 1, [aPod({ runningSince: T0 })], aFailedJob("DeadlineExceeded", T0))];
    const facts = someFacts(spec, {
      status: stored({ a: node }),
      attempts: new Map([["a", working]]),
      now: T0 + 60_000,
    });
    expect(decide(facts).actions).toEqual([]);
  });

  test("an attempt that could only begin after the node's timeout is not waited for", () => {
    const timed = aPipeline({ a: [] }, { retries: { limit: 2, backoff: { initial: "10m" } } }, { timeout: "1m" });
    const facts = someFacts(timed, { attempts: new Map([["a", [killed(1)]]]), now: T0 + 3000 });
    expect(nodesOf(facts).a).toMatchObject({ state: "Failed", reason: "ExitCode", attempt: 1 });
  });

  test("the attempt after the limit is the end", () => {
    expect(nodesOf(someFacts(spec, { attempts: new Map([["a", [killed(3)]]]) })).a).toMatchObject({
      state: "Failed",
      attempt: 3,
    });
  });

  test.each([64, 65])("exit code %i is never repeated", (code) => {
    expect(nodesOf(someFacts(spec, { attempts: new Map([failed("a", code)]) })).a).toMatchObject({
      state: "Failed",
      attempt: 1,
    });
  });

  test("a failed attempt whose Job is long gone is not forgotten", () => {
    const node: NodeStatus = {
      state: "Retrying",
      attempt: 1,
      started: new Date(T0).toISOString(),
      retryAt: new Date(T0 + 5000).toISOString(),
    };
    const facts = someFacts(spec, {
      status: stored({ a: node }),
      attempts: new Map([["a", [{ attempt: 1, pods: [] }]]]),
      now: T0 + 6000,
    });
    expect(decide(facts).actions).toEqual([{ do: "createJob", node: "a", attempt: 2 }]);
  });

  test("a Job that somebody deleted is a lost attempt", () => {
    const node: NodeStatus = { state: "Running", attempt: 1, started: new Date(T0).toISOString() };
    const facts = someFacts(spec, {
      status: stored({ a: node }),
      attempts: new Map([["a", [{ attempt: 1, pods: [] }]]]),
    });
    expect(nodesOf(facts).a).toMatchObject({ state: "Retrying", reason: "JobLost" });
  });
});

describe("Jobs that the API server refuses", () => {
  const spec = aPipeline({ a: [] }, {}, { startTimeout: "1m" });
  const refusal = {
    attempt: 1,
    reason: "JobRefused",
    message: "exceeded quota",
    since: T0,
    at: T0,
    retryAt: T0 + 1000,
    final: false,
  } as const;

  test("are tried again after a while, and the node says why it waits", () => {
    const wait = decide(someFacts(spec, { refusals: new Map([["a", refusal]]) }));
    expect(wait).toMatchObject({
      actions: [],
      wakeAt: T0 + 1000,
      verdict: { nodes: { a: { state: "Pending", reason: "JobRefused", message: "exceeded quota" } } },
    });
    expect(created(someFacts(spec, { refusals: new Map([["a", refusal]]), now: T0 + 1000 }))).toEqual(["a"]);
  });

  test("fail the node when that is final, or after startTimeout", () => {
    expect(nodesOf(someFacts(spec, { refusals: new Map([["a", { ...refusal, final: true }]]) })).a).toMatchObject({
      state: "Failed",
      reason: "JobRefused",
    });
    const late = someFacts(spec, { refusals: new Map([["a", { ...refusal, at: T0 + 60_000 }]]), now: T0 + 60_000 });
    expect(nodesOf(late).a).toMatchObject({ state: "Failed" });
    expect(created(someFacts(spec, { refusals: new Map([["a", refusal]]), now: T0 + 60_000 }))).toEqual(["a"]);
  });
});

describe("stopping", () => {
  const spec = aPipeline({ a: [], b: ["a"] }, { timeout: "10m" });
  const working = new Map([["a", [anAttempt("a", 1, [aPod({ runningSince: T0 })])]]]);
  const cancelled = (status: PipelineRunStatus, attempts: Facts["attempts"] = working) =>
    withRun(someFacts(spec, { attempts, status }), { spec: { pipeline: "films", cancelled: true } });
  const running = stored({ a: { state: "Running", attempt: 1 }, b: { state: "Pending" } });

  test("cancel stores the verdict first, then stops the Jobs, then ends the run", () => {
    const first = decide(cancelled(running));
    expect(first).toMatchObject({
      actions: [],
      verdict: {
        succeeded: "Unknown",
        reason: "Cancelling",
        nodes: { a: { state: "Cancelled" }, b: { state: "Cancelled" } },
      },
    });
    const said = stored(first.verdict?.nodes ?? {}, condition("Unknown", "Cancelling"));
    expect(decide(cancelled(said)).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
    const leaving = new Map([["a", [anAttempt("a", 1, [aPod()], { deleting: true })]]]);
    expect(decide(cancelled(said, leaving))).toMatchObject({ actions: [], verdict: { succeeded: "Unknown" } });
    expect(decide(cancelled(said, new Map())).verdict).toMatchObject({ succeeded: "False", reason: "Cancelled" });
  });

  test("nodes that had finished keep their state, and others lose the reason why they waited", () => {
    const b: NodeStatus = { state: "Pending", reason: "JobRefused", message: "no webhook" };
    const facts = cancelled(stored({ a: { state: "Succeeded", attempt: 1, rows: 3 }, b }), new Map());
    expect(nodesOf(facts).b).not.toHaveProperty("reason");
    expect(nodesOf(facts).b).not.toHaveProperty("message");
    expect(nodesOf(facts)).toMatchObject({ a: { state: "Succeeded", rows: 3 }, b: { state: "Cancelled" } });
  });

  test("the run's timeout stops it the same way, and the operator wakes for it", () => {
    expect(decide(someFacts(spec, { attempts: working })).wakeAt).toBe(T0 + 600_000);
    expect(decide(someFacts(spec, { attempts: working, now: T0 + 600_000 })).verdict).toMatchObject({
      succeeded: "Unknown",
      reason: "TimingOut",
    });
  });

  test("what ended before the timeout counts, though the operator was away", () => {
    const attempts = new Map([done("a"), done("b")]);
    const late = someFacts(spec, { attempts, now: T0 + 900_000 });
    expect(decide(late).verdict).toMatchObject({ succeeded: "True", reason: "Succeeded" });
    const half = someFacts(spec, { attempts: new Map([done("a")]), now: T0 + 900_000 });
    expect(decide(half).verdict).toMatchObject({
      reason: "TimingOut",
      nodes: { a: { state: "Succeeded" }, b: { state: "Cancelled" } },
    });
  });

  test("a node that is cancelled lives until its pod has ended, even when its Job is judged already", () => {
    const judged = new Map([
      ["a", [anAttempt("a", 1, [aPod({ runningSince: T0 })], aFailedJob("DeadlineExceeded", T0))]],
    ]);
    const said = stored({ a: { state: "Cancelled", attempt: 1 } }, condition("Unknown", "Cancelling"));
    expect(decide(cancelled(said, judged))).toMatchObject({ actions: [], verdict: { succeeded: "Unknown" } });
  });

  test("a finished run stays as it is and stops Jobs that a late write left behind", () => {
    const facts = someFacts(spec, {
      attempts: working,
      status: stored({ a: { state: "Cancelled" } }, condition("False", "Cancelled")),
    });
    expect(decide(facts)).toEqual({
      actions: [expect.objectContaining({ do: "deleteJob", node: "a" })],
      restsOnAbsence: true,
    });
  });

  test("a run that is being deleted and held by a finalizer stops its Jobs and ends as cancelled", () => {
    const going = (status: PipelineRunStatus, attempts: Facts["attempts"] = working) =>
      withRun(someFacts(spec, { attempts, status }), {
        meta: aMeta({ deletionTimestamp: new Date(T0).toISOString() }),
      });
    const first = decide(going(running)).verdict;
    expect(first).toMatchObject({ reason: "Cancelling", message: "stopped because it is being deleted" });
    const said = stored(first?.nodes ?? {}, condition("Unknown", "Cancelling"));
    expect(decide(going(said)).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
    expect(decide(going(said, new Map())).verdict).toMatchObject({ succeeded: "False", reason: "Cancelled" });
    const fresh = { meta: aMeta({ deletionTimestamp: new Date(T0).toISOString() }), status: {} };
    const { copy: _, ...unbegun } = someFacts(spec);
    expect(decide(withRun(unbegun, fresh)).verdict).toMatchObject({ succeeded: "False", reason: "Cancelled" });
  });

  test("a node's timeout ends it without a retry", () => {
    const timed = aPipeline({ a: [] }, {}, { timeout: "1m" });
    const status = stored({ a: { state: "Running", attempt: 1, started: new Date(T0).toISOString() } });
    expect(nodesOf(someFacts(timed, { attempts: working, status, now: T0 + 60_000 })).a).toMatchObject({
      state: "Failed",
      reason: "TimedOut",
    });
  });
});
