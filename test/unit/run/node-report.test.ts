import { describe, expect, test } from "vitest";
import { packItems } from "#api/packed-items.ts";
import type { NodeStatus } from "#api/pipeline-run.ts";
import type { ReportItem } from "#api/report.ts";
import type { TaskResult } from "#api/task.ts";
import type { AttemptFacts, PodFacts } from "../../../operator/run/facts.ts";
import { nodeReportPages, reportSources } from "../../../operator/run/node-report.ts";
import { aPipeline, aResult, RUN_UID, someFacts, T0 } from "../../support/manifests/make.ts";

const started = new Date(T0).toISOString();
const WORKS: NodeStatus = { state: "Running", attempt: 1, started, attemptStarted: started };
const DONE: NodeStatus = { ...WORKS, state: "Succeeded", finished: new Date(T0 + 9_000).toISOString() };
const item = (name: string, state: ReportItem["state"] = "Succeeded", more: Partial<ReportItem> = {}): ReportItem => ({
  ...{ kind: "model", name, state },
  ...more,
});
const pod = (more: Partial<PodFacts> = {}): PodFacts => ({
  name: "p",
  uid: "pod-uid",
  created: T0,
  failed: false,
  disrupted: false,
  ...more,
});
const pushed = (list: readonly ReportItem[], leftOut = 0) => ({ items: { list, leftOut, at: T0 } });
const resultOf = (more: Partial<TaskResult> = {}) => JSON.parse(aResult("a", 1, more)) as TaskResult;
const ended = (result: TaskResult) => ({
  terminated: { exitCode: 0, reason: "", message: JSON.stringify(result), at: T0 + 5_000 },
});
const left = (items: readonly ReportItem[], bytes = 2_000, more: Partial<TaskResult> = {}) => {
  const { text, leftOut } = packItems(items, bytes);
  return ended(resultOf({ items: text, itemsLeftOut: leftOut, ...more }));
};

function pagesOf(status: NodeStatus, ...pods: readonly PodFacts[]) {
  const attempts = new Map<string, readonly AttemptFacts[]>([["a", [{ attempt: 1, pods }]]]);
  const [source] = reportSources(someFacts(aPipeline({ a: [] }), { attempts }), { a: status });
  return source === undefined ? [] : nodeReportPages(source, RUN_UID);
}

