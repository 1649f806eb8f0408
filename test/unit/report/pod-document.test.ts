import { describe, expect, test } from "vitest";
import { PodDocument } from "../../../operator/report/pod-document.ts";
import { item, report, result } from "./reports.ts";

const ALL = () => true;
const document = () => new PodDocument(0);

describe("messages of one process", () => {
  test("a snapshot is kept, and deltas change what they name", () => {
    const doc = document();
    expect(doc.take(report({ items: [item("a"), item("b")], progress: { done: 0, total: 2 } }), 1, ALL)).toEqual({
      answer: "taken",
      change: "decisive",
    });
    const delta = report({ seq: 2, kind: "delta", items: [item("a", { state: "Succeeded", rows: 3 })] });
    expect(doc.take(delta, 2, ALL)).toEqual({ answer: "taken", change: "detail" });
    expect(doc.view).toEqual({
      firstAt: 0,
      at: 2,
      held: false,
      progress: { done: 0, total: 2 },
      items: [item("a", { state: "Succeeded", rows: 3 }), item("b")],
      itemsLeftOut: 0,
    });
  });

  test("the first word of a commit is decisive and stands, whichever message brings it", () => {
    const [commit, other] = ["1".repeat(40), "2".repeat(40)];
    const doc = document();
    doc.take(report({ items: [item("a")] }), 1, ALL);
    expect(doc.take(report({ seq: 2, kind: "delta", items: [], commit }), 2, ALL).change).toBe("decisive");
    expect(doc.take(report({ seq: 3, kind: "delta", items: [], commit }), 3, ALL).change).toBe("detail");
    doc.take(report({ seq: 4, items: [], commit: other }), 4, ALL);
    expect(doc.view.commit).toBe(commit);
    const late = document();
    late.take(report({ seq: 9, items: [] }), 1, ALL);
    expect(late.take(report({ seq: 5, items: [], commit }), 2, ALL)).toEqual({ answer: "taken", change: "decisive" });
    expect(late.view.commit).toBe(commit);
  });

  test("the first word of packages is decisive as well, beside a commit that is known", () => {
    const [commit, packages] = [
      "1".repeat(40),
      { asked: "2".repeat(40), installed: [{ name: "a/b", version: "1.0.0" }] },
    ];
    const doc = document();
    doc.take(report({ items: [], commit }), 1, ALL);
    expect(doc.take(report({ seq: 2, kind: "delta", items: [], commit, packages }), 2, ALL).change).toBe("decisive");
    expect(doc.take(report({ seq: 3, kind: "delta", items: [], commit, packages }), 3, ALL).change).toBe("detail");
    expect(doc.view).toMatchObject({ commit, packages });
  });

  test("items of the same name and another kind are others", () => {
    const doc = document();
    doc.take(report({ items: [item("a"), item("a", { kind: "test" })] }), 1, ALL);
    expect(doc.view.items).toHaveLength(2);
  });

  test("one that came before is answered and not taken", () => {
    const doc = document();
    doc.take(report({ seq: 5, items: [item("a", { state: "Succeeded" })] }), 1, ALL);
    expect(doc.take(report({ seq: 5, items: [item("a")] }), 2, ALL)).toEqual({ answer: "taken", change: "none" });
    expect(doc.take(report({ seq: 4, kind: "delta", items: [item("a")] }), 3, ALL).answer).toBe("taken");
    expect(doc.view.items).toEqual([item("a", { state: "Succeeded" })]);
  });

  test.each([
    ["nothing is known", [], report({ seq: 1, kind: "delta" })],
    ["one was lost", [report({ seq: 1 })], report({ seq: 3, kind: "delta" })],
    ["another process speaks", [report({ seq: 1 })], report({ seq: 2, kind: "delta", epoch: "e2" })],
  ])("a delta is refused where %s, and the next snapshot is not", (_, before, delta) => {
    const doc = document();
    for (const message of before) doc.take(message, 1, ALL);
    expect(doc.take(delta, 2, ALL)).toEqual({ answer: "unknown", change: "none" });
    expect(doc.take({ ...delta, seq: delta.seq + 1, kind: "snapshot", items: [item("a")] }, 3, ALL).answer).toBe(
      "taken",
    );
    expect(doc.view.items).toEqual([item("a")]);
  });

  test("it is held until it says that it works, and decisions hear of both", () => {
    const doc = document();
    expect(doc.take(report({ phase: "held" }), 1, ALL).change).toBe("decisive");
    expect(doc.view.held).toBe(true);
    expect(doc.take(report({ phase: "held", seq: 2 }), 1, ALL).change).toBe("detail");
    expect(doc.take(report({ phase: "working", seq: 3 }), 1, ALL).change).toBe("decisive");
    expect(doc.view.held).toBe(false);
  });
});

