import fc from "fast-check";
import { expect, test } from "vitest";
import { dealOut } from "../../../../../task-image/postgres/parts/dealt-files.ts";
import type { TableFiles } from "../../../../../task-image/postgres/staging/load-files.ts";

const table = (name: string, sizes: readonly number[]): TableFiles => ({
  source: `${name}/`,
  target: { schema: "raw", table: name },
  format: { kind: "jsonl" },
  files: sizes.map((bytes, i) => ({ name: `${name}/${i}`, uri: `s3://lake/${name}/${i}`, bytes, etag: "e" })),
});
const MIB = 2 ** 20;

test("the largest file goes first, always to the part that has least, and parts keep the order of files", () => {
  const parts = dealOut([table("films", [1 * MIB, 9 * MIB, 5 * MIB, 4 * MIB])], 2);
  expect(parts.map((tables) => tables.flatMap(({ files }) => files.map(({ name }) => name)))).toEqual([
    ["films/0", "films/1"],
    ["films/2", "films/3"],
  ]);
});

test("many empty files are dealt out evenly, and parts without a file are left without a table", () => {
  const empty = dealOut([table("films", Array(12).fill(0))], 4);
  expect(empty.map(([films]) => films?.files.length)).toEqual([3, 3, 3, 3]);
  expect(dealOut([table("films", [7])], 3).map((tables) => tables.length)).toEqual([1, 0, 0]);
  expect(dealOut([], 2)).toEqual([[], []]);
});

test("every file is in one part, numbered once, whatever is dealt out", () => {
  const sizes = fc.array(fc.nat(10 * MIB), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 4 }), fc.integer({ min: 2, max: 64 }), (all, pods) => {
      const tables = all.map((one, i) => table(`t${i}`, one));
      const parts = dealOut(tables, pods);
      expect(parts).toHaveLength(pods);
      for (const [order, { files }] of tables.entries()) {
        const own = parts.flat().filter((shared) => shared.order === order);
        const names = own.flatMap((shared) => shared.files.map(({ name }) => name));
        expect(names.toSorted()).toEqual(files.map(({ name }) => name).toSorted());
        const numbers = own.flatMap(({ firstFile, files: dealt }) => dealt.map((_, i) => firstFile + i));
        expect(numbers).toEqual(files.map((_, i) => i));
      }
    }),
  );
});