describe("the report of a node", () => {
  test("is what its pod has pushed, counted, with its times in milliseconds", () => {
    const [page, ...more] = pagesOf(
      WORKS,
      pod(pushed([item("x", "Succeeded", { seconds: 1.2345, rows: 3 }), item("y", "Running")])),
    );
    expect(more).toEqual([]);
    expect(page).toEqual({
      observedGeneration: 1,
      conditions: [
        {
          type: "Complete",
          status: "False",
          reason: "Reporting",
          message: "the node is at work",
          lastTransitionTime: started,
        },
      ],
      attempt: 1,
      pages: 1,
      total: 2,
      counts: { pending: 0, running: 1, succeeded: 1, warned: 0, failed: 0, skipped: 0 },
      itemsLeftOut: 0,
      items: [
        { kind: "model", name: "x", state: "Succeeded", rows: 3, milliseconds: 1235 },
        { kind: "model", name: "y", state: "Running" },
      ],
    });
  });

  test("is complete when the node has ended and its task has said its last word", () => {
    const last = { ...pushed([item("x")]), pushed: { result: resultOf(), at: T0 } };
    expect(pagesOf(DONE, pod(last))[0]?.conditions?.[0]).toMatchObject({
      status: "True",
      lastTransitionTime: DONE.finished,
    });
    expect(pagesOf(DONE, pod(pushed([item("x", "Running")])))[0]?.conditions?.[0]).toMatchObject({ reason: "Lost" });
    const cut = { ...pushed([item("x")], 7), pushed: { result: resultOf(), at: T0 } };
    expect(pagesOf(DONE, pod(cut))[0]).toMatchObject({ itemsLeftOut: 7, conditions: [{ reason: "ItemsLeftOut" }] });
  });

  test("has at most 500 items a page, all of them on some page", () => {
    const items = Array.from({ length: 1_201 }, (_, i) => item(`m${i}`));
    const pages = pagesOf(WORKS, pod(pushed(items)));
    expect(pages.map((page) => page.items?.length)).toEqual([500, 500, 201]);
    expect(pages.flatMap((page) => page.items?.map(({ name }) => name))).toEqual(items.map(({ name }) => name));
    expect(
      pages.every(({ total, pages: of, counts }) => total === 1_201 && of === 3 && counts?.succeeded === 1_201),
    ).toBe(true);
  });

  test("comes from the termination message where nothing was pushed, with a count of what did not fit", () => {
    const items = Array.from({ length: 2_000 }, (_, i) =>
      item(`model_number_${i * 7_919}`, i === 1_999 ? "Failed" : "Succeeded"),
    );
    const [page] = pagesOf(DONE, pod(left(items)));
    expect(page?.items?.[0]).toMatchObject({ name: items.at(-1)?.name, state: "Failed" });
    expect((page?.total ?? 0) + (page?.itemsLeftOut ?? 0)).toBe(2_000);
    expect(page?.conditions?.[0]).toMatchObject({ reason: "ItemsLeftOut" });
  });

  test("has the last states of the termination message where the channel was lost on the way", () => {
    const before = [item("x", "Running"), item("y", "Pending"), item("z")];
    const after = [item("x", "Failed", { message: "boom" }), item("y", "Skipped")];
    const [page] = pagesOf({ ...DONE, state: "Failed" }, pod({ ...pushed(before), ...left(after) }));
    expect(page?.items?.map(({ name, state }) => `${name} ${state}`)).toEqual(["x Failed", "y Skipped", "z Succeeded"]);
    expect(page?.conditions?.[0]).toMatchObject({ status: "True" });
  });

  test.each([
    ["another attempt's", left([item("x")], 2_000, { attempt: 2 })],
    ["another run's", left([item("x")], 2_000, { run: "other" })],
    ["no list", ended(resultOf({ items: "!" }))],
    ["no result", { terminated: { exitCode: 0, reason: "", message: '"items":', at: T0 } }],
  ])("is not made of a termination message that is %s", (_, pods) => {
    expect(pagesOf(DONE, pod(pods))).toEqual([]);
  });

  test("puts the parts of a fanned-out load together, of each its newest pod", () => {
    const part = (of: number, state: ReportItem["state"], rows: number) =>
      pod({ name: `p${of}-${rows}`, part: of, ...pushed([item("t", state, { kind: "table", rows })]) });
    const [page] = pagesOf(WORKS, part(0, "Failed", 99), part(0, "Succeeded", 5), part(1, "Running", 2));
    expect(page?.items).toEqual([{ kind: "table", name: "t", state: "Running", rows: 7 }]);
  });

  test("counts what is beyond its pages, and stays a number that the API server takes when parts are added", () => {
    const part = (of: number, from: number) =>
      pod({
        ...{ name: `p${of}`, part: of },
        ...pushed(
          Array.from({ length: 6_000 }, (_, i) =>
            item(`t${from + i}`, "Succeeded", { rows: Number.MAX_SAFE_INTEGER - 1 }),
          ),
        ),
      });
    const pages = pagesOf(WORKS, part(0, 0), part(1, 5_000));
    expect(pages).toHaveLength(20);
    expect(pages[0]).toMatchObject({ total: 10_000, itemsLeftOut: 1_000 });
    expect(pages[10]?.items?.[0]?.rows).toBe(Number.MAX_SAFE_INTEGER);
  });

  test.each(["é", "語", "\u0001", "😀"])(
    "cuts messages of %j where they would be too much for one object",
    (letter) => {
      const items = Array.from({ length: 500 }, (_, i) =>
        item(`m${i}`, "Failed", { message: letter.repeat(1024 / letter.length) }),
      );
      const [page] = pagesOf(WORKS, pod(pushed(items)));
      const text = JSON.stringify(page);
      expect(Buffer.byteLength(text)).toBeLessThan(1.3e6);
      expect(page?.items).toHaveLength(500);
      expect(page?.items?.every(({ message = "" }) => message.length >= 128 && message.isWellFormed())).toBe(true);
    },
  );

  test("of a pod that was replaced is forgotten when the next one speaks", () => {
    const [page] = pagesOf(
      WORKS,
      pod(pushed([item("x", "Running")])),
      pod({ name: "q", ...pushed([item("y", "Running")]) }),
    );
    expect(page?.items?.map(({ name }) => name)).toEqual(["y"]);
  });
});

