import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { jsonDocumentRows } from "../../../../task-image/formats/json-documents.ts";
import { jsonLineRows } from "../../../../task-image/formats/json-lines.ts";
import { recordsAlone } from "../../../../task-image/formats/json-records.ts";
import type { RejectedRow } from "../../../../task-image/formats/rejected-row.ts";

type Reader = typeof jsonLineRows;

/** Lines and documents of a text that comes in pieces of that size. */
async function read(reader: Reader, text: string | Buffer, pieceBytes: number) {
  const bytes = Buffer.from(text as string);
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield Buffer.from(bytes.subarray(at, at + pieceBytes));
  };
  const rejects: RejectedRow[] = [];
  const rows: Buffer[] = [];
  const file = {
    uri: "file:a.json",
    index: 0,
    bytes: Readable.from(pieces()),
    reject: (row: RejectedRow) => void rejects.push(row),
  };
  for await (const piece of reader(file)) rows.push(Buffer.from(piece));
  const lines = Buffer.concat(rows).toString("utf8").split("\n").slice(0, -1);
  return { documents: lines.map((line) => line.split("\u0002").slice(1).join(" ")), rejects };
}

describe.each([1, 3, 1000])("in pieces of %i bytes", (pieceBytes) => {
  test.each([
    ["LF", '{"a":1}\n{"a":2}\n', ['1 {"a":1}', '2 {"a":2}']],
    ["CRLF and no line end at the end", '{"a":1}\r\n{"a":2}', ['1 {"a":1}', '2 {"a":2}']],
    ["carriage returns within", '{"a":\r1}\r\r\n{"a":2}\r', ['1 {"a":\u001f1}\u001f', '2 {"a":2}']],
    ["blank lines", '\n{"a":1}\n\n \t\r\n{"a":2}\n\n ', ['2 {"a":1}', '5 {"a":2}']],
    ["numbers as they are written", '{"a":1.10,"b":9007199254740993}\n', ['1 {"a":1.10,"b":9007199254740993}']],
    [
      "a byte order mark before lines",
      '\ufeff{"a":1}\n\ufeff{"b":"\ufeff"}\n\ufeff\n',
      ['1 {"a":1}', '2 {"b":"\ufeff"}'],
    ],
    [
      "names that differ, or stand apart",
      '{"a":{"a":[{"a":1},{"a":2}]},"A":"a"}',
      ['1 {"a":{"a":[{"a":1},{"a":2}]},"A":"a"}'],
    ],
    ["nothing", "", []],
  ])("JSON lines with %s", async (_, text, documents) => {
    expect(await read(jsonLineRows, text, pieceBytes)).toEqual({ documents, rejects: [] });
  });

  test.each([
    ["an array", '[{"a":1},{"a":2}]', ['1 {"a":1}', '1 {"a":2}']],
    ["an array over lines", '[\n {"a":\n1},\n {"a":2}\n]\n', ['2 {"a": 1}', '4 {"a":2}']],
    ["one object", '{"a":{"b":[1,2]}}', ['1 {"a":{"b":[1,2]}}']],
    ["objects that follow each other", '{"a":1}\n{"a":2} {"a":3}', ['1 {"a":1}', '2 {"a":2}', '2 {"a":3}']],
    ["brackets and quotes in strings", '[{"a":"]},{\\"["}]', ['1 {"a":"]},{\\"["}']],
    ["scalars", '[1,"x,y",null,[2]]', ["1 1", '1 "x,y"', "1 null", "1 [2]"]],
    ["a byte order mark before documents", '{"a":1}\n\ufeff{"a":"\ufeff"}', ['1 {"a":1}', '2 {"a":"\ufeff"}']],
    ["an empty array", "[]", []],
    ["nothing", " \n", []],
  ])("JSON documents: %s", async (_, text, documents) => {
    expect(await read(jsonDocumentRows, text, pieceBytes)).toEqual({ documents, rejects: [] });
  });

  test.each([
    ["the same name", '{"a":1,"a":2}'],
    ["one of no characters", '{"":1,"":1}'],
    ["one deep inside", '{"x":[[{"y":{"a":1,"b":2,"a":1}}]]}'],
    ["one in other escapes", '{"a":1,"\\u0061":2}'],
    ["one in escapes", '{"\\"":1,"\\u0022":2}'],
    ["among many", `{${Array.from({ length: 200 }, (_unused, index) => `"n${index % 199}":0`)}}`],
  ])("a document with a name twice is a bad row: %s", async (_, document) => {
    const rejects = [
      { file: 0, line: 2, value: document, reason: "expected each name of an object once, found one twice" },
    ];
    const documents = ['1 {"a":1}', '3 {"a":3}'];
    const lines = `{"a":1}\n${document}\n{"a":3}`;
    expect(await read(jsonLineRows, lines, pieceBytes)).toEqual({ documents, rejects });
    expect(await read(jsonDocumentRows, lines, pieceBytes)).toEqual({ documents, rejects });
    expect(await read(jsonDocumentRows, `[${lines.replaceAll("\n", ",\n")}]`, pieceBytes)).toEqual({
      documents,
      rejects,
    });
  });

  test.each([
    ['[{"a":1}\0,{"a":2}]', 9],
    ['\0[{"a":1}]', 1],
    ['[{"a":1}]\0\0', 10],
    ['[{"a":1}\u000b]', 9],
    ["\u0001", 1],
  ])("a control character between documents is refused with its place: %j", async (text, column) => {
    await expect(read(jsonDocumentRows, text, pieceBytes)).rejects.toThrow(
      `file:a.json, line 1, column ${column} (in bytes): expected JSON, found a control character`,
    );
  });

  test.each([
    ['[{"a":1\0}]', '1 {"a":1\u001f}'],
    ['[{"a":\u000b1}]', '1 {"a":\u000b1}'],
  ])(
    "a control character within a document stays, so that the destination refuses the document: %j",
    async (text, row) => {
      expect(await read(jsonDocumentRows, text, pieceBytes)).toEqual({ documents: [row], rejects: [] });
    },
  );

  test.each(['[{"a":1},{"a"', '[{"a":1}', '{"a":"x'])("a text that ends early is refused: %s", async (text) => {
    await expect(read(jsonDocumentRows, text, pieceBytes)).rejects.toThrow("file:a.json, line 1: expected the end");
  });

  test("what JSON forbids stays forbidden and never breaks a row", async () => {
    const { documents } = await read(jsonDocumentRows, '{"a":"x\ny\u0002\u0001\0"}', pieceBytes);
    expect(documents).toEqual(['1 {"a":"x\u001fy\u001f\u001f\u001f"}']);
  });

  test("documents with bytes that are not UTF-8 are rejected, the others pass", async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n{"a":3}\n')]);
    const { documents, rejects } = await read(jsonLineRows, bytes, pieceBytes);
    expect(documents).toEqual(['1 {"a":1}', '3 {"a":3}']);
    expect(rejects).toMatchObject([{ line: 2, value: '{"a":"ÿ"}' }]);
  });
});

