import { expect, test } from "vitest";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { nodeHealth, pipelineHealth, runHealth } from "../../../operator/run/health.ts";
import { statusOf } from "../../../operator/run/status.ts";
import type { Verdict } from "../../../operator/run/verdict.ts";
import { aPipeline, someFacts, T0 } from "../../support/manifests/make.ts";

const node = (more: Partial<NodeStatus>): NodeStatus => ({ state: "Succeeded", ...more });
const NODES = {
  models: node({ tests: { passed: 21, warned: 1, failed: 0, errored: 0 }, health: { models: "9/10", columns: "1/3" } }),
  more: node({ health: { models: "1/1", columns: "0/3", sources: "2/4" } }),
  quality: node({ tests: { passed: 2, warned: 0, failed: 0, errored: 0 } }),
  raw: node({ rows: 7 }),
};

test("a node's health is written in few bytes", () => {
  expect(nodeHealth({ models: { good: 9, of: 10 }, sources: { good: 0, of: 0 } })).toEqual({
    models: "9/10",
    sources: "0/0",
  });
});

test("the health of a run sums its nodes, in counts and whole per cent that are 100 only for all", () => {
  const statusAt = (succeeded: Verdict["succeeded"]) =>
    statusOf({ succeeded, reason: "Running", message: "", nodes: NODES }, someFacts(aPipeline({ a: [] })));
  expect(statusAt("Unknown").health).toBeUndefined();
  expect(statusAt("True").health).toEqual({
    tests: { good: 23, of: 24, percent: 95 },
    models: { good: 10, of: 11, percent: 90 },
    sources: { good: 2, of: 4, percent: 50 },
    columns: { good: 1, of: 6, percent: 16 },
  });
});

test.each([
  ["no node that says anything", [node({ rows: 3 })]],
  ["nothing of nothing", [node({ health: { models: "0/0" } })]],
  ["what is no share", [node({ health: { models: "many" } })]],
])("a run with %s has no health", (_name, nodes) => {
  expect(runHealth(nodes, undefined)).toEqual({});
});

const ended = (
  minute: number,
  health: PipelineRunStatus["health"],
  reason = "Succeeded",
  status: "True" | "False" | "Unknown" = "True",
) => ({
  finished: new Date(T0 + minute * 60_000).toISOString(),
  conditions: [{ type: "Succeeded", status, reason, message: "", lastTransitionTime: "" }],
  ...(health === undefined ? {} : { health }),
});
const share = (good: number, of: number) => ({ good, of, percent: Math.floor((100 * good) / of) });

test("a Pipeline is as healthy as its latest runs, each kind by the last run that speaks of it", () => {
  const runs = [
    ended(2, { tests: share(3, 4) }, "Failed", "False"),
    ended(1, { tests: share(1, 4), sources: share(1, 2) }),
    ended(3, undefined),
    ended(4, { tests: share(0, 4) }, "Cancelled", "False"),
    ended(5, { tests: share(0, 4) }, "Running", "Unknown"),
  ];
  expect(pipelineHealth(runs)).toEqual({ tests: 0.75, sources: 0.5 });
  expect(pipelineHealth([])).toEqual({});
});
