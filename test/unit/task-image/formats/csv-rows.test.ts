import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { type CsvDialect, RFC_4180 } from "../../../../task-image/formats/csv-dialect.ts";
import { CsvReader } from "../../../../task-image/formats/csv-rows.ts";
import type { RejectedRow } from "../../../../task-image/formats/rejected-row.ts";

/** Reads a text in pieces of every size that is asked for: where a piece ends must never matter. */
async function read(text: string | Buffer, pieceBytes: number, dialect: Partial<CsvDialect> = {}) {
  const { reader, rejects } = readerOf(text, pieceBytes, dialect);
  const header = await reader.readHeader();
  return { header, rows: await rowsOf(reader, header?.length ?? 0), rejects };
}

async function rowsOf(reader: CsvReader, cells: number): Promise<string> {
  const rows: Buffer[] = [];
  for await (const piece of reader.rows(cells)) rows.push(Buffer.from(piece));
  return Buffer.concat(rows).toString("utf8");
}

function readerOf(text: string | Buffer, pieceBytes: number, dialect: Partial<CsvDialect> = {}) {
  const bytes = Buffer.from(text as string);
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield Buffer.from(bytes.subarray(at, at + pieceBytes));
  };
  const rejects: RejectedRow[] = [];
  const file = { uri: "file:a.csv", index: 7, bytes: Readable.from(pieces()) };
  const reader = new CsvReader(file, { ...RFC_4180, ...dialect }, (row) => rejects.push(row));
  return { reader, rejects };
}

describe.each([1, 2, 3, 7, 1000])("in pieces of %i bytes", (pieceBytes) => {
  test.each([
    ["LF", "a,b\n1,2\n3,4\n", "7,2,1,2\n7,3,3,4\n"],
    ["no line end at the end", "a,b\n1,2\n3,4", "7,2,1,2\n7,3,3,4\n"],
    ["CRLF", "a,b\r\n1,2\r\n3,4\r\n", "7,2,1,2\n7,3,3,4\n"],
    ["CR", "a,b\r1,2\r3,4\r", "7,2,1,2\n7,3,3,4\n"],
    ["all of them", "a,b\n1,2\r\n3,4\r5,6\n", "7,2,1,2\n7,3,3,4\n7,4,5,6\n"],
    ["blank lines", "\n\na,b\n\n1,2\n\n", "7,5,1,2\n"],
    ["a quoted delimiter", 'a,b\n"x,y",2\n', '7,2,"x,y",2\n'],
    ["a quoted line end", 'a,b\n"x\ny",2\n3,4\n', '7,2,"x\ny",2\n7,4,3,4\n'],
    ["a quoted CRLF", 'a,b\r\n"x\r\ny",2\r\n3,4\r\n', '7,2,"x\r\ny",2\n7,4,3,4\n'],
    ["doubled quotes", 'a,b\n"x""y\n""",2\n3,4\n', '7,2,"x""y\n""",2\n7,4,3,4\n'],
    ["empty cells", 'a,b\n,""\n,\n', '7,2,,""\n7,3,,\n'],
    ["a header alone", "a,b\n", ""],
  ])("rows with %s keep their bytes and their lines", async (_, text, rows) => {
    expect(await read(text, pieceBytes)).toEqual({ header: ["a", "b"], rows, rejects: [] });
  });

  test("rows of another length are rejected with their line and what they are", async () => {
    const { rows, rejects } = await read('a,b\n1\n"x\ny",2\n1,2,3\n', pieceBytes);
    expect(rows).toBe('7,3,"x\ny",2\n');
    expect(rejects).toEqual([
      { file: 7, line: 2, value: "1", reason: "expected 2 cells as in the header, found 1" },
      { file: 7, line: 5, value: "1,2,3", reason: "expected 2 cells as in the header, found 3" },
    ]);
  });

  test("a quote that is never closed is refused with the line that it opens in", async () => {
    await expect(read('a,b\n1,2\n"3,4\n5,6\n', pieceBytes)).rejects.toThrow("file:a.csv, line 3: a quote");
  });

  test("rows with zero bytes or bytes that are not UTF-8 are rejected, the others pass", async () => {
    const bytes = Buffer.concat([Buffer.from("a,b\n1,2\n3,"), Buffer.from([0xff]), Buffer.from("\n4,\0\n5,6\n")]);
    const { rows, rejects } = await read(bytes, pieceBytes);
    expect(rows).toBe("7,2,1,2\n7,5,5,6\n");
    expect(rejects.map(({ line, value }) => [line, value])).toEqual([
      [3, "3,ÿ"],
      [4, "4,\\0"],
    ]);
  });

  test("a row of another length keeps its zero bytes in words that Postgres takes", async () => {
    const { rejects } = await read("a,b\n1,\0,3\n", pieceBytes);
    expect(rejects.map(({ value }) => value)).toEqual(["1,\\0,3"]);
  });

  test("without a header the first row stays a row, and is counted before", async () => {
    const { reader, rejects } = readerOf('\n"x\ny",2\n3,4\n5\n', pieceBytes);
    expect(await reader.countCells()).toBe(2);
    expect(await rowsOf(reader, 2)).toBe('7,2,"x\ny",2\n7,4,3,4\n');
    expect(rejects).toEqual([
      { file: 7, line: 5, value: "5", reason: "expected 2 cells for as many columns, found 1" },
    ]);
  });

  test("a single row without a line end, whose cells have been counted, comes whole", async () => {
    const { reader } = readerOf("1,2", pieceBytes);
    expect(await reader.countCells()).toBe(2);
    const rest: Buffer[] = [];
    for await (const piece of reader.rest()) rest.push(Buffer.from(piece));
    expect(Buffer.concat(rest).toString()).toBe("1,2");
  });

  test("other dialects: semicolons, apostrophes, a backslash before a quote", async () => {
    const dialect = { delimiter: ";", quote: "'", escape: "\\" };
    const { header, rows } = await read("a;'b;c'\n'x\\'\n;';2\n3;4\n", pieceBytes, dialect);
    expect(header).toEqual(["a", "b;c"]);
    expect(rows).toBe("7;2;'x\\'\n;';2\n7;4;3;4\n");
  });
});

test.each([
  ["a quote that is not closed", '"', "UnclosedQuote"],
  ["no line end", "x", "RecordTooLong"],
])("a row of 16 MiB because of %s is refused as that", async (_, first, code) => {
  const row = Buffer.concat([Buffer.from(`a\n${first}`), Buffer.alloc(17 * 1024 * 1024, "x")]);
  await expect(read(row, 8 * 1024 * 1024)).rejects.toMatchObject({ code, message: expect.stringContaining("line 2") });
});

test("an empty file has no header", async () => {
  expect(await read("", 10)).toEqual({ header: undefined, rows: "", rejects: [] });
});
