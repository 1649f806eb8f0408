import { expect, test } from "vitest";
import { passedLimit } from "../../../../task-image/loading/reject-limit.ts";

test.each([
  [{ max: 0 }, 0, 10, undefined],
  [{ max: 0 }, 1, 10, "none may be"],
  [{ max: 2 }, 2, 2, undefined],
  [{ max: 2 }, 3, 9, "at most 2 may be (load.rejects.max)"],
  [{ max: 100_000, percent: "0%" }, 1, 9_000_000, "at most 0% of the 9000000 rows read may be (load.rejects.percent)"],
  [{ max: 100_000, percent: "0.1%" }, 1, 1000, undefined],
  [{ max: 100_000, percent: "0.1%" }, 1, 999, "at most 0.1% of the 999 rows read may be (load.rejects.percent)"],
  [{ max: 100_000, percent: "0.3%" }, 3, 1000, undefined],
  [
    { max: 100_000, percent: "33.333333%" },
    1,
    3,
    "at most 33.333333% of the 3 rows read may be (load.rejects.percent)",
  ],
  [{ max: 100_000, percent: "100%" }, 7, 7, undefined],
  [{ max: 1, percent: "100%" }, 2, 2, "at most 1 may be (load.rejects.max)"],
])("%o with %i of %i rows rejected", (limit, rejected, read, passed) => {
  expect(passedLimit(limit, { rejected, read })).toBe(passed);
});
