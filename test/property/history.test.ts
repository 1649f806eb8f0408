import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expiredRuns, type FinishedRun } from "../../operator/run/history.ts";
import { T0 } from "../support/manifests/make.ts";

const DAY = 86_400_000;
const run = fc.record({
  name: fc.stringMatching(/^[a-z]{1,4}$/),
  uid: fc.uuid(),
  succeeded: fc.boolean(),
  finished: fc.integer({ min: 0, max: 40 }).map((days) => T0 - days * DAY),
});
const runs = fc.uniqueArray(run, { selector: ({ name }) => name, maxLength: 30 });
const limits = fc.record({ succeeded: fc.nat(8), failed: fc.nat(8), ttl: fc.constantFrom("1d", "7d", "30d") });
const TTL_MS: Readonly<Record<string, number>> = { "1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY };

const names = (list: readonly FinishedRun[]) => list.map(({ name }) => name).sort();

describe("the history of a pipeline, whatever has run", () => {
  it("keeps at most as many runs of each kind as its limits say, and none past its time", () => {
    fc.assert(
      fc.property(runs, limits, (all, limit) => {
        const { expired } = expiredRuns(all, limit, T0);
        const kept = all.filter((one) => !expired.includes(one));
        for (const succeeded of [true, false]) {
          const max = succeeded ? limit.succeeded : limit.failed;
          expect(kept.filter((one) => one.succeeded === succeeded).length).toBeLessThanOrEqual(max);
        }
        expect(kept.filter(({ finished }) => T0 - finished >= (TTL_MS[limit.ttl] ?? 0))).toEqual([]);
      }),
    );
  });

  it("gives no run up that is younger than one of its kind that it keeps", () => {
    fc.assert(
      fc.property(runs, limits, (all, limit) => {
        const { expired } = expiredRuns(all, limit, T0);
        for (const gone of expired) {
          const younger = all.filter((one) => one.succeeded === gone.succeeded && one.finished < gone.finished);
          expect(younger.filter((one) => !expired.includes(one))).toEqual([]);
        }
      }),
    );
  });

  it("looks again exactly when the next run grows too old", () => {
    fc.assert(
      fc.property(runs, limits, (all, limit) => {
        const { expired, wakeAt } = expiredRuns(all, limit, T0);
        const kept = all.filter((one) => !expired.includes(one));
        if (wakeAt === undefined) {
          expect(kept).toEqual([]);
          return;
        }
        expect(expiredRuns(kept, limit, wakeAt - 1).expired).toEqual([]);
        expect(expiredRuns(kept, limit, wakeAt).expired.length).toBeGreaterThan(0);
      }),
    );
  });

  it("does not depend on the order in which the runs are listed", () => {
    fc.assert(
      fc.property(runs, limits, (all, limit) => {
        const backwards = expiredRuns([...all].reverse(), limit, T0);
        expect(names(backwards.expired)).toEqual(names(expiredRuns(all, limit, T0).expired));
      }),
    );
  });

  it("gives nothing more up when asked again about what it kept", () => {
    fc.assert(
      fc.property(runs, limits, (all, limit) => {
        const { expired } = expiredRuns(all, limit, T0);
        expect(
          expiredRuns(
            all.filter((one) => !expired.includes(one)),
            limit,
            T0,
          ).expired,
        ).toEqual([]);
      }),
    );
  });
});
