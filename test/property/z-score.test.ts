import fc from "fast-check";
import { expect, test } from "vitest";
import { isWithin, standingOf } from "../../task-image/checks/history/z-score.ts";
import { judge, numberOf } from "../../task-image/checks/kinds/distribution.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const tame = fc.double({ noNaN: true, min: -1e9, max: 1e9 });
const history = (value: fc.Arbitrary<number>, minLength = 2) => fc.array(value, { minLength, maxLength: 40 });

test("a score is never negative and never NaN, however large or small the numbers are", () => {
  fc.assert(
    fc.property(finite, history(finite), (value, before) => {
      const { mean, deviation, score } = standingOf(value, before);
      expect(score).toBeGreaterThanOrEqual(0);
      expect([mean, deviation].some(Number.isNaN)).toBe(false);
    }),
  );
});

test("a constant history has no spread: the same number scores 0, and any other one is infinitely far", () => {
  fc.assert(
    fc.property(finite, fc.integer({ min: 2, max: 40 }), finite, (constant, times, other) => {
      const before = Array.from({ length: times }, () => constant);
      expect(standingOf(constant, before)).toMatchObject({ deviation: 0, score: 0 });
      fc.pre(Math.abs(other - constant) > Math.abs(constant) * 1e-9 && Math.abs(other - constant) > 1e-300);
      expect(standingOf(other, before).score).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});

test("a score does not change with the unit, nor with the order of the runs", () => {
  fc.assert(
    fc.property(tame, history(tame), fc.integer({ min: -40, max: 40 }), (value, before, power) => {
      const unit = 2 ** power;
      const { score } = standingOf(value, before);
      const rescaled = standingOf(value * unit, before.map((each) => each * unit).reverse());
      fc.pre(score < 1e6);
      expect(rescaled.score).toBeCloseTo(score, 3);
    }),
  );
});

test("the score is the textbook's", () => {
  const { mean, deviation, score } = standingOf(20, [10, 12, 14, 16, 18]);
  expect(mean).toBeCloseTo(14);
  expect(deviation).toBeCloseTo(Math.sqrt(10));
  expect(score).toBeCloseTo(6 / Math.sqrt(10));
});

test("tolerance is a share of the mean, and huge numbers do not overflow", () => {
  expect(isWithin(101, 100, 0.01)).toBe(true);
  expect(isWithin(102, 100, 0.01)).toBe(false);
  expect(isWithin(0, 0, 0)).toBe(true);
  expect(isWithin(Number.MAX_VALUE, -Number.MAX_VALUE, 0.01)).toBe(false);
});

const RULE = { metric: "sum", column: "price", maxZScore: 3, tolerance: "1%", minHistory: 3, window: 30 } as const;

test.each([
  ["a short history passes whatever is measured", 1e9, [1, 2], true, /2 earlier runs of the 3 that are needed/],
  ["a short history passes without a number", undefined, [], true, /0 earlier runs/],
  ["no number fails", undefined, [1, 1, 1], false, /sum\(price\) is no number/],
  ["a constant history within the tolerance", 1005, [1000, 1000, 1000], true, /within 1%/],
  [
    "a constant history and another number",
    1020,
    [1000, 1000, 1000],
    false,
    /differs from what it was in all of 3 runs/,
  ],
  ["zeros and something", 1, [0, 0, 0], false, /differs/],
  ["three deviations pass", 13, [9, 10, 11], true, /lies 3\.00 standard deviations/],
  ["more than three do not", 13.1, [9, 10, 11], false, /lies 3\.10 standard deviations from the mean of 3 runs/],
] as const)("%s", (_name, number, before, passes, message) => {
  const judged = judge(number, before, RULE);
  expect(judged).toMatchObject({ passes, message: expect.stringMatching(message) });
});

test.each([
  ["1e400", undefined],
  ["NaN", undefined],
  ["Infinity", undefined],
  [null, undefined],
  ["", undefined],
  ["2024-01-01", undefined],
  ["-0.5", -0.5],
  ["1000000000000000000000", 1e21],
] as const)("%j of a server is %s", (text, number) => {
  expect(numberOf(text)).toBe(number);
});
