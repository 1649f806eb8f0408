import { describe, expect, test } from "vitest";
import {
  type IncrementFacts,
  isTime,
  planIncrement,
  waitingRows,
} from "../../../../../task-image/sources/postgres/increment.ts";

const ids: IncrementFacts = {
  column: "id",
  type: "bigint",
  isFinal: true,
  mode: "append",
  upper: "9",
  isLargest: true,
};
const times: IncrementFacts = {
  column: "at",
  type: "timestamp with time zone",
  isFinal: false,
  mode: "append",
  upper: "t9",
  isLargest: false,
};
const unread = { value: "5", isRead: false };
const read = { value: "5", isRead: true };

describe("which rows are read, and where the next load begins", () => {
  test.each<[string, Partial<IncrementFacts> & { readonly times?: true }, string, boolean]>([
    ["the first load of unique numbers", {}, `"id" <= '9'::bigint`, true],
    ["unique numbers after a load", { from: read }, `"id" > '5'::bigint AND "id" <= '9'::bigint`, true],
    ["unique numbers from a start", { from: unread }, `"id" >= '5'::bigint AND "id" <= '9'::bigint`, true],
    ["numbers with ties", { isFinal: false, from: unread }, `"id" >= '5'::bigint AND "id" < '9'::bigint`, false],
    [
      "ties, after a mode that had read them",
      { isFinal: false, from: read },
      `"id" > '5'::bigint AND "id" < '9'::bigint`,
      false,
    ],
    [
      "a merge of ties",
      { isFinal: false, mode: "merge", from: read },
      `"id" >= '5'::bigint AND "id" <= '9'::bigint`,
      true,
    ],
    ["times", { times: true }, `"at" <= 't9'::timestamp with time zone`, true],
    [
      "times after a load",
      { times: true, from: read },
      `"at" > '5'::timestamp with time zone AND "at" <= 't9'::timestamp with time zone`,
      true,
    ],
    [
      "a merge of times",
      { times: true, mode: "merge", from: read },
      `"at" >= '5'::timestamp with time zone AND "at" <= 't9'::timestamp with time zone`,
      true,
    ],
    [
      "a merge of times that come late",
      { times: true, mode: "merge", from: read, latenessSeconds: 90 },
      `"at" >= '5'::timestamp with time zone - pg_catalog.make_interval(secs => 90) AND "at" <= 't9'::timestamp with time zone`,
      true,
    ],
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

describe("which rows are left for a later load", () => {
  test.each<[string, IncrementFacts, string]>([
    [
      "what is above final numbers, up to a lag",
      { ...ids, from: read, isLargest: false },
      `"id" > '5'::bigint AND "id" > '9'::bigint`,
    ],
    ["the largest number itself where more may come", { ...ids, isFinal: false }, `"id" >= '9'::bigint`],
    ["times that are not below the horizon", times, `"at" > 't9'::timestamp with time zone`],
    [
      "all that is unread where nothing may be read",
      { ...times, from: unread, upper: undefined },
      `"at" >= '5'::timestamp with time zone`,
    ],
    ["all where nothing may be read and nothing has been", { ...times, upper: undefined }, "true"],
  ])("%s", (_what, facts, condition) => {
    expect(waitingRows(facts)).toBe(condition);
  });
});

test.each<[string, IncrementFacts]>([
  ["final numbers", { ...ids, from: read }],
  ["numbers of a merge", { ...ids, isFinal: false, mode: "merge" }],
  ["a table without rows", { ...ids, upper: undefined }],
])("no row of %s is left, and nobody counts them", (_what, facts) => {
  expect(waitingRows(facts)).toBeUndefined();
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
