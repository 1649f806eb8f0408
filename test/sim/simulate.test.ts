import { expect, test } from "vitest";
import { simulate } from "./simulate.ts";
import { tell } from "./tell.ts";

/** Seeds that once found a bug stay here for good. */
const REMEMBERED: readonly number[] = [31, 37, 143, 148, 169, 703, 1427, 2635];
/** The same for seeds whose loads are fanned out, which those above know nothing of. */
const REMEMBERED_FANNED_OUT: readonly number[] = [1185];
/** The same for seeds in which pods are stopped and clocks differ. */
const REMEMBERED_ENDINGS: readonly number[] = [89];
/** The same for seeds with everything in them. */
const REMEMBERED_WHOLE: readonly number[] = [142, 777_018, 300_037, 300_063];
/** The same for seeds whose nodes have rules and conditions. */
const REMEMBERED_RULES: readonly number[] = [65, 198, 302];
const BATCHES = 40;
const PER_BATCH = 5;

test.each(Array.from({ length: BATCHES }, (_, batch) => batch))(
  "random pipelines under random faults end as planned and break no promise, batch %i",
  async (batch) => {
    for (let i = 0; i < PER_BATCH; i++) {
      const story = await simulate(batch * PER_BATCH + i + 1);
      expect(story.violations, tell(story)).toEqual([]);
    }
  },
);

test("seeds that once found a bug stay healed", async () => {
  const plain = REMEMBERED.map((seed) => ({
    seed,
    fanOut: false,
    endings: false,
    neighbours: false,
    pushes: false,
    gates: false,
    rules: false,
  }));
  const fannedOut = REMEMBERED_FANNED_OUT.map((seed) => ({
    seed,
    fanOut: true,
    endings: false,
    neighbours: false,
    pushes: false,
    gates: false,
    rules: false,
  }));
  const endings = REMEMBERED_ENDINGS.map((seed) => ({
    seed,
    fanOut: true,
    endings: true,
    neighbours: false,
    pushes: false,
    gates: false,
    rules: false,
  }));
  const whole = REMEMBERED_WHOLE.map((seed) => ({ seed, rules: false }));
  const ruled = REMEMBERED_RULES.map((seed) => ({ seed, rules: true }));
  for (const { seed, ...more } of [...plain, ...fannedOut, ...endings, ...whole, ...ruled]) {
    const story = await simulate(seed, more);
    expect(story.violations, tell(story)).toEqual([]);
  }
});
