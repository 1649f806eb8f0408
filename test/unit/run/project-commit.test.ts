import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import type { NodeStatus } from "#api/pipeline-run.ts";
import { CONTRACT_VERSION } from "#api/task.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts } from "../../../operator/run/facts.ts";
import { storedCommit } from "../../../operator/run/project-commit.ts";
import {
  aFailedJob,
  anAttempt,
  anEndedPod,
  aPod,
  aResult,
  RUN_UID,
  someFacts,
  T0,
} from "../../support/manifests/make.ts";

const [X, Y] = ["1".repeat(40), "2".repeat(40)];
const project = (git: object = {}) => ({
  transform: {
    connection: "warehouse",
    schema: "a",
    command: "build",
    project: { git: { url: "https://git.example/models.git", ref: "main", ...git } },
  },
});
const specOf = (nodes: object) =>
  PipelineSpec.parse({ connections: { warehouse: { postgres: {} } }, retries: { limit: 1 }, nodes });
/** Two nodes of one project, one of another ref. */
const SPEC = specOf({ a: project(), b: project(), other: project({ ref: "v1" }) });

const factsOf = (
  attempts: Readonly<Record<string, ReturnType<typeof anAttempt>[]>>,
  nodes: Readonly<Record<string, NodeStatus>> = {},
  spec = SPEC,
): Facts => someFacts(spec, { attempts: new Map(Object.entries(attempts)), status: { nodes } });
const created = (facts: Facts) =>
  decide(facts).actions.flatMap((action) => (action.do === "createJob" ? [action.node] : []));
const running = aPod({ runningSince: T0 });
const note = (node: string, attempt: number, commit: string) =>
  JSON.stringify({ version: CONTRACT_VERSION, run: RUN_UID, node, attempt, commit });
const RUNNING: NodeStatus = { state: "Running", attempt: 1 };

