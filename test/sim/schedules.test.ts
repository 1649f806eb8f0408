import { expect, test } from "vitest";
import { simulateSchedule } from "./schedules.ts";

const BATCHES = 4;
const PER_BATCH = 3;

test.each(Array.from({ length: BATCHES }, (_, batch) => batch))(
  "every slot of random schedules under random faults has one run, or a reason to have none, batch %i",
  async (batch) => {
    for (let i = 0; i < PER_BATCH; i++) {
      const story = await simulateSchedule(batch * PER_BATCH + i + 1);
      expect(story.violations, JSON.stringify(story, undefined, 1)).toEqual([]);
    }
  },
);
