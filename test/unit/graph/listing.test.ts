import { describe, expect, test } from "vitest";
import { cutAtWord, listed } from "../../../operator/graph/listing.ts";

describe("a list in a message", () => {
  test("is whole where it fits", () => {
    expect(listed(["a", "b", "c"], 20)).toBe("a, b, c");
  });

  test("names as many as fit, none of them cut, and says how many there are more", () => {
    const names = Array.from({ length: 120 }, (_, i) => `node-${i}`);
    const text = listed(names, 60);
    expect(text).toBe("node-0, node-1, node-2, node-3, node-4 and 115 more");
    expect(text.length).toBeLessThanOrEqual(60);
  });

  test("of one long item is that item, cut", () => {
    expect(listed(["a".repeat(50), "b"], 20)).toBe(`${"a".repeat(19)}…`);
  });
});

describe("a text that is too long", () => {
  test("is cut between two words", () => {
    expect(cutAtWord("the table has no column; look", 26)).toBe("the table has no column…");
  });

  test("without words near its end is cut where it must be, and never within a character", () => {
    expect(cutAtWord(`x ${"y".repeat(40)}`, 20)).toBe(`x ${"y".repeat(17)}…`);
    expect(cutAtWord("𝄞".repeat(40), 20)).toBe(`${"𝄞".repeat(9)}…`);
  });
});
