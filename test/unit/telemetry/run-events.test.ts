import { expect, test } from "vitest";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { runEvents } from "../../../operator/telemetry/run-events.ts";
import { T0 } from "../../support/make.ts";

const time = new Date(T0).toISOString();
const conditions = (status: "True" | "False" | "Unknown", reason: string, message = "") => [
  { type: "Succeeded", status, reason, message, lastTransitionTime: time },
];
const running = (nodes: Record<string, NodeStatus> = {}): PipelineRunStatus => ({
  started: time,
  conditions: conditions("Unknown", "Running"),
  nodes,
});
const told = (before: PipelineRunStatus, after: PipelineRunStatus) =>
  runEvents(before, after).map(({ type, reason, note }) => `${type} ${reason}: ${note}`);
const change = (before: NodeStatus, after: NodeStatus) => told(running({ raw: before }), running({ raw: after }));

test("a run's beginning is told once", () => {
  const begun = { ...running(), counts: { total: 3, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, active: 0 } };
  expect(told({}, begun)).toEqual(["Normal Started: the run began with 3 nodes"]);
  expect(told(begun, begun)).toEqual([]);
});

test.each([
  ["True", "Succeeded", "Normal"],
  ["False", "Failed", "Warning"],
  ["Unknown", "Suspended", "Normal"],
] as const)("a condition that becomes %s/%s is told as %s, with its message", (status, reason, type) => {
  const after = { ...running(), conditions: conditions(status, reason, "why") };
  expect(told(running(), after)).toEqual([`${type} ${reason}: why`]);
  expect(told(after, after)).toEqual([]);
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

test("a pod that should have ended is told of as what it is", () => {
  const was: NodeStatus = { state: "Running", attempt: 1 };
  const why = { reason: "PodNotGone", message: "pod p was deleted and does not end" };
  expect(change(was, { ...was, ...why })).toEqual(["Warning PodNotGone: node raw: pod p was deleted and does not end"]);
});

test("a part that failed and is tried again is told of, a part that goes on is not", () => {
  const was: NodeStatus = { state: "Running", attempt: 1, parts: "0/3" };
  const why = { reason: "TransientError", message: "part 1 failed and is tried again: connection lost" };
  expect(change(was, { ...was, ...why })).toEqual([
    "Warning PartRetrying: node raw: TransientError: part 1 failed and is tried again: connection lost",
  ]);
  expect(change(was, { ...was, parts: "1/3" })).toEqual([]);
});
