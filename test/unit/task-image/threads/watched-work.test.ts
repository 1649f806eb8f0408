import { expect, test } from "vitest";
import { watched } from "../../../../task-image/threads/watched-work.ts";

const endless = () => /(a+)+$/.exec(`${"a".repeat(64)}b`);

test("work that ends answers its value, and what it throws comes through", () => {
  expect(watched(60_000, () => 7)).toMatchObject({ done: { value: 7 } });
  const failing = () => {
    throw new TypeError("own");
  };
  expect(() => watched(60_000, failing)).toThrow(new TypeError("own"));
});

test("work that does not end is stopped, also inside of other work, and says what it took", () => {
  const outer = watched(60_000, () => watched(50, endless));
  expect(outer.done?.value.done).toBeUndefined();
  expect(outer.microseconds).toBeGreaterThanOrEqual(outer.done?.value.microseconds ?? Number.NaN);
  expect(watched(60_000, () => "goes on").done).toEqual({ value: "goes on" });
});
