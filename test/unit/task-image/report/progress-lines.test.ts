import { expect, test } from "vitest";
import { progressLines } from "../../../../task-image/report/progress-lines.ts";

test("at most one line a second is printed, the first one at once, and none while nothing is worked on", () => {
  const lines: string[] = [];
  let now = 0;
  const identity = { run: "0f2b", node: "raw", attempt: 1 };
  const say = progressLines({ write: (line) => void lines.push(line), now: () => now, identity });
  say(() => ({ done: 0, total: 2 }));
  for (; now < 2500; now += 100) say(() => ({ item: "raw.films", bytes: now, done: 0, total: 2 }));
  expect(lines.map((line) => JSON.parse(line).bytes)).toEqual([0, 1000, 2000]);
  now = 9000;
  say(() => ({ item: "raw.actors", done: 1, total: 2 }));
  expect(lines.at(-1)).toBe(
    `{"kelt":"progress","run":"0f2b","node":"raw","attempt":1,"item":"raw.actors","done":1,"total":2}\n`,
  );
});
