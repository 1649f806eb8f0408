import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Lake, startLake } from "../../support/loads/load-files.ts";

let lake: Lake;

beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

test("other dialects and encodings", async () => {
  await lake.put("titles.txt", Buffer.from("a;b;c\n'x;\\'y';-;é\n", "latin1"));
  const csv = { delimiter: ";", quote: "'", escape: "\\", null: "-", encoding: "latin1" as const };
  await lake.load({ files: { titles: "titles.txt" }, format: { csv } });
  expect(await lake.rows("raw.titles")).toEqual([{ a: "x;'y", b: null, c: "é" }]);
});

describe("several files", () => {
  test("with their columns in other orders, or some of them only, become one table", async () => {
    await lake.put("parts/a/1.csv", "a,b\n1,x\n");
    await lake.put("parts/b/2.csv.gz", "b,a\ny,2\n");
    await lake.put("parts/b/3.csv", "c,a\n2026-01-01,3");
    await lake.put("parts/b/4.csv", "");
    await lake.put("parts/readme.txt", "no data");
    const outcome = await lake.load({
      files: { titles: "parts/**/*.csv*", first: "parts/a/" },
      format: { csv: { headers: "union" } },
    });
    expect(outcome).toMatchObject({ message: "2 tables, 4 rows" });
    expect(await lake.rows("raw.titles")).toEqual([
      { a: "1", b: "x", c: null },
      { a: "2", b: "y", c: null },
      { a: "3", b: null, c: "2026-01-01" },
    ]);
    expect(await lake.rows("raw.first")).toEqual([{ a: "1", b: "x" }]);
  });

  test("gzip of several members, zstd, and an archive that was cut off", async () => {
    await lake.put("many.csv", Buffer.concat([gzipSync("a\n1\n"), gzipSync("2\n"), gzipSync("3")]));
    await lake.put("zstd.csv", zstdCompressSync(Buffer.from("a\n4\n")));
    await lake.load({ files: { many: "many.csv", zstd: "zstd.csv" } });
    expect(await lake.rows("raw.many")).toEqual([{ a: "1" }, { a: "2" }, { a: "3" }]);
    expect(await lake.rows("raw.zstd")).toEqual([{ a: "4" }]);
    await lake.put("cut.csv", gzipSync(`a\n${"1234567\n".repeat(10_000)}`).subarray(0, -20));
    await expect(lake.load({ files: { cut: "cut.csv" } })).rejects.toThrow("cut.csv: expected a complete gzip");
  });

  test("of a pattern that finds none are refused", async () => {
    await expect(lake.load({ files: { titles: "nowhere/*.csv" } })).rejects.toThrow(
      "loading nowhere/*.csv into raw.titles: expected at least one file of connection lake, found none",
    );
  });

  test("of different formats are refused", async () => {
    await lake.put("mixed/a.csv", "a\n1\n");
    await lake.put("mixed/b.json", "{}");
    await expect(lake.load({ files: { titles: "mixed/" } })).rejects.toThrow("mixed/a.csv and mixed/b.json");
  });
});

