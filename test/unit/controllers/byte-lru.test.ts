import { expect, test } from "vitest";
import { ByteLru } from "../../../operator/controllers/copies/byte-lru.ts";

test("values that were not asked for longest go when all together weigh too much", () => {
  const lru = new ByteLru<string>(10);
  lru.set("a", "A", 4);
  lru.set("b", "B", 4);
  expect(lru.get("a")).toBe("A");
  lru.set("c", "C", 4);
  expect([lru.get("a"), lru.get("b"), lru.get("c")]).toEqual(["A", undefined, "C"]);
});

test("a value that is put anew weighs what it weighs now", () => {
  const lru = new ByteLru<string>(10);
  lru.set("a", "A", 9);
  lru.set("a", "A2", 1);
  lru.set("b", "B", 9);
  expect([lru.get("a"), lru.get("b")]).toEqual(["A2", "B"]);
});

test("the newest value stays, however much it weighs", () => {
  const lru = new ByteLru<string>(10);
  lru.set("a", "A", 1);
  lru.set("b", "B", 99);
  expect([lru.get("a"), lru.get("b"), lru.size]).toEqual([undefined, "B", 1]);
});
