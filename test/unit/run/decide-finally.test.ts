import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { AttemptFacts, Facts } from "../../../operator/run/facts.ts";
import { aMeta, anAttempt, anEndedPod, aPod, aResult, someFacts, T0 } from "../../support/manifests/make.ts";

const CONTAINER = { container: { command: ["/bin/true"] } };
const time = (ms = 0) => new Date(T0 + ms).toISOString();
const SPEC = (last: object = {}, more: object = {}) =>
  PipelineSpec.parse({
    nodes: { a: CONTAINER, b: { ...CONTAINER, needs: ["a"] }, clean: { ...CONTAINER, finally: true, ...last } },
    ...more,
  });
const done = (node: string) => anAttempt(node, 1, [anEndedPod(0, aResult(node, 1))]);
const running = (node: string) => anAttempt(node, 1, [aPod({ runningSince: T0 })]);
const FAILED: NodeStatus = { state: "Failed", attempt: 1, finished: time(), message: "no" };
const SKIPPED: NodeStatus = { state: "Skipped", reason: "UpstreamFailed", finished: time() };
const SUCCEEDED: NodeStatus = { state: "Succeeded", attempt: 1, finished: time() };
const CANCELLED: NodeStatus = { state: "Cancelled", finished: time() };
const PENDING: NodeStatus = { state: "Pending" };

interface Scene {
  readonly spec?: PipelineSpec;
  readonly nodes: Readonly<Record<string, NodeStatus>>;
  readonly attempts?: readonly (readonly [string, AttemptFacts])[];
  readonly reason?: string;
  readonly cancelled?: true;
  readonly now?: number;
  readonly deleted?: true;
}

function scene({ spec = SPEC(), nodes, attempts = [], reason = "Running", now = T0, ...more }: Scene): Facts {
  const facts = someFacts(spec, { now, attempts: new Map(attempts.map(([name, one]) => [name, [one]])) });
  const conditions = facts.run.status.conditions?.map((each) => ({ ...each, reason })) ?? [];
  const status: PipelineRunStatus = { ...facts.run.status, nodes, conditions };
  const meta = more.deleted === true ? aMeta({ deletionTimestamp: time() }) : aMeta();
  return {
    ...facts,
    run: { ...facts.run, meta, status, spec: { pipeline: "films", ...(more.cancelled ? { cancelled: true } : {}) } },
  };
}

const created = (facts: Facts) =>
  decide(facts).actions.flatMap((action) => (action.do === "createJob" ? [action.node] : []));

