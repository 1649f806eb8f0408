import { describe, expect, test } from "vitest";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { isUrgent, nodeTransitions, statusDiffers, statusOf } from "../../../operator/run/status.ts";
import type { Verdict } from "../../../operator/run/verdict.ts";
import { aPipeline, someFacts, T0 } from "../../support/manifests/make.ts";

const spec = aPipeline({ a: [] });
const text = (ms: number) => new Date(T0 + ms).toISOString();
const verdict = (nodes: Record<string, NodeStatus>, more: Partial<Verdict> = {}): Verdict => ({
  succeeded: "Unknown",
  reason: "Running",
  message: "at work",
  nodes,
  ...more,
});
const conditions = (status: "True" | "False" | "Unknown", reason: string, at = 0) => [
  { type: "Succeeded", status, reason, message: "", observedGeneration: 1, lastTransitionTime: text(at) },
];

describe("the status that a verdict becomes", () => {
  test("counts nodes by state and says how far the run is", () => {
    const states = [
      "Succeeded",
      "Succeeded",
      "Failed",
      "Skipped",
      "Cancelled",
      "Running",
      "Retrying",
      "Starting",
      "Pending",
    ];
    const nodes = Object.fromEntries(states.map((state, index) => [`n${index}`, { state } as NodeStatus]));
    expect(statusOf(verdict(nodes), someFacts(spec))).toMatchObject({
      progress: "5/9",
      counts: { total: 9, succeeded: 2, failed: 1, skipped: 1, cancelled: 1, active: 3 },
    });
  });

  test("adds rows and checks up, and speaks of no checks where a run had no checks", () => {
    const tests = { passed: 1, warned: 2, failed: 3, errored: 4 };
    const nodes: Record<string, NodeStatus> = {
      a: { state: "Succeeded", rows: 5, tests },
      b: { state: "Succeeded", rows: 7, tests },
      c: { state: "Pending" },
    };
    const status = statusOf(verdict(nodes), someFacts(spec));
    expect(status).toMatchObject({ rows: 12, tests: { passed: 2, warned: 4, failed: 6, errored: 8 } });
    expect(statusOf(verdict({ c: { state: "Pending" } }), someFacts(spec))).not.toHaveProperty("tests");
  });

  test("holds sums that no container can make too large for the API", () => {
    const most: NodeStatus = { state: "Succeeded", rows: Number.MAX_SAFE_INTEGER };
    expect(statusOf(verdict({ a: most, b: most }), someFacts(spec)).rows).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("keeps the time of the last transition while the condition's status stays, whatever its reason", () => {
    const facts = someFacts(spec, { now: T0 + 5_000, status: { conditions: conditions("Unknown", "Running") } });
    const lastTransition = (more: Partial<Verdict>) =>
      statusOf(verdict({}, more), facts).conditions?.[0]?.lastTransitionTime;
    expect(lastTransition({ reason: "Cancelling" })).toBe(text(0));
    expect(lastTransition({ succeeded: "False", reason: "Cancelled" })).toBe(text(5_000));
  });

  test("begins a run with the place of its copy, the Pipeline that it is a copy of, and the time", () => {
    const { copy: _, ...facts } = { ...someFacts(spec), now: T0 + 1_000 };
    const times = { scheduled: text(0), interval: { start: text(-1_000), end: text(0) }, timeZone: "UTC" };
    const pipeline = { uid: "uid-films", generation: 7, spec, times };
    const fresh = { ...facts, pipeline, run: { ...facts.run, status: {} } };
    const revision = { name: "films-1234", digest: "1234" };
    expect(statusOf(verdict({}, { begin: pipeline }), fresh, { revision })).toMatchObject({
      pipelineRevision: revision,
      pipelineUid: "uid-films",
      pipelineGeneration: 7,
      ...times,
      started: text(1_000),
      observedGeneration: 1,
    });
    expect(statusOf(verdict({}), fresh)).not.toHaveProperty("started");
  });

  test("ends a run with the time and how long it took; one that never began took none", () => {
    const done = verdict({}, { succeeded: "True", reason: "Succeeded" });
    const facts = someFacts(spec, { now: T0 + 185_000 });
    expect(statusOf(done, facts)).toMatchObject({ finished: text(185_000), duration: "3m05s" });
    const fresh = statusOf(done, { ...facts, run: { ...facts.run, status: {} } });
    expect(fresh).toMatchObject({ finished: text(185_000) });
    expect(fresh).not.toHaveProperty("duration");
    expect(statusOf(verdict({}), facts)).not.toHaveProperty("finished");
  });

  test("a start that is no time costs the duration and nothing else", () => {
    const facts = someFacts(spec, { status: { started: "once" } });
    const status = statusOf(verdict({}, { succeeded: "True", reason: "Succeeded" }), facts);
    expect(status).toMatchObject({ started: "once", finished: text(0) });
    expect(status).not.toHaveProperty("duration");
  });

  test("cuts a message to what the API takes", () => {
    const [condition] = statusOf(verdict({}, { message: "x".repeat(5_000) }), someFacts(spec)).conditions ?? [];
    expect(condition?.message).toHaveLength(4_096);
  });

  test("forgets nodes that the verdict does not speak of and keeps fields of a newer operator", () => {
    const status = { nodes: { gone: { state: "Pending" } }, future: 1 } as PipelineRunStatus;
    const after = statusOf(verdict({ a: { state: "Pending" } }), someFacts(spec, { status }));
    expect(after).toMatchObject({ nodes: { a: { state: "Pending" } }, future: 1 });
    expect(after.nodes).not.toHaveProperty("gone");
  });
});

describe("what changed between two statuses", () => {
  const status = (nodes: Record<string, NodeStatus>): PipelineRunStatus => ({
    conditions: conditions("Unknown", "Running"),
    nodes,
  });
  const running: NodeStatus = { state: "Running", attempt: 1 };

  test.each([
    ["another state", running, { state: "Succeeded", attempt: 1 }, 1],
    ["another attempt", running, { ...running, attempt: 2 }, 1],
    ["another reason", running, { ...running, reason: "ErrImagePull" }, 1],
    ["another message alone", running, { ...running, message: "x" }, 0],
    ["nothing", running, { ...running }, 0],
  ] as const)("%s of a node", (_, before, after, count) => {
    expect(nodeTransitions(status({ a: before }), status({ a: after }))).toHaveLength(count);
  });

  test("a node that was not there before is a transition from nothing, whatever it is called", () => {
    expect(nodeTransitions({}, status({ constructor: running }))).toEqual([
      { name: "constructor", before: undefined, after: running },
    ]);
  });

  test("the order of keys is no difference, every value is", () => {
    expect(statusDiffers({ a: 1, b: { c: [1, { d: 2, e: 3 }] } }, { b: { c: [1, { e: 3, d: 2 }] }, a: 1 })).toBe(false);
    expect(statusDiffers({ a: [1, 2] }, { a: [2, 1] })).toBe(true);
    expect(statusDiffers({ a: null }, {})).toBe(true);
  });

  test.each([
    ["a pod that began to run", { state: "Starting", attempt: 1 }, running, false],
    ["a Job that was made", { state: "Pending" }, { state: "Starting", attempt: 1 }, false],
    [
      "a pod that cannot start",
      { state: "Starting", attempt: 1 },
      { state: "Starting", attempt: 1, reason: "ErrImagePull" },
      true,
    ],
    ["a success among others", running, { state: "Succeeded", attempt: 1 }, false],
    ["a failure", running, { state: "Failed", attempt: 1 }, true],
    ["a retry", running, { state: "Retrying", attempt: 1 }, true],
  ] as const)("%s: somebody waits for it is %s", (_, before, after, urgent) => {
    expect(isUrgent(status({ a: before }), status({ a: after }))).toBe(urgent);
  });

  test("somebody waits for each new reason of the run", () => {
    expect(isUrgent(status({}), { conditions: conditions("Unknown", "Cancelling") })).toBe(true);
    expect(isUrgent(status({}), { conditions: conditions("Unknown", "Running", 9) })).toBe(false);
  });
});
