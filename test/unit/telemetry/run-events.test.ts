import { describe, expect, test } from "vitest";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { runEvents } from "../../../operator/telemetry/run-events.ts";
import { T0 } from "../../support/manifests/make.ts";

const time = new Date(T0).toISOString();
const conditions = (status: "True" | "False" | "Unknown", reason: string, message = "") => [
  { type: "Succeeded", status, reason, message, lastTransitionTime: time },
];
const running = (nodes: Record<string, NodeStatus> = {}): PipelineRunStatus => ({
  started: time,
  conditions: conditions("Unknown", "Running"),
  nodes,
});
const eventsBetween = (before: PipelineRunStatus, after: PipelineRunStatus) =>
  runEvents(before, after).map(({ type, reason, note }) => `${type} ${reason}: ${note}`);
const change = (before: NodeStatus, after: NodeStatus) =>
  eventsBetween(running({ raw: before }), running({ raw: after }));

test("a run's beginning is reported once", () => {
  const begun = { ...running(), counts: { total: 3, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, active: 0 } };
  expect(eventsBetween({}, begun)).toEqual(["Normal Started: the run began with 3 nodes"]);
  expect(eventsBetween(begun, begun)).toEqual([]);
});

test.each([
  ["True", "Succeeded", "Normal"],
  ["False", "Failed", "Warning"],
  ["Unknown", "Suspended", "Normal"],
] as const)("a condition that becomes %s/%s is told as %s, with its message", (status, reason, type) => {
  const after = { ...running(), conditions: conditions(status, reason, "why") };
  expect(eventsBetween(running(), after)).toEqual([`${type} ${reason}: why`]);
  expect(eventsBetween(after, after)).toEqual([]);
});

test("a failure, a retry and a pod that cannot start are told with node, attempt and reason", () => {
  const was: NodeStatus = { state: "Running", attempt: 2 };
  const why = { attempt: 2, reason: "ExitCode", message: "exited with 1" };
  expect(change(was, { state: "Failed", ...why })).toEqual([
    "Warning NodeFailed: node raw, attempt 2: ExitCode: exited with 1",
  ]);
  expect(change(was, { state: "Retrying", ...why, retryAt: time })).toEqual([
    `Warning NodeRetrying: node raw, attempt 2: ExitCode: exited with 1; the next attempt begins at ${time}`,
  ]);
  expect(change({ state: "Starting", attempt: 2 }, { state: "Starting", attempt: 2, reason: "ErrImagePull" })).toEqual([
    "Warning NodeWaiting: node raw cannot start yet: ErrImagePull: ",
  ]);
});

describe("the command that shows the log of a failed attempt", () => {
  const was: NodeStatus = { state: "Running", attempt: 2 };
  const failed = (message: string, more: Partial<NodeStatus> = {}) =>
    change(was, { state: "Failed", attempt: 2, reason: "DataError", message, job: "films-1-raw-a2", ...more });

  test("stands behind why it failed", () => {
    expect(failed("a row is wrong")).toEqual([
      "Warning NodeFailed: node raw, attempt 2: DataError: a row is wrong; its log: kubectl logs job/films-1-raw-a2",
    ]);
    const [retrying] = failed("no answer", { state: "Retrying", retryAt: time });
    expect(retrying).toContain(
      `no answer; the next attempt begins at ${time}; its log: kubectl logs job/films-1-raw-a2`,
    );
  });

  test("stands whole behind a message that is cut", () => {
    const [note = ""] = failed("漢".repeat(1024));
    expect(note).toMatch(/…; its log: kubectl logs job\/films-1-raw-a2$/);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024 + Buffer.byteLength("Warning NodeFailed: "));
  });

  test.each(["AttemptTimedOut", "StartTimedOut", "PodStopped", "JobLost", "ForeignPod"])(
    "is not there where the pod is gone, or never ran: %s",
    (reason) => {
      expect(failed("why", { reason })).toEqual([`Warning NodeFailed: node raw, attempt 2: ${reason}: why`]);
    },
  );

  test("is not there where the result is lost with its pod, or the pod is deleted for a container that does not end", () => {
    for (const message of ["the Job is complete but its pod is gone, and", "exited with 3; its log goes with the pod"])
      expect(failed(message, { reason: "InvalidResult" })[0]).not.toContain("kubectl logs");
  });

  test("stands there once", () => {
    expect(failed("exited with 3; kubectl logs films-1-raw-a2-x shows what it said")).toEqual([
      expect.stringMatching(/shows what it said$/),
    ]);
  });
});

