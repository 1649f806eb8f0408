import { expect, test } from "vitest";
import { pageRanges } from "../../../../../task-image/sources/postgres/page-ranges.ts";

test("ranges meet without a gap, begin at the first page and never end", () => {
  expect(pageRanges(4096, 2)).toEqual([
    "ctid >= '(0,0)'::tid AND ctid < '(1024,0)'::tid",
    "ctid >= '(1024,0)'::tid AND ctid < '(2048,0)'::tid",
    "ctid >= '(2048,0)'::tid AND ctid < '(3072,0)'::tid",
    "ctid >= '(3072,0)'::tid",
  ]);
});

test.each([
  [0, 4, 0],
  [1023, 4, 0],
  [2047, 4, 1],
  [10_000, 1, 4],
  [1_000_000, 4, 16],
])("%i pages and %i readers make %i ranges", (pages, readers, ranges) => {
  expect(pageRanges(pages, readers)).toHaveLength(ranges);
});
