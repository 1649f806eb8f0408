import { expect, test } from "vitest";
import { compareCursors, cursorKind, LargestValue } from "../../../../../task-image/sources/http/http-cursor.ts";

test.each<readonly [string, "equals" | "is above", string]>([
  ["9007199254740993", "is above", "9007199254740992"],
  ["-0.1", "is above", "-0.25"],
  ["10.10", "equals", "10.1"],
  ["10", "is above", "9.99"],
  ["2026-01-01T00:00:00.000000001Z", "is above", "2026-01-01T00:00:00Z"],
  ["2026-01-01T00:30:00+00:00", "is above", "2026-01-01T02:00:00+02:00"],
  ["2026-01-01T00:00:00.10Z", "equals", "2026-01-01 00:00:00.1"],
  ["2026-01-01T00:00:00Z", "equals", "2026-01-01"],
  ["2026-01-01T00:00:00-0100", "is above", "2026-01-01T00:59:59.999+00"],
  ["b", "is above", "a"],
  ["\u{1F600}", "is above", "\uFFFF"],
])("%s %s %s", (one, relation, other) => {
  const kind = cursorKind(one);
  expect(cursorKind(other)).toBe(kind);
  const order = [compareCursors(kind, one, other), compareCursors(kind, other, one)].map(Math.sign);
  expect(order).toEqual(relation === "equals" ? [0, 0] : [1, -1]);
});

test.each([
  ["number", "0"],
  ["number", "-17.5"],
  ["time", "2026-01-01"],
  ["time", "2026-01-01T00:00Z"],
  ["text", "2026-13-01"],
  ["text", "1e9"],
  ["text", ""],
])("a %s: %s", (kind, value) => {
  expect(cursorKind(value)).toBe(kind);
});

const records = (...texts: readonly string[]) => {
  const largest = new LargestValue("meta.at");
  for (const text of texts) largest.add(Buffer.from(text), 0);
  return largest;
};

test("the largest value is kept as it was written; records without one say nothing", () => {
  const found = records(
    '{"meta":{"at":"2026-01-01T02:00:00+02:00"}}',
    '{"meta":{}}',
    '{"meta":{"at":"2026-01-01T00:00:00.5Z"}}',
    "7",
  );
  expect(found.get()).toBe("2026-01-01T00:00:00.5Z");
  expect(records().get()).toBeUndefined();
});

test("values of two kinds, or none in any record, are refused", () => {
  expect(() => records('{"meta":{"at":1}}', '{"meta":{"at":"x"}}')).toThrow("found a number and a text in record 2");
  expect(() => records('{"at":1}', "{}").get()).toThrow("expected a value in the records, found none in 2 of them");
});
