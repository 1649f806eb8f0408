import { expect, test } from "vitest";
import { Turns } from "../../../../../task-image/dbt/bridge/turns.ts";

test("whoever waits has its turn when the one before has ended, in the order in which they came", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const first = await turns.take();
  const others = ["second", "third"].map(async (name) => {
    const end = await turns.take();
    seen.push(name);
    end();
  });
  await Promise.resolve();
  expect(seen).toEqual([]);
  first();
  await Promise.all(others);
  expect(seen).toEqual(["second", "third"]);
});
