import { describe, expect, test } from "vitest";
import { readYaml } from "../../../../../task-image/dbt/project/yaml-document.ts";
import { ProblemError } from "../../../../../task-image/jinja/problem.ts";

const read = (text: string) => readYaml("models/schema.yml", text).value;

describe("scalars mean what they mean to PyYAML", () => {
  test.each([
    ["yes", true],
    ["No", false],
    ["off", false],
    ["ON", true],
    ["y", "y"],
    ["n", "n"],
    ["yEs", "yEs"],
    ["010", 8n],
    ["08", "08"],
    ["0o10", "0o10"],
    ["0x1F", 31n],
    ["0b101", 5n],
    ["1_000", 1000n],
    ["-12", -12n],
    ["12:30", 750n],
    ["1e3", "1e3"],
    ["1.0e3", "1.0e3"],
    ["1.0e+3", 1000],
    ["2.0", 2],
    [".5", 0.5],
    ["1.", 1],
    [".inf", Number.POSITIVE_INFINITY],
    ["-.INF", Number.NEGATIVE_INFINITY],
    ["~", null],
    ["Null", null],
    ["nULL", "nULL"],
    ["", null],
    ["2024-01-31", "2024-01-31"],
    ["2024-1-31", "2024-1-31"],
    ["2024-01-31T5:06:07.5Z", "2024-01-31 05:06:07.500000+00:00"],
    ["2024-01-31 05:06:07 -3", "2024-01-31 05:06:07-03:00"],
    ["'yes'", "yes"],
    ['"010"', "010"],
    ["=", "="],
    ["9007199254740993", 9007199254740993n],
  ])("%s", (written, value) => {
    expect(read(`v: ${written}`)).toEqual({ v: value });
  });

  test("keys are text", () => {
    expect(read("on: a\n1: b\n2.0: c\nnull: d")).toEqual({ True: "a", "1": "b", "2": "c", None: "d" });
  });
});

describe("maps", () => {
  test("take the last of equal keys", () => {
    expect(read("a: 1\nb: 2\na: 3")).toEqual({ a: 3n, b: 2n });
  });

  test("take in others by anchor and merge, and their own keys win", () => {
    const text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 9\nw: *x";
    expect(read(text)).toMatchObject({ z: { a: 9n, b: 2n, c: 4n }, w: { a: 1n, b: 2n } });
  });

  test("have no keys but those that are written", () => {
    expect(read("__proto__: {polluted: true}")).not.toHaveProperty("polluted");
    expect(Object.keys(read("__proto__: 1") as object)).toEqual(["__proto__"]);
  });
});

describe("what PyYAML reads although it is untidy", () => {
  test.each([
    ["lists that are not indented", "a:\n- b\n- c", { a: ["b", "c"] }],
    [
      "lists that are indented in several ways",
      "a:\n    - b: 1\n      c:\n      - d\n    - e",
      { a: [{ b: 1n, c: ["d"] }, "e"] },
    ],
    ["a flow list that ends at the margin", "a:\n  b: [\n1,\n2\n]\n", { a: { b: [1n, 2n] } }],
    [
      "a flow map with lines at the margin",
      "a:\n  b: {c: 1,\nd: [x,\ny]}\n  e: 2",
      { a: { b: { c: 1n, d: ["x", "y"] }, e: 2n } },
    ],
    [
      "a text in quotes that goes on at the margin",
      "a:\n  - b: \"x\ny\"\n    c: 'd\n\n  e'",
      { a: [{ b: "x y", c: "d\ne" }] },
    ],
    ["quotes and brackets inside of texts", "a: it's [x\nb: |\n  '{\nc: [\nd]", { a: "it's [x", b: "'{\n", c: ["d"] }],
    ["a text over several lines", "a: one\n  two\n\n  three", { a: "one two\nthree" }],
    ["a comment at any column", "a:\n  b: 1\n # c\n  d: 2", { a: { b: 1n, d: 2n } }],
    ["a text that begins with a template in quotes", `a: "{{ var('x') }}"`, { a: "{{ var('x') }}" }],
    ["Windows' line ends", "a: 1\r\nb:\r\n  - 2\r\n", { a: 1n, b: [2n] }],
    ["a byte order mark", "\ufeffa: 1", { a: 1n }],
    ["an end of document", "---\na: 1\n...\n", { a: 1n }],
    ["nothing", "# only a comment\n", null],
  ])("%s", (_, text, value) => {
    expect(read(text)).toEqual(value);
  });
});

describe("what is not YAML is a problem with its place", () => {
  test.each([
    ["a: {{ var('x') }}", 1],
    ["a: 1\nb: [1, 2", 2],
    ["a:\n\t- b", 2],
    ["a: 1\n---\nb: 2", 2],
    ["a: *nothing", 1],
    ["a: 'open", 1],
  ])("%j", (text, line) => {
    const reading = () => read(text);
    expect(reading).toThrow(ProblemError);
    expect(reading).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({ at: expect.objectContaining({ file: "models/schema.yml", line }) }),
      }),
    );
  });

  test("aliases that grow without end", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let index = 1; index < 12; index += 1) {
      const [before, own] = ["abcdefghijkl"[index - 1], "abcdefghijkl"[index]];
      bomb.push(`${own}: &${own} [${Array.from({ length: 9 }, () => `*${before}`).join(",")}]`);
    }
    expect(() => read(bomb.join("\n"))).toThrow(ProblemError);
  });

  test("a long list that stands there by many aliases", () => {
    const list = Array.from({ length: 2000 }, () => "x").join(",");
    const aliases = Array.from({ length: 1000 }, () => "*a").join(",");
    expect(() => read(`a: &a [${list}]\nb: [${aliases}]`)).toThrow("more than 1,000,000 values");
  });
});

test("a value in a line that had to be moved knows where it stands", () => {
  const { position } = readYaml("a.yml", "a: [\n  b,\nc]");
  expect(position(["a", 1])).toEqual({ file: "a.yml", line: 3, column: 1 });
});

test("a value knows where it stands", () => {
  const { position } = readYaml("a.yml", "models:\n  - name: x\n    columns:\n      - name: y\n");
  expect(position(["models", 0, "columns", 0, "name"])).toEqual({ file: "a.yml", line: 4, column: 15 });
  expect(position(["models", 0, "columns", 7])).toMatchObject({ line: 4 });
  expect(position(["nothing"])).toEqual({ file: "a.yml", line: 1, column: 1 });
});
