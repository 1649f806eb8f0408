import { describe, expect, test } from "vitest";
import { packItems } from "#api/packed-items.ts";
import { NODES_MAX } from "#api/pipeline.ts";
import { type NodeState, type NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import type { ReportItem } from "#api/report.ts";
import { findStatusProblems, largestStatusBytes, STATUS_BYTES_MAX } from "../../../operator/graph/largest-status.ts";
import { decide } from "../../../operator/run/decide.ts";
import { statusOf } from "../../../operator/run/status.ts";
import { fitStatus } from "../../../operator/run/status-size.ts";
import type { Verdict } from "../../../operator/run/verdict.ts";
import { anAttempt, anEndedPod, aPipeline, aResult, someFacts, T0 } from "../../support/manifests/make.ts";

const most = Number.MAX_SAFE_INTEGER;
const time = new Date(T0).toISOString();
/** What projects alone say, for which the bound has room beside that of every node. */
const HEALTH = { models: "1000000/1000000", sources: "1000000/1000000", columns: "1000000/1000000" };
/** Everything that a node's status can say, each at its longest. */
const full = (state: NodeState, letter: string): NodeStatus => ({
  state,
  attempt: 1000,
  evictions: 1000,
  job: "j".repeat(63),
  jobUid: "u".repeat(64),
  waitingSince: time,
  started: time,
  attemptStarted: time,
  finished: time,
  retryAt: time,
  podless: time,
  parts: "9".repeat(16),
  rows: most,
  bytes: most,
  tests: { passed: most, warned: most, failed: most, errored: most },
  reason: letter.repeat(64),
  message: letter.repeat(1024),
});
const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`.padEnd(40, "x"));
/** As many nodes with the longest names as a Pipeline may have. */
const LARGEST = Array.from({ length: NODES_MAX }, (_, i) => i + 1).findLast(
  (count) => largestStatusBytes(namesOf(count)) <= STATUS_BYTES_MAX,
) as number;
const nodesOf = (node: (index: number) => NodeStatus, count = LARGEST) =>
  Object.fromEntries(namesOf(count).map((name, index) => [name, node(index)]));
const verdict = (nodes: Record<string, NodeStatus>): Verdict => ({
  ...{ succeeded: "False", reason: "Failed", message: "\u0001".repeat(9_000), nodes },
});
const bytesOf = (value: object) => Buffer.byteLength(JSON.stringify(value));
const status = (nodes: Record<string, NodeStatus>) => statusOf(verdict(nodes), someFacts(aPipeline({ a: [] })));

describe("the status of the largest run there can be", () => {
  test.each(["x", "€", "\u0001"])("stays below its bound, whatever its nodes say (%j)", (letter) => {
    const large = status(nodesOf((index) => full(index % 2 === 0 ? "Failed" : "Succeeded", letter)));
    expect(bytesOf(large)).toBeLessThanOrEqual(STATUS_BYTES_MAX);
    expect(PipelineRunStatus.safeParse(large).error).toBeUndefined();
    expect(Object.values(large.nodes ?? {}).map(({ state }) => state)).toEqual(
      Array.from({ length: LARGEST }, (_, index) => (index % 2 === 0 ? "Failed" : "Succeeded")),
    );
  });

  test("is what was computed for it, at most, when every word is cut", () => {
    const bare = fitStatus(status(nodesOf(() => full("Failed", "\u0001"))), 0);
    expect(bytesOf(bare)).toBeLessThanOrEqual(largestStatusBytes(namesOf(LARGEST)));
    expect(bytesOf(bare)).toBeGreaterThan(0.9 * largestStatusBytes(namesOf(LARGEST)));
  });

  test("has room for the budgets of nodes that are at work", () => {
    const failures = { transient: 20, infrastructure: 20, timeout: 20, data: 20, configuration: 20, outOfMemory: 20 };
    const { finished: _, rows: __, bytes: ___, tests: ____, ...atWork } = full("Retrying", "\u0001");
    const bare = fitStatus(status(nodesOf(() => ({ ...atWork, failures }))), 0);
    expect(bytesOf(bare)).toBeLessThanOrEqual(largestStatusBytes(namesOf(LARGEST)));
  });

  test("is refused with its figure when it could not be stored", () => {
    const pipeline = (count: number) => aPipeline(Object.fromEntries(namesOf(count).map((name) => [name, []])));
    expect(findStatusProblems(pipeline(LARGEST))).toEqual([]);
    expect(findStatusProblems(pipeline(LARGEST + 1))).toEqual([
      expect.objectContaining({
        path: ["spec", "nodes"],
        message: expect.stringMatching(
          /^the status of a run of these 9\d\d nodes may come to 65\d{4} bytes, and there is room for 655360; split/,
        ),
      }),
    ]);
  });

  test("has room for the health of each project", () => {
    const spec = (count: number) => {
      const transform = { connection: "w", schema: "a", project: { configMap: "p" }, command: "build" as const };
      return {
        ...aPipeline({ a: [] }),
        nodes: Object.fromEntries(namesOf(count).map((name) => [name, { transform }])),
      };
    };
    const most = Array.from({ length: LARGEST }, (_, i) => i + 1).findLast(
      (count) => findStatusProblems(spec(count) as never).length === 0,
    ) as number;
    expect(most).toBeLessThan(LARGEST);
    const nodes = nodesOf(() => ({ ...full("Failed", "\u0001"), health: HEALTH }), most);
    expect(bytesOf(fitStatus(status(nodes), 0))).toBeLessThanOrEqual(STATUS_BYTES_MAX);
  });

  test("keeps what its failed nodes say longer than what the others do", () => {
    const { nodes = {} } = status(nodesOf((index) => full(index < 100 ? "Failed" : "Succeeded", "€"), 256));
    const lengths = Object.values(nodes).map(({ message = "" }) => message.length);
    expect(Math.min(...lengths.slice(0, 100))).toBeGreaterThan(Math.max(...lengths.slice(100)));
  });

  test("keeps counts, attempts and reasons when there is no room for any message", () => {
    const { nodes = {}, rows } = fitStatus(status(nodesOf(() => full("Failed", "x"))), 0);
    expect(rows).toBe(most);
    for (const node of Object.values(nodes)) {
      expect(node).toMatchObject({ state: "Failed", attempt: 1000, rows: most, reason: "x".repeat(64) });
      expect(node).not.toHaveProperty("message");
    }
  });
});

test("2,000 items inside the nodes of a run leave its status far below 256 KiB, whichever way they came", () => {
  const pipeline = aPipeline(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`n${i}`, []])));
  const list = Array.from({ length: 100 }, (_, i): ReportItem => {
    const name = `test.project.a_${i}.${"x".repeat(400)}`;
    return { kind: "test", name, state: "Failed", message: "m".repeat(1024) };
  });
  const packed = packItems(list, 2_000);
  const attempts = Object.keys(pipeline.nodes).map((name) => {
    const left = aResult(name, 1, { items: packed.text, itemsLeftOut: packed.leftOut, message: "m".repeat(200) });
    const pod = { ...anEndedPod(0, left), items: { list, leftOut: 0, at: T0 } };
    return [name, [anAttempt(name, 1, [pod])]] as const;
  });
  const facts = someFacts(pipeline, { attempts: new Map(attempts) });
  const decided = decide(facts).verdict;
  if (decided === undefined) throw new Error("nothing was decided");
  const stored = statusOf(decided, facts);
  expect(Object.values(stored.nodes ?? {}).map(({ state }) => state)).toEqual(Array(20).fill("Succeeded"));
  expect(bytesOf(stored)).toBeLessThan(32 * 1024);
  expect(JSON.stringify(stored)).not.toContain("test.project");
});

test("an ordinary status is left as it is", () => {
  const nodes = nodesOf(() => full("Failed", "x"), 100);
  expect(status(nodes).nodes).toEqual(nodes);
});

test("a message is not cut within a letter, which the API server would replace and the operator write again for ever", () => {
  const { nodes = {} } = fitStatus(status(nodesOf(() => full("Failed", "𝄞".repeat(2)))), 200_000);
  for (const { message = "" } of Object.values(nodes)) expect(message.isWellFormed()).toBe(true);
});
