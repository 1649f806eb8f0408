import { expect, test } from "vitest";
import { simulate } from "./simulate.ts";
import { tell } from "./tell.ts";

/** Seeds that once found a bug stay here for good. */
const REMEMBERED: readonly number[] = [31, 37, 143, 148, 169, 703, 1427, 2635];
/** The same for seeds whose loads are fanned out, which those above know nothing of. */
const REMEMBERED_FANNED_OUT: readonly number[] = [1185];
const BATCHES = 10;
const PER_BATCH = 20;

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
  const plain = REMEMBERED.map((seed) => ({ seed, fanOut: false }));
  for (const { seed, fanOut } of [...plain, ...REMEMBERED_FANNED_OUT.map((seed) => ({ seed, fanOut: true }))]) {
    const story = await simulate(seed, { fanOut });
    expect(story.violations, tell(story)).toEqual([]);
  }
});