describe("rejected rows", () => {
  const declared = { titles: { a: "int", b: "varchar(3)", c: "numeric(4,2)" } };
  const content = 'a,b,c\n1,abc,1.5\nx,abcd,2\n"2\n",abc,99999\n4\n5,"",\n';

  test("none may be unless the manifest says how many; the message names the first ones", async () => {
    await lake.put("titles.csv", content);
    await expect(lake.load({ columns: declared })).rejects.toThrow(
      /loading raw.titles: 3 rows are rejected and none may be; nothing has been published. s3:\/\/lake\/titles.csv, line 3, column a: invalid input syntax for type integer/,
    );
  });

  test("go to _kelt_rejects with file, line, column, value and reason, the others are loaded", async () => {
    await lake.put("titles.csv", content);
    const outcome = await lake.load({ columns: declared, rejects: { max: 3 } });
    expect(outcome.message).toBe("1 table, 2 rows, 3 rejected");
    expect(await lake.types("raw.titles")).toEqual({ a: "integer", b: "character varying(3)", c: "numeric(4,2)" });
    expect(await lake.rows("raw.titles")).toEqual([
      { a: "1", b: "abc", c: "1.50" },
      { a: "5", b: "", c: null },
    ]);
    expect(
      await lake.warehouse.query(
        "SELECT uri, line, column_name, value, reason, record->>'b' AS b FROM raw._kelt_rejects ORDER BY line, column_name",
      ),
    ).toEqual([
      {
        uri: "s3://lake/titles.csv",
        line: "3",
        column_name: "a",
        value: "x",
        reason: 'invalid input syntax for type integer: "x"',
        b: "abcd",
      },
      {
        uri: "s3://lake/titles.csv",
        line: "3",
        column_name: "b",
        value: "abcd",
        reason: "value too long for type character varying(3)",
        b: "abcd",
      },
      {
        uri: "s3://lake/titles.csv",
        line: "4",
        column_name: "c",
        value: "99999",
        reason: "numeric field overflow",
        b: "abc",
      },
      {
        uri: "s3://lake/titles.csv",
        line: "6",
        column_name: null,
        value: "4",
        reason: "expected 3 cells as in the header, found 1",
        b: null,
      },
    ]);
    await expect(lake.load({ columns: declared, rejects: { max: 2 } })).rejects.toThrow(
      "3 rows are rejected and at most 2",
    );
  });

  test("may be a part of the rows read; where a number is given too, both hold", async () => {
    await lake.put("titles.csv", content);
    const load = (rejects: { max?: number; percent?: string }) => lake.load({ columns: declared, rejects });
    expect((await load({ percent: "60%" })).message).toBe("1 table, 2 rows, 3 rejected");
    await expect(load({ percent: "59.9%" })).rejects.toThrow(
      "3 rows are rejected and at most 59.9% of the 5 rows read may be (load.rejects.percent)",
    );
    await expect(load({ percent: "60%", max: 2 })).rejects.toThrow("at most 2 may be (load.rejects.max)");
    await expect(load({ percent: "1%", max: 9 })).rejects.toThrow("at most 1% of the 5 rows read may be");
  });

  test("in thousands end the load while it reads", async () => {
    await lake.put("titles.csv", `a,b\n${"1\n".repeat(5000)}`);
    await expect(lake.load()).rejects.toThrow("more than 0 rows (load.rejects.max) are rejected");
  });

  test("a declared column that no file has is a mistake", async () => {
    await lake.put("titles.csv", "a,b\n1,2\n");
    await expect(lake.load({ columns: { titles: { prise: "int" } } })).rejects.toThrow(
      "load.columns.titles declares prise, which the files do not have; they have: a, b",
    );
  });
});

describe("declared types", () => {
  const columns = { titles: { id: "bigint", at: "timestamptz", title: "varchar(5)" } };

  test("of all columns hold for every file, whatever the order of its columns", async () => {
    await lake.put("typed/1.csv", "id,at\r\n1,2026-01-01\r\n");
    await lake.put("typed/2.csv.gz", 'title,id\n"a\nb",2\n,3');
    const outcome = await lake.load({ files: { titles: "typed/" }, columns, format: { csv: { headers: "union" } } });
    expect(outcome).toMatchObject({ rows: 3, bytes: 40 });
    expect(await lake.rows("raw.titles")).toEqual([
      { id: "1", at: "2026-01-01 00:00:00+00", title: null },
      { id: "2", at: null, title: "a\nb" },
      { id: "3", at: null, title: null },
    ]);
  });

  test("reject the same rows in the last file as in the first, and count no byte twice", async () => {
    await lake.put("late/1.csv", "id,title\n1,a\n");
    await lake.put("late/2.csv", "id,title\n2,b\nthree,c\n4,toolong\n5\n");
    const { id, title } = columns.titles;
    const outcome = await lake.load({
      files: { titles: "late/" },
      columns: { titles: { id, title } },
      rejects: { max: 3 },
    });
    expect(outcome).toMatchObject({ rows: 2, bytes: 46 });
    expect(await lake.rows("raw.titles")).toEqual([
      { id: "1", title: "a" },
      { id: "2", title: "b" },
    ]);
    expect(await lake.warehouse.query("SELECT uri, line FROM raw._kelt_rejects ORDER BY line")).toEqual(
      ["3", "4", "5"].map((line) => ({ uri: "s3://lake/late/2.csv", line })),
    );
  });
});

