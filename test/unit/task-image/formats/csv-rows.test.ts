import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { type CsvDialect, RFC_4180 } from "../../../../task-image/formats/csv-dialect.ts";
import { CsvReader } from "../../../../task-image/formats/csv-rows.ts";
import type { RejectedRow } from "../../../../task-image/formats/rejected-row.ts";
import type { SkippedLines } from "../../../../task-image/formats/skipped-lines.ts";

/** Reads a text in pieces of every size that is asked for: where a piece ends must never matter. */
async function read(text: string | Buffer, pieceBytes: number, dialect: Partial<CsvDialect> = {}) {
  const { reader, rejects } = readerOf(text, pieceBytes, dialect);
  const header = (await reader.readHeader())?.cells;
  return { header, rows: await rowsOf(reader, header?.length ?? 0), rejects };
}

async function rowsOf(reader: CsvReader, cells: number): Promise<string> {
  const rows: Buffer[] = [];
  for await (const piece of reader.rows(cells)) rows.push(Buffer.from(piece));
  return Buffer.concat(rows).toString("utf8");
}

function readerOf(
  text: string | Buffer,
  pieceBytes: number,
  dialect: Partial<CsvDialect> = {},
  skip: SkippedLines = { first: 0, last: 0 },
) {
  const bytes = Buffer.from(text as string);
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield Buffer.from(bytes.subarray(at, at + pieceBytes));
  };
  const rejects: RejectedRow[] = [];
  const file = { uri: "file:a.csv", index: 7, bytes: Readable.from(pieces()), skip };
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

  test.each([
    ["in a cell without quotes", '1,5" disk', "one inside of cell 2"],
    ["after a blank", '1, "x"', "one inside of cell 2"],
    ["at the end of a cell", '1,5"', "one inside of cell 2"],
    ["that closes before the cell ends", '1,"5" disk"', "something after the closing quote of cell 2"],
    ["that closes before a blank", '"1" ,2', "something after the closing quote of cell 1"],
    ["that closes before a zero byte", '"1"\0,2', "something after the closing quote of cell 1"],
  ])("a quote %s makes its row a bad one, and its row alone", async (_, row, found) => {
    const { rows, rejects } = await read(`a,b\n3,4\n${row}\n"x\ny",6\n`, pieceBytes);
    expect(rows).toBe('7,2,3,4\n7,4,"x\ny",6\n');
    expect(rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [3, `expected quotes around whole cells, found ${found}`],
    ]);
  });

  test("a quote inside of a cell is kept where that is asked for, in either way to escape", async () => {
    const kept = { strayQuotes: "keep" } as const;
    const text = 'a,b\n1,5" disk\n"x""",3"\n';
    expect((await read(text, pieceBytes, kept)).rows).toBe('7,2,1,"5"" disk"\n7,3,"x""","3"""\n');
    const escaped = await read('a,b\n1,5" d\\isk\n', pieceBytes, { ...kept, escape: "\\" });
    expect(escaped.rows).toBe('7,2,1,"5\\" d\\\\isk"\n');
    const { rejects } = await read('a,b\n1,"5" disk\n', pieceBytes, kept);
    expect(rejects).toHaveLength(1);
  });

  test("a quote with another character before it is a part of its cell, and one after it is not", async () => {
    const { rows, rejects } = await read('a,b\n1,"x\\"y"\n1,"x""y"\n1,x\\"y\n2,"\\\\"\n', pieceBytes, { escape: "\\" });
    expect(rows).toBe('7,2,1,"x\\"y"\n7,5,2,"\\\\"\n');
    expect(rejects.map(({ line }) => line)).toEqual([3, 4]);
  });

  test("a quote that closes at the end of the file closes", async () => {
    expect((await read('a,b\n1,"2"', pieceBytes)).rows).toBe('7,2,1,"2"\n');
    expect((await read('a,b\n1,"2""', pieceBytes).catch((error: Error) => error.message)).toString()).toContain(
      "file:a.csv, line 2: a quote",
    );
  });

  test("words for NULL become one, in quotes too where that is asked for", async () => {
    const nulls = { null: "", moreNulls: ["NULL", "\\N"] };
    const text = 'a,b\nNULL,"NULL"\n\\N,x\n"",nULL\n';
    expect((await read(text, pieceBytes, nulls)).rows).toBe('7,2,,"NULL"\n7,3,,x\n7,4,"",nULL\n');
    expect((await read(text, pieceBytes, { ...nulls, quotedNull: true })).rows).toBe('7,2,,\n7,3,,x\n7,4,"",nULL\n');
  });

  test("a line that names the separator is passed, or refused where it is another one", async () => {
    const { header, rows } = await read("sep=,\r\na,b\r\n1,2\r\n", pieceBytes);
    expect({ header, rows }).toEqual({ header: ["a", "b"], rows: "7,3,1,2\n" });
    await expect(read("sep=;\na;b\n1;2\n", pieceBytes)).rejects.toThrow(/line 1: .* ";" stands .*delimiter is ","/);
    const { reader } = readerOf("sep=,\n1,2\n", pieceBytes);
    expect(await reader.countCells()).toBe(2);
    expect(await rowsOf(reader, 2)).toBe("7,2,1,2\n");
  });

  test.each([
    [2, 0, '"\r\nkelt\ra,b\n1,2\n', "7,4,1,2\n"],
    [0, 1, 'a,b\n1,2\nsum "x\n', "7,2,1,2\n"],
    [0, 2, "a,b\n1,2\n\nsum", "7,2,1,2\n"],
    [1, 1, "x\na,b\n1,2\nsum\r\n", "7,3,1,2\n"],
    [0, 9, "a,b\n1,2\n", ""],
    [9, 0, "a,b\n1,2\n", ""],
  ])("%i first and %i last lines are passed over, whatever they hold", async (first, last, text, rows) => {
    const { reader } = readerOf(text, pieceBytes, {}, { first, last });
    await reader.readHeader();
    expect(await rowsOf(reader, 2)).toBe(rows);
  });

  test("cells of a row in one array keep what they say", async () => {
    const { reader, rejects } = readerOf('b,a\n"x""\\,\ny",\n\u0001,"{NULL}"\n1\n', pieceBytes);
    await reader.readHeader();
    const pieces: Buffer[] = [];
    for await (const piece of reader.cellRows({ places: [1, 0], width: 3 })) pieces.push(Buffer.from(piece));
    expect(Buffer.concat(pieces).toString()).toBe(
      '7\u00022\u0002\u0001{NULL,"x\\"\\\\,\ny",NULL}\u0001\n7\u00024\u0002\u0001{"{NULL}","\u0001\u0001",NULL}\u0001\n',
    );
    expect(rejects).toHaveLength(1);
  });

  test("other dialects: semicolons, apostrophes, a backslash before a quote", async () => {
    const dialect = { delimiter: ";", quote: "'", escape: "\\" };
    const { header, rows } = await read("a;'b;c'\n'x\\'\n;';2\n3;4\n", pieceBytes, dialect);
    expect(header).toEqual(["a", "b;c"]);
    expect(rows).toBe("7;2;'x\\'\n;';2\n7;4;3;4\n");
  });
});

test.each([
  ["a quote that is not closed", '"', "RecordTooLong"],
  ["no line end", "x", "RecordTooLong"],
])("a row of 65 MiB because of %s is refused as that", async (_, first, code) => {
  const row = Buffer.concat([Buffer.from(`a\n${first}`), Buffer.alloc(65 * 1024 * 1024, "x")]);
  await expect(read(row, 8 * 1024 * 1024)).rejects.toMatchObject({ code, message: expect.stringContaining("line 2") });
});

test("an empty file has no header", async () => {
  expect(await read("", 10)).toEqual({ header: undefined, rows: "", rejects: [] });
});