describe("a finally node", () => {
  test("waits for all others, though it needs none of them", () => {
    expect(created(scene({ nodes: { a: PENDING, b: PENDING, clean: PENDING } }))).toEqual(["a"]);
    const facts = scene({ nodes: { a: SUCCEEDED, b: PENDING, clean: PENDING }, attempts: [["b", running("b")]] });
    expect(created(facts)).toEqual([]);
  });

  test("waits until their ends are stored, in a write that waits for nothing", () => {
    const facts = scene({ nodes: { a: SUCCEEDED, b: PENDING, clean: PENDING }, attempts: [["b", done("b")]] });
    expect(created(facts)).toEqual([]);
    expect(decide(facts).storeFirst).toBe(true);
  });

  test("runs after failures, and its success does not make up for them", () => {
    expect(created(scene({ nodes: { a: FAILED, b: SKIPPED, clean: PENDING } }))).toEqual(["clean"]);
    const facts = scene({ nodes: { a: FAILED, b: SKIPPED, clean: PENDING }, attempts: [["clean", done("clean")]] });
    expect(decide(facts).verdict).toMatchObject({ succeeded: "False", reason: "Failed" });
  });

  test("waits until nothing of a failed node works any more", () => {
    const facts = scene({ nodes: { a: FAILED, b: SKIPPED, clean: PENDING }, attempts: [["a", running("a")]] });
    expect(decide(facts).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
  });

  test("that failed fails the run", () => {
    const facts = scene({ nodes: { a: SUCCEEDED, b: SUCCEEDED, clean: FAILED } });
    expect(decide(facts).verdict).toMatchObject({ succeeded: "False", reason: "Failed" });
  });

  test("may need another node, and then begins by its rule", () => {
    const nodes = { a: FAILED, b: SKIPPED, clean: PENDING };
    expect(created(scene({ spec: SPEC({ needs: ["a"], triggerRule: "anyFailed" }), nodes }))).toEqual(["clean"]);
    const skipped = decide(scene({ spec: SPEC({ needs: ["b"] }), nodes }));
    expect(skipped.verdict?.nodes.clean).toMatchObject({ state: "Skipped", reason: "UpstreamFailed" });
  });

  test("has a condition that can look at all others", () => {
    const spec = SPEC({ when: "size(run.failedNodes) > 0 && nodes.b.state == 'Skipped'" });
    expect(created(scene({ spec, nodes: { a: FAILED, b: SKIPPED, clean: PENDING } }))).toEqual(["clean"]);
    const facts = scene({ spec, nodes: { a: SUCCEEDED, b: SUCCEEDED, clean: PENDING } });
    expect(decide(facts).verdict).toMatchObject({
      succeeded: "True",
      message: "2 of 3 nodes succeeded, 1 was skipped",
      nodes: { clean: { state: "Skipped", reason: "ConditionFalse" } },
    });
  });

  test("fails when finallyTimeout has passed since the last other node's end, begun or not", () => {
    const spec = SPEC({}, { finallyTimeout: "1m" });
    const nodes = { a: SUCCEEDED, b: SUCCEEDED, clean: PENDING };
    const at = (now: number, attempts: Scene["attempts"] = []) => scene({ spec, nodes, attempts, now });
    expect(created(at(T0 + 59_999))).toEqual(["clean"]);
    const message = "the finally nodes took longer than finallyTimeout (1m) after the last other node had ended";
    const late = { state: "Failed", reason: "TimedOut", message };
    expect(decide(at(T0 + 60_000)).verdict?.nodes.clean).toMatchObject(late);
    expect(decide(at(T0 + 60_000, [["clean", running("clean")]])).verdict?.nodes.clean).toMatchObject(late);
    expect(decide(at(T0 + 1_000, [["clean", running("clean")]])).wakeAt).toBe(T0 + 60_000);
  });
});

test("finally nodes that have no other node before them count their time from the run's beginning", () => {
  const spec = PipelineSpec.parse({ nodes: { clean: { ...CONTAINER, finally: true } } });
  expect(created(scene({ spec, nodes: { clean: PENDING } }))).toEqual(["clean"]);
});

describe("the finally nodes of a run that is cancelled", () => {
  const cancelled = true as const;

  test("stay as they are while the others are stopped", () => {
    const nodes = { a: { state: "Running", attempt: 1 }, b: PENDING, clean: PENDING } as const;
    const facts = scene({ nodes, attempts: [["a", running("a")]], cancelled });
    expect(decide(facts).verdict).toMatchObject({
      reason: "Cancelling",
      nodes: { a: { state: "Cancelled" }, b: { state: "Cancelled" }, clean: { state: "Pending" } },
    });
  });

  test("begin when nothing of the others works any more, and the run ends after them", () => {
    const nodes = { a: CANCELLED, b: CANCELLED, clean: PENDING };
    const stopping = scene({ nodes, attempts: [["a", running("a")]], reason: "Cancelling", cancelled });
    expect(decide(stopping).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
    const stopped = scene({ nodes, reason: "Cancelling", cancelled });
    expect(created(stopped)).toEqual(["clean"]);
    expect(decide(stopped).verdict).toMatchObject({ succeeded: "Unknown", reason: "Cancelling" });
    const over = scene({ nodes, attempts: [["clean", done("clean")]], reason: "Cancelling", cancelled });
    expect(decide(over).verdict).toMatchObject({
      succeeded: "False",
      reason: "Cancelled",
      nodes: { clean: { state: "Succeeded" } },
    });
  });

  test("end by finallyTimeout, and the run with them", () => {
    const nodes = { a: CANCELLED, b: CANCELLED, clean: { state: "Running", attempt: 1 } } as const;
    const attempts = [["clean", running("clean")]] as const;
    const facts = scene({ nodes, attempts, reason: "Cancelling", cancelled, now: T0 + 600_000 });
    expect(decide(facts).verdict).toMatchObject({ reason: "Cancelled", nodes: { clean: { reason: "TimedOut" } } });
  });

  test("know by run.stopped that it was", () => {
    const spec = SPEC({ when: "run.stopped" });
    const nodes = { a: CANCELLED, b: CANCELLED, clean: PENDING };
    expect(created(scene({ spec, nodes, reason: "Cancelling", cancelled }))).toEqual(["clean"]);
    const plain = scene({ spec, nodes: { a: SUCCEEDED, b: SUCCEEDED, clean: PENDING } });
    expect(created(plain)).toEqual([]);
  });

  test("do not run where the run itself is being deleted", () => {
    const nodes = { a: PENDING, b: PENDING, clean: PENDING };
    expect(decide(scene({ nodes, deleted: true })).verdict?.nodes.clean).toMatchObject({ state: "Cancelled" });
  });
});

describe("the timeout of a run", () => {
  const spec = SPEC({}, { timeout: "1m" });

  test("stops the others, and the finally nodes run", () => {
    const nodes = { a: { state: "Running", attempt: 1 }, b: PENDING, clean: PENDING } as const;
    const facts = scene({ spec, nodes, attempts: [["a", running("a")]], now: T0 + 60_000 });
    expect(decide(facts).verdict).toMatchObject({ reason: "TimingOut", nodes: { clean: { state: "Pending" } } });
    const stopped = { a: CANCELLED, b: CANCELLED, clean: PENDING };
    const after = decide(scene({ spec, nodes: stopped, reason: "TimingOut", now: T0 + 61_000 }));
    expect(after.actions).toMatchObject([{ do: "createJob", node: "clean" }]);
    expect(after.wakeAt ?? Number.POSITIVE_INFINITY).toBeGreaterThan(T0 + 61_000);
  });

  test("is no limit of the finally nodes", () => {
    const nodes = { a: SUCCEEDED, b: SUCCEEDED, clean: PENDING };
    const facts = scene({ spec, nodes, attempts: [["clean", running("clean")]], now: T0 + 61_000 });
    expect(decide(facts).verdict).toMatchObject({ reason: "Running", nodes: { clean: { state: "Running" } } });
    expect(decide(facts).wakeAt).toBe(T0 + 600_000);
  });
});
