import { expect, test } from "vitest";
import { describePlace, locatePath, parsePath } from "../../../../task-image/json/path.ts";
import { scalarText } from "../../../../task-image/json/scan.ts";
import { publicText, wholeText } from "../../../../task-image/words/hidden-text.ts";

const text = Buffer.from('{"a":{"b":1,"c.d":2,"e\\"f":3},"a.b":4,"g.h":5,"list":[1]}');
const valueAt = (path: string) => {
  const at = locatePath(text, 0, parsePath(path));
  return at === undefined ? undefined : scalarText(text, at);
};

test.each([
  ["a.b", "1"],
  ['"a.b"', "4"],
  ['a."c.d"', "2"],
  ['a."e\\"f"', "3"],
  ["g.h", "5"],
  ["a.c.d", undefined],
  ["a.b.c", undefined],
  ["nothing", undefined],
])("%s leads to %s", (path, value) => {
  expect(valueAt(path)).toBe(value);
});

test.each([
  ["a.x", 'a has the fields b, "c.d", "e\\"f"'],
  ["x.y", 'the answer has the fields a, "a.b", "g.h", list'],
  ["list.x", "list is no object"],
])("what is there in place of %s is said in names alone", (path, words) => {
  expect(wholeText(describePlace(text, 0, parsePath(path)))).toBe(words);
});

test("of many and of long names only the beginning is said", () => {
  const names = Array.from({ length: 18 }, (_, index) => `"${"n".repeat(index === 0 ? 50 : 1)}${index}":0`);
  expect(wholeText(describePlace(Buffer.from(`{${names.join(",")}}`), 0, parsePath("x")))).toMatch(
    /^the answer has the fields n{40}…, n1, .* and 2 more$/,
  );
});

test.each([
  ["addresses", '{"ada@x.example":{"id":1},"bob@x.example":{"id":2}}', "the answer has 2 other fields"],
  ["names of users", '{"ada":{"id":1},"bob":{"id":2}}', "the answer has 2 other fields"],
  ["numbers", '{"9876":1,"error":"x"}', "the answer has 2 other fields"],
  ["one user", '{"ada":3}', "the answer has another field"],
  ["an answer's own fields", '{"things":[],"next":null}', "the answer has the fields things, next"],
  ["common fields of one kind", '{"data":{},"pageInfo":{}}', "the answer has the fields data, pageInfo"],
])("keys that are data are not told: %s", (_what, answer, words) => {
  expect(publicText(describePlace(Buffer.from(answer), 0, parsePath("x")))).toBe(words);
});
