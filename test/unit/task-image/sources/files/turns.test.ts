import { expect, test } from "vitest";
import { takingTurns } from "../../../../../task-image/sources/files/turns.ts";

test("a loop over what is there already lets others have their turn", async () => {
  let isTold = false;
  setImmediate(() => {
    isTold = true;
  });
  const turn = takingTurns();
  while (!isTold) await turn();
  expect(isTold).toBe(true);
});
