import { describe, expect, test } from "vitest";
import { DOCUMENT_BYTES } from "../../../operator/report/pod-document.ts";
import { ReportStore } from "../../../operator/report/report-store.ts";
import { item, report, result } from "./reports.ts";

const pod = (podUid: string, namespace = "team") => ({ podUid, namespace });
/** Items that count 1,000 bytes and more. */
const kilobytes = (count: number) =>
  Array.from({ length: count }, (_, i) => item(`m${i}`, { message: "x".repeat(1_000 - 64) }));

describe("orders", () => {
  test("a task goes unless it is held, and follows its order", () => {
    const store = new ReportStore();
    expect(store.orderOf("a")).toBe("go");
    store.take(pod("a"), report({ phase: "held" }), 0);
    expect(store.orderOf("a")).toBe("hold");
    store.order("a", "go");
    expect(store.orderOf("a")).toBe("go");
    store.order("a", "cancel");
    expect(store.orderOf("a")).toBe("cancel");
  });

  test("what is ordered before a task has spoken counts when it does", () => {
    const store = new ReportStore();
    store.order("a", "go");
    store.take(pod("a"), report({ phase: "held" }), 0);
    expect(store.orderOf("a")).toBe("go");
  });

  test("whoever waits is woken once by another order, and not by the same one", () => {
    const store = new ReportStore();
    const woken: string[] = [];
    store.order("a", "hold");
    store.whenOrdered("a", () => woken.push("a"));
    store.order("a", "hold");
    store.order("b", "go");
    expect(woken).toEqual([]);
    store.order("a", "go");
    store.order("a", "cancel");
    expect(woken).toEqual(["a"]);
  });

  test("a second question of the same pod ends the first, and one that has ended wakes nobody", () => {
    const store = new ReportStore();
    const woken: number[] = [];
    store.whenOrdered("a", () => woken.push(1));
    const end = store.whenOrdered("a", () => woken.push(2));
    expect(woken).toEqual([1]);
    end();
    store.order("a", "cancel");
    expect(woken).toEqual([1]);
  });
});

describe("what is kept", () => {
  test("is found by the pod's uid, and a namespace counts as heard", () => {
    const store = new ReportStore();
    store.take(pod("a", "one"), report({ items: [item("x")] }), 7);
    expect(store.of("a")).toMatchObject({ firstAt: 7, items: [item("x")] });
    expect(store.of("b")).toBeUndefined();
    expect([store.heard("one"), store.heard("two")]).toEqual([true, false]);
  });

  test("goes with the pods, orders too", () => {
    const store = new ReportStore();
    for (const uid of ["a", "b"]) store.take(pod(uid), report({ items: kilobytes(3) }), 0);
    store.order("a", "cancel");
    store.retain((uid) => uid === "b");
    expect([store.of("a"), store.orderOf("a"), store.size]).toEqual([undefined, "go", 1]);
    store.retain(() => false);
    expect([store.size, store.bytes]).toEqual([0, 0]);
  });

  test("has a bound for each pod", () => {
    const store = new ReportStore({ pod: 10_000, total: 1e9 });
    expect(store.take(pod("a"), report({ items: kilobytes(9) }), 0).answer).toBe("taken");
    const more = report({ seq: 2, kind: "delta", items: [item("more", { message: "x".repeat(2_000) })] });
    expect(store.take(pod("a"), more, 0).answer).toBe("tooLarge");
    expect(store.bytes).toBeLessThanOrEqual(10_000 + DOCUMENT_BYTES);
  });

  test("has a bound for all: the namespace that keeps most loses items first, and no results", () => {
    const store = new ReportStore({ pod: 60_000, total: 100_000 });
    for (const uid of ["old", "new"])
      store.take(pod(uid, "greedy"), report({ items: kilobytes(40), result: result("succeeded") }), 0);
    expect(store.take(pod("small", "modest"), report({ items: kilobytes(40) }), 1).answer).toBe("taken");
    expect(store.of("old")).toMatchObject({ items: [], itemsLeftOut: 40, result: { outcome: "succeeded" } });
    expect(store.of("new")?.items).toHaveLength(40);
    expect(store.of("small")?.items).toHaveLength(40);
    expect(store.bytes).toBeLessThanOrEqual(100_000);
  });

  test("of a namespace that keeps most is not taken from its own tasks at work, but from those that have ended or are silent", () => {
    const store = new ReportStore({ pod: 60_000, total: 100_000 });
    store.take(pod("ended"), report({ items: kilobytes(30), result: result("failed") }), 0);
    store.take(pod("works"), report({ items: kilobytes(30) }), 0);
    store.take(pod("third"), report({ items: kilobytes(50) }), 1);
    expect(store.of("ended")?.items).toHaveLength(0);
    expect(store.of("works")?.items).toHaveLength(30);
    expect(store.take(pod("fourth"), report({ items: kilobytes(50) }), 2).answer).toBe("tooLarge");
    expect(store.take(pod("fourth"), report({ seq: 2, items: kilobytes(50) }), 100_000).answer).toBe("taken");
    expect(store.of("works")?.items).toHaveLength(0);
  });
});
