import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { packItems, unpackItems } from "#api/packed-items.ts";
import type { ReportItem } from "#api/report.ts";

const model = (index: number, parts: Partial<ReportItem> = {}): ReportItem => ({
  kind: "model",
  name: `stg_payments__line_items_${index}`,
  state: "Succeeded",
  attempts: 1,
  rows: index * 17,
  seconds: 0.25,
  ...parts,
});

test("items come back as they were, those that need a reader's eye first", () => {
  const items: readonly ReportItem[] = [
    model(1),
    { kind: "test", name: "unique.id", state: "Warned", failures: 3, message: "3 failing rows" },
    model(2, { state: "Failed", message: "no such column" }),
    { kind: "table", name: "raw.films", state: "Pending" },
  ];
  const { text, leftOut } = packItems(items, 2000);
  expect(leftOut).toBe(0);
  expect(unpackItems(text)).toEqual([items[2], items[1], items[0], items[3]]);
});

test("what does not fit is counted, and what failed is there", () => {
  const items = Array.from({ length: 3000 }, (_, index) =>
    model(index, index % 500 === 7 ? { state: "Failed", message: `why ${index}` } : {}),
  );
  const { text, leftOut } = packItems(items, 1500);
  expect(text.length).toBeLessThanOrEqual(1500);
  const found = unpackItems(text) ?? [];
  expect(found.length + leftOut).toBe(3000);
  expect(found.length).toBeGreaterThan(100);
  expect(found.slice(0, 6).map(({ state }) => state)).toEqual(Array(6).fill("Failed"));
});

test.each([0, -5, 3])("no text comes of %i bytes", (bytes) => {
  expect(packItems([model(1)], bytes)).toEqual({ text: "", leftOut: 1 });
});

test("a long message is cut, never in half a character", () => {
  const { text } = packItems([model(1, { state: "Failed", message: `${"m".repeat(159)}😀 and more` })], 2000);
  expect(unpackItems(text)?.[0]?.message).toBe("m".repeat(159));
});

describe("other texts are not read as items", () => {
  const packed = (value: unknown) => deflateRawSync(JSON.stringify(value)).toString("base64url");
  test.each<[string, string]>([
    ["nothing", ""],
    ["other bytes", "AAAA"],
    ["what is no JSON", deflateRawSync("no").toString("base64url")],
    ["another shape", packed({ a: 1 })],
    ["a kind that there is not", packed([[99, 0, "x"]])],
    ["a name without a character", packed([[0, 0, ""]])],
    ["a count that is none", packed([[0, 0, "x", -1]])],
    ["more items than a report has", packed(Array.from({ length: 10_001 }, () => [0, 0, "x"]))],
    ["a bomb", deflateRawSync(Buffer.alloc(64 * 1024 * 1024)).toString("base64url")],
  ])("%s", (_what, text) => {
    expect(unpackItems(text)).toBeUndefined();
  });
});