describe("nodes of one git project", () => {
  test("do not look up its commit at once: one begins, the other waits for it and says so", () => {
    const facts = factsOf({});
    expect(created(facts)).toEqual(["a", "other"]);
    expect(decide(facts).verdict?.nodes.b).toEqual({
      state: "Pending",
      reason: "AwaitingCommit",
      message: "node a looks up the commit of the same git project, which this one gets as well",
    });
  });

  test.each([
    ["works", [anAttempt("b", 1, [running])], RUNNING],
    ["has a Job that nobody has seen yet", [{ attempt: 1, pods: [] }], { state: "Starting", attempt: 1 } as NodeStatus],
    ["waits for room with its Job made", [anAttempt("b", 1)], { state: "Waiting", attempt: 1 } as NodeStatus],
  ])("wait while the other one %s, also if they come first", (_, attempts, b) => {
    expect(created(factsOf({ b: attempts }, { a: { state: "Pending" }, b }))).toEqual(["other"]);
  });

  test("have the commit that one has said as soon as it is stored, and not before", () => {
    const attempts = { a: [anAttempt("a", 1, [aPod({ ...running, commit: X })])] };
    const said = decide(factsOf(attempts, { a: RUNNING, b: { state: "Pending" } }));
    expect(said.actions.filter(({ node }) => node !== "other")).toEqual([]);
    expect(said).toMatchObject({ storeFirst: true, verdict: { nodes: { a: { state: "Running", commit: X } } } });
    const nodes = { a: { ...RUNNING, commit: X }, b: { state: "Pending" as const } };
    expect(created(factsOf(attempts, nodes))).toEqual(["b", "other"]);
    expect(storedCommit("b", { spec: SPEC, status: { nodes } })).toBe(X);
    expect(storedCommit("other", { spec: SPEC, status: { nodes } })).toBeUndefined();
  });

  test.each([
    ["result", anEndedPod(0, aResult("a", 1, { commit: X })), {}],
    ["note of a pod that was killed", anEndedPod(137, note("a", 1, X)), aFailedJob("BackoffLimitExceeded")],
  ])("have it by the %s as well", (_, pod, job) => {
    const decision = decide(factsOf({ a: [anAttempt("a", 1, [pod], job)] }, { a: RUNNING, b: { state: "Pending" } }));
    expect(decision.verdict?.nodes.a).toMatchObject({ commit: X });
    expect(decision).toMatchObject({ storeFirst: true });
  });

  test("do not take it from a note of another attempt", () => {
    const ended = anAttempt("a", 1, [anEndedPod(137, note("a", 2, X))], aFailedJob("BackoffLimitExceeded"));
    expect(decide(factsOf({ a: [ended] }, { a: RUNNING })).verdict?.nodes.a).not.toHaveProperty("commit");
  });

  test("look it up themselves where the other one has ended without a word, if the API server shows none either", () => {
    const ended = anAttempt("a", 1, [anEndedPod(64)], aFailedJob("PodFailurePolicy"));
    const facts = factsOf({ a: [ended] }, { a: { state: "Failed", attempt: 1 }, b: { state: "Pending" } });
    expect(created(facts)).toContain("b");
    expect(decide(facts).restsOnAbsence).toBe(true);
  });

  test("keep a word that comes when the node that says it has ended", () => {
    const late = anAttempt("a", 1, [anEndedPod(64, "", { commit: X })], aFailedJob("PodFailurePolicy"));
    const decision = decide(factsOf({ a: [late] }, { a: { state: "Failed", attempt: 1 }, b: { state: "Pending" } }));
    expect(decision.verdict?.nodes.a).toMatchObject({ state: "Failed", commit: X });
    expect(decision.actions.filter(({ node }) => node === "b")).toEqual([]);
  });

  test("do not take a late word for another commit than the run has by then", () => {
    const late = anAttempt("a", 1, [anEndedPod(64, "", { commit: X })], aFailedJob("PodFailurePolicy"));
    const nodes = { a: { state: "Failed", attempt: 1 }, b: { ...RUNNING, commit: Y } } as const;
    const facts = factsOf({ a: [late], b: [anAttempt("b", 1, [aPod({ ...running, commit: Y })])] }, nodes);
    expect(decide(facts).verdict?.nodes).toMatchObject({ a: { state: "Failed" }, b: { commit: Y } });
    expect(decide(facts).verdict?.nodes.a).not.toHaveProperty("commit");
    expect(storedCommit("a", { spec: SPEC, status: { nodes } })).toBe(Y);
  });

  test("begin at once with a commit that the manifest names", () => {
    const spec = specOf({ a: project({ ref: X }), b: project({ ref: X }) });
    expect(created(factsOf({}, {}, spec))).toEqual(["a", "b"]);
    expect(decide(factsOf({}, {}, spec)).verdict?.nodes.a).toMatchObject({ state: "Starting", commit: X });
    expect(storedCommit("b", { spec, status: {} })).toBe(X);
  });
});

test("the next attempt of a node has the commit of the one before", () => {
  const failed = anAttempt("a", 1, [anEndedPod(75, note("a", 1, X))], aFailedJob("BackoffLimitExceeded"));
  const nodes = { a: { ...RUNNING, state: "Retrying" as const, retryAt: new Date(T0).toISOString(), commit: X } };
  const facts = factsOf({ a: [failed] }, nodes);
  expect(decide(facts).verdict?.nodes.a).toMatchObject({ state: "Starting", attempt: 2, commit: X });
  expect(storedCommit("a", { spec: SPEC, status: facts.run.status })).toBe(X);
});

test("an attempt whose pod was replaced and found another commit is repeated, and does not count", () => {
  const evicted = anEndedPod(143, note("a", 1, X), { disrupted: true });
  const attempt = anAttempt("a", 1, [evicted, aPod({ ...running, name: "pod-2", commit: Y })]);
  const decision = decide(factsOf({ a: [attempt] }, { a: { ...RUNNING, commit: X } }));
  expect(decision.verdict?.nodes.a).toMatchObject({
    state: "Retrying",
    reason: "CommitMoved",
    evictions: 1,
    commit: X,
    message: expect.stringContaining(Y),
  });
});
