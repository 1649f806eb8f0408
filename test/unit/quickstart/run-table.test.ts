import { describe, expect, it } from "vitest";
import { JsonDocuments } from "../../../config/quickstart/json-documents.ts";
import { FollowedRun, formatNodes, outcomeOf } from "../../../config/quickstart/run-table.ts";

const now = Date.parse("2026-11-21T10:00:10Z");

function aRun(status: object): FollowedRun {
  return FollowedRun.parse({ metadata: { name: "films-x", uid: "1" }, spec: {}, status });
}

const condition = (status: string, reason: string) => ({
  type: "Succeeded",
  status,
  reason,
  message: "why",
  lastTransitionTime: "2026-11-21T10:00:00Z",
});

describe("the table of a run", () => {
  it("shows each node's state, rows and seconds, in the order in which they began", () => {
    const run = aRun({
      nodes: {
        models: { state: "Running", attempt: 2, started: "2026-11-21T10:00:07Z" },
        quality: { state: "Pending" },
        raw: {
          state: "Succeeded",
          attempt: 1,
          rows: 1234,
          started: "2026-11-21T10:00:00Z",
          finished: "2026-11-21T10:00:03.500Z",
          message: "5 tables, 1,234 rows",
        },
      },
    });
    expect(formatNodes(run, now, 120)).toEqual([
      "NODE     STATE                 ROWS  SECONDS  MESSAGE",
      "raw      Succeeded            1,234      3.5  5 tables, 1,234 rows",
      "models   Running (attempt 2)             3.0",
      "quality  Pending",
    ]);
  });

  it("stays within the width", () => {
    const run = aRun({ nodes: { raw: { state: "Failed", message: "x".repeat(500) } } });
    for (const line of formatNodes(run, now, 80)) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("has only its title before the operator has written a status", () => {
    const run = FollowedRun.parse({ metadata: { name: "films-x" } });
    expect(formatNodes(run, now, 80)).toEqual(["NODE  STATE  ROWS  SECONDS  MESSAGE"]);
    expect(outcomeOf(run)).toBeUndefined();
  });
});

describe("the outcome of a run", () => {
  it.each([
    ["True", { succeeded: true, message: "Done: why" }],
    ["False", { succeeded: false, message: "Done: why" }],
    ["Unknown", undefined],
  ])("condition Succeeded=%s", (status, outcome) => {
    expect(outcomeOf(aRun({ conditions: [condition(status, "Done")] }))).toEqual(outcome);
  });
});

describe("documents of a watch", () => {
  it("come out whole, one after the other, however deep they are", () => {
    const documents = [{ a: { b: "}" } }, { c: ["{", { d: 1 }] }, {}];
    const lines = documents.map((document) => JSON.stringify(document, undefined, 4)).join("\n");
    const cutter = new JsonDocuments();
    const found = lines
      .replace(/\{\}$/, "{\n}")
      .split("\n")
      .map((line) => cutter.add(line));
    expect(found.filter((document) => document !== undefined)).toEqual(documents);
  });
});
