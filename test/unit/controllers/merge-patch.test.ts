import fc from "fast-check";
import { expect, test } from "vitest";
import { mergePatchOf } from "../../../operator/controllers/loop/merge-patch.ts";
import { mergePatch } from "../../support/fake-cluster/fake-api-objects.ts";

/** What a status is made of: JSON without null, under names that a plain object seems to have of its own too. */
const key = fc.constantFrom("a", "b", "constructor", "toString", "c");
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ maxLength: 3 }),
    fc.integer({ min: 0, max: 3 }),
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 2 }),
    tie("object"),
  ),
  object: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));
const object = fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true });

test("applied to what was, the patch gives what is to be, whatever the two are", () => {
  fc.assert(
    fc.property(object, object, (before, after) => {
      const overTheWire = JSON.parse(JSON.stringify(mergePatchOf(before, after))) as unknown;
      expect(mergePatch(before, overTheWire)).toEqual(after);
    }),
    { numRuns: 1000 },
  );
});

test("between equals there is nothing to patch", () => {
  fc.assert(
    fc.property(object, (same) => {
      expect(mergePatchOf(same, structuredClone(same))).toEqual({});
    }),
  );
});

test.each([
  ["a new field", { a: 1 }, { a: 1, b: 2 }, { b: 2 }],
  ["a field that is gone", { a: 1, b: 2 }, { a: 1 }, { b: null }],
  ["a field that is undefined", { a: 1, b: 2 }, { a: 1, b: undefined }, { b: null }],
  ["a field deep inside", { n: { a: { x: 1, y: 2 } } }, { n: { a: { x: 1, y: 3 } } }, { n: { a: { y: 3 } } }],
  ["an object where a value was", { n: 1 }, { n: { a: 1 } }, { n: { a: 1 } }],
  ["a list, as a whole", { l: [1, 2] }, { l: [1, 3] }, { l: [1, 3] }],
  [
    "a node that is called constructor",
    {},
    { constructor: { state: "Pending" } },
    { constructor: { state: "Pending" } },
  ],
  ["the same node gone", { constructor: { state: "Pending" } }, {}, { constructor: null }],
])("says no more than what changed: %s", (_, before, after, patch) => {
  expect(mergePatchOf(before, after)).toEqual(patch);
});
