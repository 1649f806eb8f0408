import { describe, expect, test } from "vitest";
import { type IncrementFacts, isTime, planIncrement } from "../../../../task-image/sources/increment.ts";

const ids: IncrementFacts = { column: "id", type: "bigint", isUnique: true, mode: "append", upper: "9" };
const times: IncrementFacts = {
  column: "at",
  type: "timestamp with time zone",
  isUnique: false,
  mode: "append",
  upper: "t9",
};
const unread = { value: "5", isRead: false };
const read = { value: "5", isRead: true };

describe("which rows are read, and where the next load begins", () => {
  test.each<[string, Partial<IncrementFacts> & { readonly times?: true }, string, boolean]>([
    ["the first load of unique numbers", {}, `"id" <= '9'::bigint`, true],
    ["unique numbers after a load", { from: read }, `"id" > '5'::bigint AND "id" <= '9'::bigint`, true],
    ["unique numbers from a start", { from: unread }, `"id" >= '5'::bigint AND "id" <= '9'::bigint`, true],
    ["numbers with ties", { isUnique: false, from: unread }, `"id" >= '5'::bigint AND "id" < '9'::bigint`, false],
    [
      "ties, after a mode that had read them",
      { isUnique: false, from: read },
      `"id" > '5'::bigint AND "id" < '9'::bigint`,
      false,
    ],
    [
      "a merge of ties",
      { isUnique: false, mode: "merge", from: read },
      `"id" >= '5'::bigint AND "id" <= '9'::bigint`,
      true,
    ],
    ["times", { times: true }, `"at" < 't9'::timestamp with time zone`, false],
    ["unique times", { times: true, isUnique: true }, `"at" < 't9'::timestamp with time zone`, false],
    ["a merge of times", { times: true, mode: "merge" }, `"at" < 't9'::timestamp with time zone`, false],
  ])("%s", (_what, { times: isTimes, ...facts }, condition, isRead) => {
    const base = isTimes === true ? times : ids;
    expect(planIncrement({ ...base, ...facts })).toEqual({ condition, next: { value: base.upper, isRead } });
  });

  test("without any value nothing is read", () => {
    expect(planIncrement({ ...ids, upper: undefined })).toBeUndefined();
  });

  test("names and values are quoted", () => {
    const facts = { ...ids, column: `a"b`, type: "text", upper: `x'y\\z` };
    expect(planIncrement(facts)?.condition).toBe(`"a""b" <= E'x''y\\\\z'::text`);
  });
});

test.each([
  ["timestamp with time zone", true],
  ["timestamp(3) without time zone", true],
  ["date", true],
  ["time without time zone", false],
  ["bigint", false],
  ["timestamp with time zone[]", false],
])("%s is a moment: %s", (type, expected) => {
  expect(isTime(type)).toBe(expected);
});