describe("results", () => {
  const done = (outcome: "succeeded" | "failed", more = {}) =>
    report({ seq: 9, phase: "done", result: result(outcome), ...more });

  test("are decisive once", () => {
    const doc = document();
    expect(doc.take(done("failed"), 5, ALL).change).toBe("decisive");
    expect(doc.take(done("failed", { seq: 10 }), 6, ALL).change).toBe("detail");
    expect(doc.view).toMatchObject({ result: result("failed"), resultAt: 5 });
  });

  test("succeeded is taken from a delta after a gap, from an older message and where there is no room", () => {
    const gap = document();
    expect(gap.take(done("succeeded", { kind: "delta" }), 1, ALL)).toEqual({ answer: "unknown", change: "decisive" });
    const older = document();
    older.take(report({ seq: 20 }), 1, ALL);
    expect(older.take(done("succeeded"), 2, ALL)).toEqual({ answer: "taken", change: "decisive" });
    const full = document();
    const tooMuch = done("succeeded", { items: [item("a")] });
    expect(full.take(tooMuch, 3, () => false)).toEqual({ answer: "tooLarge", change: "decisive" });
    for (const doc of [gap, older, full]) expect(doc.view.result?.outcome).toBe("succeeded");
  });

  test("succeeded stays, whoever says something else later", () => {
    const doc = document();
    doc.take(done("succeeded"), 1, ALL);
    doc.take(done("failed", { epoch: "e2", seq: 1 }), 2, ALL);
    expect(doc.view.result?.outcome).toBe("succeeded");
  });

  test("failed is not taken from a message that is itself not taken", () => {
    const doc = document();
    doc.take(report({ seq: 20 }), 1, ALL);
    doc.take(done("failed"), 2, ALL);
    expect(doc.view.result).toBeUndefined();
  });

  test("end what a process that was there before still says", () => {
    const doc = document();
    doc.take(done("succeeded", { items: [item("a", { state: "Succeeded" })] }), 1, ALL);
    expect(doc.take(report({ epoch: "e0", items: [item("a")] }), 2, ALL)).toEqual({ answer: "taken", change: "none" });
    expect(doc.view.items).toEqual([item("a", { state: "Succeeded" })]);
  });
});

describe("without room", () => {
  test("items that do not fit are refused with what was known kept, until a snapshot fits", () => {
    const doc = document();
    doc.take(report({ items: [item("a")] }), 1, ALL);
    expect(doc.take(report({ seq: 2, kind: "delta", items: [item("b")] }), 2, () => false).answer).toBe("tooLarge");
    expect(doc.view.items).toEqual([item("a")]);
    expect(doc.take(report({ seq: 3, kind: "delta", items: [item("c")] }), 3, ALL).answer).toBe("unknown");
    expect(doc.take(report({ seq: 4, items: [item("a"), item("b")] }), 4, ALL).answer).toBe("taken");
    expect(doc.view.items).toHaveLength(2);
  });

  test("of a snapshot that has left items out already as much is kept as fits, the failed ones first", () => {
    const doc = document();
    const items = Array.from({ length: 100 }, (_, i) => item(`m${i}`, { state: i === 77 ? "Failed" : "Succeeded" }));
    const bytesOf100 = new PodDocument(0);
    bytesOf100.take(report({ items }), 1, ALL);
    const room = (growth: number) => growth <= (bytesOf100.bytes - document().bytes) / 3;
    expect(doc.take(report({ items, itemsLeftOut: 7 }), 1, room).answer).toBe("taken");
    expect(doc.view.items).toHaveLength(25);
    expect(doc.view.items[0]).toMatchObject({ name: "m77" });
    expect(doc.view.itemsLeftOut).toBe(82);
  });

  test("dropped items are counted, and come back with the next snapshot", () => {
    const doc = document();
    doc.take(report({ items: [item("a"), item("b")], result: result("succeeded") }), 1, ALL);
    const { bytes } = doc;
    expect(doc.dropItems()).toBe(bytes - document().bytes);
    expect(doc.view).toMatchObject({ items: [], itemsLeftOut: 2, result: { outcome: "succeeded" } });
    expect(doc.take(report({ seq: 2, kind: "delta", items: [item("a")] }), 2, ALL).answer).toBe("unknown");
    doc.take(report({ seq: 3, items: [item("a"), item("b")] }), 3, ALL);
    expect(doc.view).toMatchObject({ itemsLeftOut: 0, items: [item("a"), item("b")] });
  });
});
