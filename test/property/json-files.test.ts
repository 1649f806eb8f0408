import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonDocumentRows } from "../../task-image/formats/json-documents.ts";
import { jsonLineRows } from "../../task-image/formats/json-lines.ts";
import { recordsAlone } from "../../task-image/formats/json-records.ts";
import { recordLines } from "../../task-image/json/record-lines.ts";
import { locate, rootOf } from "../../task-image/json/scan.ts";

type Reader = typeof jsonLineRows;

/** A value in tokens, between which any white space may stand. */
type Tokens = readonly string[];

const scalar = fc.oneof(
  fc.constantFrom("null", "true", "false", "-0", "1.10", "9007199254740993", "1e400", "-12.5E-3"),
  fc
    .array(fc.constantFrom('\\"', "\\\\", "\\u0041", "\\n", "{", "}", "[", "]", ",", ":", "é", "😀", "d", " "), {
      maxLength: 6,
    })
    .map((parts) => `"${parts.join("")}"`),
);
const key = fc.constantFrom('"a"', '"b c"', '"d"', '"\\u0064"', '"]"', '"\\""', '""');

const { value } = fc.letrec<{ value: Tokens }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar.map((text) => [text]),
    fc.array(tie("value"), { maxLength: 3 }).map((values) => ["[", ...between(values), "]"]),
    fc
      .uniqueArray(fc.tuple(key, tie("value")), { maxLength: 3, selector: ([name]) => JSON.parse(name) as string })
      .map((members) => ["{", ...between(members.map(([name, of]) => [name, ":", ...of])), "}"]),
  ),
}));

function between(values: readonly Tokens[]): Tokens {
  return values.flatMap((tokens, index) => (index === 0 ? tokens : [",", ...tokens]));
}

const space = fc.constantFrom("", "", "", " ", "\t", "\n", "\r\n", "\r", " \n ");
const lineSpace = fc.constantFrom("", "", " ", "\t");
const settings = (seed: number) => ({ seed, numRuns: 200 });

/** Tokens with white space before each of them and after the last one. */
function spaced(tokens: Tokens, spaces: readonly string[]): string {
  return tokens.map((token, index) => `${spaces[index % spaces.length]}${token}`).join("") + spaces[0];
}

const spaces = (of: fc.Arbitrary<string>) => fc.array(of, { minLength: 1, maxLength: 9 });

async function read(reader: Reader, text: string, pieceBytes: number): Promise<readonly string[]> {
  const bytes = Buffer.from(text);
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield Buffer.from(bytes.subarray(at, at + pieceBytes));
  };
  const reject = () => expect.unreachable("a row was rejected");
  const rows: Buffer[] = [];
  for await (const piece of reader({ uri: "a.json", index: 7, bytes: Readable.from(pieces()), reject })) {
    rows.push(Buffer.from(piece));
  }
  return Buffer.concat(rows).toString().split("\n").slice(0, -1);
}

/** Each row with its line, and what it says without white space between its tokens. */
function shown(rows: readonly string[]): readonly (readonly [string, string, string])[] {
  return rows.map((row) => {
    const [file = "", line = "", ...document] = row.split("\u0002");
    const tokens = document.join("\u0002").match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? [];
    return [file, line, tokens.join("")];
  });
}

/** The line that each document begins in, when a text is these parts in a row: documents are those of an odd place. */
function expected(parts: readonly string[]): ReturnType<typeof shown> {
  return parts.flatMap((part, index) => {
    if (index % 2 === 0) return [];
    const before = parts.slice(0, index).join("") + (/^\s*/.exec(part)?.[0] ?? "");
    return shown([`7\u0002${before.split("\n").length}\u0002${part}`]);
  });
}

async function expectRows(reader: Reader, parts: readonly string[]): Promise<void> {
  const text = parts.join("");
  for (const pieceBytes of [1, 2, 3, 7, Buffer.byteLength(text) + 1]) {
    expect(shown(await read(reader, text, pieceBytes))).toEqual(expected(parts));
  }
}

test("the elements of an array, and documents that follow each other, come as they are written, each with its line", async () => {
  const documents = fc.array(fc.tuple(value, spaces(space)), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(documents, fc.boolean(), async (drawn, isArray) => {
      const texts = drawn.map(([tokens, around]) => spaced(tokens, around));
      // A file that begins with an array is one: what follows each other are objects then.
      const parts = isArray
        ? ["[", ...texts.flatMap((text, index) => (index === 0 ? [text] : [",", text])), "]"]
        : ["", ...texts.flatMap((text) => [`{"":${text}}`, "\n"])];
      await expectRows(jsonDocumentRows, texts.length === 0 ? [parts.join("")] : parts);
    }),
    settings(20_262),
  );
});

test("JSON lines come as they are written, each with its line", async () => {
  const lines = fc.array(fc.tuple(value, spaces(lineSpace), fc.constantFrom("\n", "\r\n", "\n\n")), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(lines, async (drawn) => {
      await expectRows(jsonLineRows, ["", ...drawn.flatMap(([tokens, around, end]) => [spaced(tokens, around), end])]);
    }),
    settings(20_263),
  );
});

const members = fc.array(fc.tuple(fc.constantFrom('"a"', '"x"', '"dd"', '"]"'), value), { maxLength: 2 });
const nested = fc.record({ before: members, after: members, elements: fc.array(value, { maxLength: 4 }), name: key });

/** An object with an array below d.d, and other members around it. */
function wrapped({ before, after, elements }: { before: Member[]; after: Member[]; elements: Tokens[] }): {
  readonly tokens: Tokens;
  readonly elements: readonly Tokens[];
} {
  const list = (all: Member[]) => all.map(([name, of]) => [name, ":", ...of]);
  const inner = ["{", ...between([...list(before), ['"d"', ":", "[", ...between(elements), "]"], ...list(after)]), "}"];
  return { tokens: ["{", ...between([...list(after), ['"\\u0064"', ":", ...inner], ...list(before)]), "}"], elements };
}

type Member = [string, Tokens];

test("records below a path are the elements of its array and nothing else, in a file as in the page of an API", async () => {
  const recordsBelow: Reader = (file) =>
    jsonDocumentRows({ ...file, bytes: recordsAlone(file.uri, file.bytes, ["d", "d"]) });
  await fc.assert(
    fc.asyncProperty(nested, spaces(space), async (drawn, around) => {
      const { tokens, elements } = wrapped(drawn);
      const text = spaced(tokens, around);
      const documents = elements.map((element) => element.join(""));
      for (const pieceBytes of [1, 3, text.length * 4]) {
        const rows = shown(await read(recordsBelow, text, pieceBytes));
        expect(rows.map(([, , document]) => document)).toEqual(documents);
      }
      const page = Buffer.from(text);
      const list = locate(page, rootOf(page), ["d", "d"]) ?? expect.unreachable("nothing there");
      const { lines, rows } = recordLines(page, list);
      const copied = lines.toString().split("\n").slice(0, -1);
      expect(shown(copied.map((line) => `\u0002\u0002${line}`)).map(([, , document]) => document)).toEqual(documents);
      expect(rows).toBe(documents.length);
    }),
    settings(20_264),
  );
});