const recordsAt = (path: string): Reader =>
  async function* (file) {
    yield* jsonDocumentRows({ ...file, bytes: recordsAlone(file.uri, file.bytes, path.split(".")) });
  };

describe.each([1, 3, 1000])("records in pieces of %i bytes", (pieceBytes) => {
  test.each([
    ["a name", "items", '{"total":2,"items":[{"a":1.10},\n{"a":2}],"next":[7]}', ['1 {"a":1.10}', '2 {"a":2}']],
    ["a path", "data.items", '{"items":[0],"data":{"x":{"items":[0]},"items":[1,[2]]}}', ["1 1", "1 [2]"]],
    ["lines before it", "data", '{\n"text":"\n{",\n"data"\n:\n[{"a":[1]}]}', ['6 {"a":[1]}']],
    ["an escaped name", "a b", '{"a\\u0020b":[1],"":[2]}', ["1 1"]],
    ["brackets in names and strings", "d", '{"[":"]}\\"","d":["[","]"]}', ['1 "["', '1 "]"']],
    ["an empty array", "d", '{"d":[]}', []],
    ["the same name outside of the path", "d", '[{"d":[1]}]', new Error("found no array there")],
    ["something else at the path", "d", '{"d":{"d":[1]}}', new Error("found no array there")],
    ["nothing at the path", "d.e", '{"d":1,"e":[1]}', new Error("array at d.e, found no array there")],
    ["an array on the way", "d.e", '{"d":[{"e":[1]}]}', new Error("found no array there")],
    [
      "a second array of the name",
      "d",
      '{"d":[1],"d":[2]}',
      new Error("line 1, column 13 (in bytes): expected d once"),
    ],
    ["a second value of the name", "d", '{"d":[1],"\\u0064":0}', new Error("column 18 (in bytes): expected d once")],
    ["a second name on the way", "d.e", '{"d":{"e":[1]},"d":{}}', new Error("column 19 (in bytes): expected d once")],
    ["the name twice beside the path", "d", '{"x":1,"x":{"d":1,"d":2},"d":[1]}', ["1 1"]],
    ["a second document", "d", '{"d":[1]}\n{"d":[2]}', new Error("found another document in line 2")],
    ["an end within the array", "d", '{"d":[1,', new Error("line 1: expected the end of a JSON document")],
    ["an end after the array", "d", '{"d":[1]', new Error("line 1: expected the end of a JSON document")],
    ["nothing", "d", "", new Error("found no array there")],
  ])("%s", async (_, path, text, documents) => {
    const reading = read(recordsAt(path), text, pieceBytes);
    if (documents instanceof Error) await expect(reading).rejects.toThrow(documents.message);
    else expect((await reading).documents).toEqual(documents);
  });
});