describe("a table that keeps its columns", () => {
  test("is filled from files in its own types, and refuses files of another shape", async () => {
    await lake.put("titles.csv", "a,b\nx,1\n");
    await lake.load();
    await lake.put("titles.csv", "b,a\n2,7\n");
    await lake.load({ mode: "truncate", schemaChange: "freeze" });
    expect(await lake.rows("raw.titles")).toEqual([{ a: "7", b: "2" }]);
    await lake.put("titles.csv", "b,c\n2,7\n");
    await expect(lake.load({ mode: "truncate", schemaChange: "freeze" })).rejects.toThrow(
      "column a is missing; column c (bigint) is new",
    );
  });
});

describe("exactly once", () => {
  test("a load that has been committed is not repeated, whatever the files hold now", async () => {
    await lake.put("titles.csv", "a\n1\n");
    await lake.load({ mode: "append", uid: "same" });
    await lake.put("titles.csv", "a\n2\n");
    const again = await lake.load({ mode: "append", uid: "same" });
    expect(again.message).toBe("1 table, 1 rows, loaded by attempt 1");
    expect(await lake.rows("raw.titles")).toEqual([{ a: "1" }]);
  });

  test("onlyNew loads what is new or has changed, and says so in _kelt_files", async () => {
    await lake.put("days/1.csv", "a\n1\n");
    const files = { days: "days/" };
    await lake.load({ files, mode: "append", onlyNew: true });
    expect(await lake.load({ files, mode: "append", onlyNew: true })).toMatchObject({ rows: 0 });
    await lake.put("days/2.csv", "a\n2\n");
    await lake.load({ files, mode: "append", onlyNew: true });
    await lake.put("days/1.csv", "a\n3\n");
    await lake.load({ files, mode: "append", onlyNew: true });
    expect(await lake.rows("raw.days")).toEqual([{ a: "1" }, { a: "2" }, { a: "3" }]);
    expect(await lake.warehouse.query("SELECT target, uri, bytes FROM raw._kelt_files ORDER BY loaded_at")).toEqual([
      { target: "raw.days", uri: "s3://lake/days/1.csv", bytes: "4" },
      { target: "raw.days", uri: "s3://lake/days/2.csv", bytes: "4" },
      { target: "raw.days", uri: "s3://lake/days/1.csv", bytes: "4" },
    ]);
  });

  test("onlyNew loads a file again that is what it once was, and everything when the target is gone", async () => {
    const once = { files: { turns: "turns/" }, mode: "append", onlyNew: true } as const;
    for (const content of ["a\n1\n", "a\n2\n", "a\n1\n"]) {
      await lake.put("turns/1.csv", content);
      await lake.load(once);
    }
    expect(await lake.rows("raw.turns")).toEqual([{ a: "1" }, { a: "2" }, { a: "1" }]);
    await lake.warehouse.query("DROP TABLE raw.turns");
    expect(await lake.load(once)).toMatchObject({ rows: 1 });
    expect(await lake.rows("raw.turns")).toEqual([{ a: "1" }]);
  });

  test("onlyNew loads a file again whose rows another load has taken away, or that went with the target", async () => {
    const [one, other] = ["one", "other"].map(
      (name) => ({ files: { both: `${name}.csv` }, mode: "append", onlyNew: true }) as const,
    );
    await lake.put("one.csv", "a\n1\n");
    await lake.put("other.csv", "a\n2\n");
    for (const parts of [one, other]) await lake.load(parts);
    await lake.load({ files: { both: "other.csv" } });
    for (const [parts, rows] of [
      [one, 1],
      [other, 0],
    ] as const)
      expect(await lake.load(parts)).toMatchObject({ rows });
    expect(await lake.rows("raw.both")).toEqual([{ a: "2" }, { a: "1" }]);
    await lake.warehouse.query("DROP TABLE raw.both");
    for (const parts of [one, other]) expect(await lake.load(parts)).toMatchObject({ rows: 1 });
    expect(await lake.rows("raw.both")).toEqual([{ a: "1" }, { a: "2" }]);
  });

  test("rows that are added take the types of the table that they are added to", async () => {
    await lake.put("titles.csv", "a,b\nx,1\n");
    await lake.load();
    await lake.put("titles.csv", "a,b,c\n7,,true\n");
    await lake.load({ mode: "append" });
    expect(await lake.types("raw.titles")).toEqual({ a: "text", b: "bigint", c: "boolean" });
    expect(await lake.rows("raw.titles")).toEqual([
      { a: "x", b: "1", c: null },
      { a: "7", b: null, c: "t" },
    ]);
  });
});
