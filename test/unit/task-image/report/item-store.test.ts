import { beforeEach, describe, expect, test } from "vitest";
import { REPORT_ITEMS_MAX, ReportItem } from "#api/report.ts";
import { createRedactor } from "../../../../task-image/redaction.ts";
import { ItemStore } from "../../../../task-image/report/item-store.ts";
import { shownText } from "../../../../task-image/report/shown-text.ts";
import { hidden } from "../../../../task-image/words/hidden-text.ts";

const redactor = createRedactor();
redactor.add("s3cret-word");
const EVERYTHING = 1024 * 1024;

const names = (items: readonly ReportItem[]) => items.map(({ name }) => name);

let now = 0;
let store: ItemStore;
beforeEach(() => {
  now = 0;
  store = new ItemStore({ now: () => now, shown: (text) => shownText(text, redactor), onChange: () => undefined });
});

test("items are pending from the moment that they are named, in their order", () => {
  store.items("table", ["a", "b"]);
  expect(store.all()).toEqual([
    { kind: "table", name: "a", state: "Pending" },
    { kind: "table", name: "b", state: "Pending" },
  ]);
  expect(store.counts()).toEqual({ done: 0, total: 2 });
});

test("an item counts its attempt once, its rows, its bytes and its seconds", () => {
  const [a] = store.items("table", ["a", "b"]);
  a?.running();
  now = 1500;
  a?.running({ bytes: 10 });
  expect(store.counts()).toEqual({ item: "a", bytes: 10, done: 0, total: 2 });
  now = 2500;
  a?.ended("Succeeded", { rows: 3, bytes: 20 });
  expect(store.counts()).toEqual({ rows: 3, bytes: 20, done: 1, total: 2 });
  expect(store.all()[0]).toEqual({
    kind: "table",
    name: "a",
    state: "Succeeded",
    attempts: 1,
    rows: 3,
    bytes: 20,
    seconds: 2.5,
  });
});

test("an item that is named again is left as it is", () => {
  const [first] = store.items("table", ["a"]);
  first?.running({ rows: 1 });
  const [again] = store.items("table", ["a"]);
  again?.ended("Succeeded");
  expect(store.all()).toMatchObject([{ state: "Succeeded", rows: 1, attempts: 1 }]);
});

test("names that come twice are distinguished", () => {
  const [, second] = store.items("check", ["unique id", "unique id"]);
  second?.ended("Failed", { failures: 2 });
  expect(store.all()).toMatchObject([
    { name: "unique id", state: "Pending" },
    { name: "unique id (2)", state: "Failed", failures: 2 },
  ]);
});

describe("when the command ends", () => {
  test("well, what is staged succeeds, and what was not needed is skipped", () => {
    const [a, b] = store.items("table", ["a", "b", "c"]);
    a?.running();
    a?.staged({ rows: 1 });
    b?.running();
    expect(store.counts()).toMatchObject({ item: "b", done: 1, total: 3 });
    store.conclude();
    expect(store.all().map(({ state }) => state)).toEqual(["Succeeded", "Succeeded", "Skipped"]);
    expect(store.counts()).toMatchObject({ done: 3, total: 3 });
  });

  test("badly, what is worked on fails with the reason, and the others say why they are not there", () => {
    const [a, b] = store.items("table", ["a", "b", "c"]);
    a?.running();
    a?.staged({ rows: 1 });
    b?.running();
    store.conclude("the disk is full");
    expect(store.all().map(({ state, message }) => [state, message])).toEqual([
      ["Skipped", "rolled back"],
      ["Failed", "the disk is full"],
      ["Skipped", "not reached"],
    ]);
  });
});

describe("what is taken", () => {
  test("is what has changed since it was last taken", () => {
    const [, b] = store.items("table", ["a", "b"]);
    expect(names(store.take("all", EVERYTHING))).toEqual(["a", "b"]);
    expect(store.hasChanged).toBe(false);
    b?.running();
    expect(names(store.take("changed", EVERYTHING))).toEqual(["b"]);
    expect(names(store.take("changed", EVERYTHING))).toEqual([]);
  });

  test("fits, those that failed first, and what is left comes the next time", () => {
    const items = store.items(
      "model",
      Array.from({ length: 100 }, (_, index) => `model_${index}`),
    );
    items[60]?.ended("Failed", { message: "x" });
    const first = store.take("all", 1000);
    expect(first[0]).toMatchObject({ name: "model_60", state: "Failed" });
    expect(JSON.stringify(first).length).toBeLessThanOrEqual(1001);
    const rest: ReportItem[] = [...first];
    while (store.hasChanged) rest.push(...store.take("changed", 1000));
    expect(new Set(names(rest)).size).toBe(100);
  });

  test("is those that failed alone, where only they are wanted", () => {
    const items = store.items("model", ["a", "b"]);
    items[1]?.ended("Failed");
    expect(names(store.take("all", EVERYTHING, true))).toEqual(["b"]);
    expect(store.hasChanged).toBe(false);
  });
});

test("names and messages hold no secret, no value of a row and no character that nobody sees, and have a length", () => {
  const [a] = store.items("table", [`s3cret-word\u001b[31m${"n".repeat(600)}`, "\u202e"]);
  a?.ended("Failed", { message: `bad row${hidden(": ada@example.com")} s3cret-word ${"m".repeat(2000)}` });
  const [first, second] = store.all();
  expect(first?.name).toMatch(/^\[redacted\]\[31mn+…$/);
  expect(first?.message).toMatch(/^bad row \[redacted\] m+…$/);
  expect(second?.name).toBe("?");
  for (const item of store.all()) expect(ReportItem.safeParse(item).success).toBe(true);
});

test("names that look alike once they are cut or masked are distinguished, and keep their numbers", () => {
  const long = "n".repeat(600);
  const items = store.items("file", [`${long}1`, `${long}2`, "s3cret-word", "[redacted]", `${"x".repeat(511)}y`]);
  const before = names(store.all());
  expect(new Set(before).size).toBe(5);
  expect(before.slice(0, 4)).toEqual([
    `${"n".repeat(511)}…`,
    `${"n".repeat(507)}… (2)`,
    "[redacted]",
    "[redacted] (2)",
  ]);
  for (const item of items) item.ended("Succeeded");
  expect(names(store.take("changed", EVERYTHING))).toEqual(before);
  for (const item of store.all()) expect(ReportItem.safeParse(item).success).toBe(true);
});

test("so are as many as a report can have", () => {
  const all = Array.from({ length: REPORT_ITEMS_MAX }, (_, i) => `${"n".repeat(600)}${i}`);
  store.items("file", all);
  expect(new Set(names(store.all())).size).toBe(REPORT_ITEMS_MAX);
});

test("memory is bounded: beyond the most that a report can have, items are counted", () => {
  const many = Array.from({ length: REPORT_ITEMS_MAX + 7 }, (_, index) => `m${index}`);
  const items = store.items("model", many);
  items.at(-1)?.ended("Failed");
  expect(store.all()).toHaveLength(REPORT_ITEMS_MAX);
  expect(store.leftOut).toBe(7);
});