describe("which attempt reports", () => {
  const sources = (attempts: readonly AttemptFacts[]) =>
    reportSources(someFacts(aPipeline({ a: [] }), { attempts: new Map([["a", attempts]]) }), { a: WORKS });

  test("is the latest whose pods have named items, and no node without any", () => {
    const first = { attempt: 1, pods: [pod(pushed([item("x")]))] };
    expect(sources([first, { attempt: 2, pods: [pod()] }])[0]?.attempt).toBe(1);
    expect(sources([first, { attempt: 2, pods: [pod(pushed([item("x")]))] }])[0]?.attempt).toBe(2);
    expect(sources([{ attempt: 1, pods: [pod()] }])).toEqual([]);
  });

  test("has another version whenever something was said", () => {
    const at = (time: number) =>
      sources([{ attempt: 1, pods: [pod({ items: { list: [item("x")], leftOut: 0, at: time } })] }]);
    expect(at(1)[0]?.version).toBe(at(1)[0]?.version);
    expect(at(1)[0]?.version).not.toBe(at(2)[0]?.version);
  });
});

describe("the report of a packed node", () => {
  const unit = (key: string, states: Readonly<Record<string, ReportItem["state"]>>): [string, AttemptFacts[]] => {
    const list = Object.entries(states).map(([name, state]) => item(name, state));
    const result = JSON.parse(aResult(key, 1)) as TaskResult;
    return [key, [{ attempt: 1, pods: [pod({ ...pushed(list), pushed: { result, at: T0 } })] }]];
  };
  const pageOf = (
    status: NodeStatus,
    parts: Readonly<Record<string, NodeStatus["state"]>>,
    ...told: [string, AttemptFacts[]][]
  ) => {
    const facts = someFacts(aPipeline({ a: [] }), { attempts: new Map<string, readonly AttemptFacts[]>(told) });
    const nodes = Object.fromEntries(Object.entries(parts).map(([key, state]) => [key, { state }]));
    const [source] = reportSources(facts, { ...nodes, a: status });
    return source === undefined ? undefined : nodeReportPages(source, RUN_UID)[0];
  };
  const statesOf = (page: ReturnType<typeof pageOf>) => page?.items?.map(({ name, state }) => `${name} ${state}`);
  const plan = unit("a/plan", { x: "Pending", y: "Pending", z: "Pending" });

  test("has all items from the plan on, each as its unit says it", () => {
    const page = pageOf(
      WORKS,
      { "a/plan": "Succeeded", "a/x": "Running", "a/y": "Pending" },
      plan,
      unit("a/x", { x: "Running" }),
    );
    expect(statesOf(page)).toEqual(["x Running", "y Pending", "z Pending"]);
  });

  test("has what no unit has come to as skipped, once the node has ended", () => {
    const ended: NodeStatus = { state: "Failed", finished: started };
    const parts = { "a/plan": "Succeeded", "a/x": "Failed", "a/y": "Skipped" } as const;
    const page = pageOf(ended, parts, plan, unit("a/x", { x: "Failed" }));
    expect(statesOf(page)).toEqual(["x Failed", "y Skipped", "z Skipped"]);
    expect(page?.conditions?.[0]).toMatchObject({ status: "True", reason: "Complete" });
  });

  test("says that it is not complete where a unit has ended and its items never came", () => {
    const ended: NodeStatus = { state: "Succeeded", finished: started };
    const page = pageOf(ended, { "a/plan": "Succeeded", "a/x": "Succeeded" }, plan);
    expect(page?.conditions?.[0]).toMatchObject({ status: "False", reason: "Lost" });
    expect(statesOf(page)).toEqual(["x Pending", "y Pending", "z Pending"]);
  });
});