test("a retry whose Job is refused waits; it is not another retry", () => {
  const was: NodeStatus = { state: "Retrying", attempt: 1, reason: "ExitCode", message: "1", retryAt: time };
  expect(change(was, { ...was, reason: "JobRefused", message: "exceeded quota" })).toEqual([
    "Warning NodeWaiting: node raw cannot start yet: JobRefused: exceeded quota",
  ]);
});

test("what ordinarily happens to a node costs no Event", () => {
  expect(change({ state: "Pending" }, { state: "Starting", attempt: 1 })).toEqual([]);
  expect(change({ state: "Starting", attempt: 1 }, { state: "Running", attempt: 1 })).toEqual([]);
  expect(change({ state: "Running", attempt: 1 }, { state: "Succeeded", attempt: 1 })).toEqual([]);
  expect(change({ state: "Pending" }, { state: "Skipped", reason: "UpstreamFailed" })).toEqual([]);
});

test.each(["x", "é", "漢", "𝄞"])("a note of many %s is cut to 1024 bytes between two characters", (character) => {
  for (let length = 1000; length < 1030; length += 1) {
    const after = {
      ...running(),
      conditions: conditions("False", "Failed", "-".repeat(length - 1000) + character.repeat(length)),
    };
    const [event] = runEvents(running(), after);
    expect(Buffer.byteLength(event?.note ?? "")).toBeLessThanOrEqual(1024);
    expect(event?.note).not.toContain("\uFFFD");
    expect(event?.note.length).toBeGreaterThan(200);
  }
});

test("a pod that should have ended is reported as what it is", () => {
  const was: NodeStatus = { state: "Running", attempt: 1 };
  const why = { reason: "PodNotGone", message: "pod p was deleted and does not end" };
  expect(change(was, { ...was, ...why })).toEqual(["Warning PodNotGone: node raw: pod p was deleted and does not end"]);
});

test("a part that failed and is tried again is reported, a part that goes on is not", () => {
  const was: NodeStatus = { state: "Running", attempt: 1, parts: "0/3" };
  const why = { reason: "TransientError", message: "part 1 failed and is tried again: connection lost" };
  expect(change(was, { ...was, ...why })).toEqual([
    "Warning PartRetrying: node raw: TransientError: part 1 failed and is tried again: connection lost",
  ]);
  expect(change(was, { ...was, parts: "1/3" })).toEqual([]);
});

test("events of hundreds of nodes at once name eight of them, and then their number", () => {
  const names = Array.from({ length: 256 }, (_, index) => `n${index}`);
  const nodes = (node: NodeStatus) => Object.fromEntries(names.map((name) => [name, node]));
  const after = { ...nodes({ state: "Pending", reason: "JobRefused", message: "exceeded quota" }) };
  const failed: NodeStatus = { state: "Failed", attempt: 1, reason: "DataError", message: "no" };
  const events = eventsBetween(running(nodes({ state: "Pending" })), running({ ...after, n0: failed }));
  expect(events.filter((event) => event.startsWith("Warning NodeFailed"))).toHaveLength(1);
  const waiting = events.filter((event) => event.startsWith("Warning NodeWaiting"));
  expect(waiting).toHaveLength(9);
  expect(waiting.at(-1)).toContain("247 more nodes");
});
