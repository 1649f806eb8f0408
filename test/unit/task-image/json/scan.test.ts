import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countJson, countLines } from "../../../../task-image/json/record-count.ts";
import { recordLines } from "../../../../task-image/json/record-lines.ts";
import { JsonTextError, locate, rootOf, scalarText, withMembers } from "../../../../task-image/json/scan.ts";

const linesOf = (text: string, path: readonly string[] = []) => {
  const bytes = Buffer.from(text);
  const list = locate(bytes, rootOf(bytes), path) ?? expect.fail("nothing there");
  return recordLines(bytes, list).lines.toString();
};

test("records come as they were written: numbers, escapes and repeated names stay", () => {
  const text = `\ufeff [ {"n": 9007199254740993, "m":1.10} ,\n{"s":"a\\"],[\\\\", "u":"\\u00e9é"},{"a":1,"a":2}, null,[]]\n`;
  expect(linesOf(text)).toBe(
    `{"n": 9007199254740993, "m":1.10}\n{"s":"a\\"],[\\\\", "u":"\\u00e9é"}\n{"a":1,"a":2}\nnull\n[]\n`,
  );
});

test("a record over several lines becomes one", () => {
  expect(linesOf('[{\r\n  "a": 1\n}]')).toBe('{    "a": 1 }\n');
});

test("a list is found by its path, and a name on it that its object has twice is refused", () => {
  expect(linesOf('{"data": {"x": [1], "x": [0], "items": [2, 3]}}', ["data", "items"])).toBe("2\n3\n");
  for (const text of ['{"data":{"items":[1],"items":[2]}}', '{"data":0,"data":{"items":[1]}}']) {
    expect(() => linesOf(text, ["data", "items"])).toThrow(
      /^expected "(items|data)" once in its object, found it again at byte/,
    );
  }
  const bytes = Buffer.from('{"data": [1]}');
  expect(locate(bytes, 0, ["data", "items"])).toBeUndefined();
  expect(locate(bytes, 0, ["nothing"])).toBeUndefined();
});

test("a string that is no JSON is refused without its text", () => {
  const bytes = Buffer.from('{"a":"\\x41","\\q":1}');
  expect(() => scalarText(bytes, 5)).toThrow(/^expected a string with the escapes of JSON at byte 5$/);
  expect(() => locate(bytes, 0, ["b"])).toThrow(/^expected a string with the escapes of JSON at byte 12$/);
});

test("a cursor is text or a number as it is written", () => {
  const at = (text: string) => scalarText(Buffer.from(text), 0);
  expect([at("9007199254740993"), at('"a\\u0062"'), at("null"), at("{}"), at("true")]).toEqual([
    "9007199254740993",
    "ab",
    undefined,
    undefined,
    "true",
  ]);
});

test("members are put into an object in the place of their names; the others stay as they are written", () => {
  const put = (text: string) => withMembers(Buffer.from(text), { after: '"x\\n"', n: "2" });
  expect(put(' { "q": {"n": 9007199254740993, "after": 1.10}, "after" : null, "z":[1, 2] } ')).toBe(
    '{"q": {"n": 9007199254740993, "after": 1.10},"z":[1, 2],"after":"x\\n","n":2}',
  );
  expect(put("{}")).toBe('{"after":"x\\n","n":2}');
  expect(put('{"\\u006e": 1}')).toBe('{"after":"x\\n","n":2}');
  expect(() => put("[1]")).toThrow("expected an object at byte 0");
});

test.each([
  ["cut off in a record", '[{"a": 1}, {"b"', 15],
  ["cut off in a string", '["abc', 5],
  ["with something after it", "[1] x", 4],
  ["with brackets that do not match", '[{"a": [1}]', 9],
  ["of HTML", "<html>", 0],
  ["that is empty", "", 0],
])("a text %s is refused with the place", (_, text, offset) => {
  const found = (() => {
    try {
      return rootOf(Buffer.from(text));
    } catch (error) {
      return error;
    }
  })();
  expect(found).toBeInstanceOf(JsonTextError);
  expect((found as JsonTextError).offset).toBe(offset);
});

test("any list comes back element by element, however it is indented", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.nat(4), (values, indent) => {
      const lines = linesOf(JSON.stringify(values, null, indent))
        .split("\n")
        .slice(0, -1);
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(JSON.parse(JSON.stringify(values)));
    }),
  );
});

describe("records that are counted as they pass", () => {
  test("are as many as there are, wherever the text is cut into pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat(4), fc.integer({ min: 1, max: 9 }), (values, indent, length) => {
        const text = Buffer.from(JSON.stringify(values, null, indent));
        const count = countJson();
        for (let at = 0; at < text.length; at += length) count.add(text.subarray(at, at + length));
        expect(count.end()).toBe(values.length);
      }),
    );
  });

  test("are one for an object, and none of a text that is cut off", () => {
    const count = countJson();
    count.add(Buffer.from('{"a": [1, 2], "b": "]"}'));
    expect(count.end()).toBe(1);
    for (const text of ["[1, 2", '["a]', "", "  "]) {
      const cut = countJson();
      cut.add(Buffer.from(text));
      expect(() => cut.end()).toThrow(/cut off|found nothing/);
    }
    expect(() => countJson().add(Buffer.from("<html>"))).toThrow("expected a list or an object");
    expect(() => countJson().add(Buffer.from("[1] 2"))).toThrow("expected nothing after");
  });

  test("are the lines with something on them", () => {
    const count = countLines();
    count.add(Buffer.from('{"a":1}\n\n{"a"'));
    count.add(Buffer.from(':2}\r\n \n{"a":3}'));
    expect(count.end()).toBe(3);
  });
});
