import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CsvDialect, RFC_4180 } from "../../task-image/formats/csv-dialect.ts";
import { CsvReader } from "../../task-image/formats/csv-rows.ts";
import type { RejectedRow } from "../../task-image/formats/rejected-row.ts";

/** A file as it is written, and what has to be read of it. */
interface WrittenFile {
  readonly dialect: CsvDialect;
  readonly columns: number;
  readonly bytes: Buffer;
  /** Where what follows the header begins. */
  readonly bodyStart: number;
  /** Lines that rows begin in, and their cells. */
  readonly rows: readonly (readonly [line: number, ...cells: string[]])[];
}

const DIALECTS: readonly CsvDialect[] = [
  RFC_4180,
  { ...RFC_4180, delimiter: ";", quote: "'", escape: "'" },
  { ...RFC_4180, escape: "\\" },
  { ...RFC_4180, delimiter: "\t", quote: "|", escape: "^" },
];

/** Everything that a reader could trip over, in characters of one to four bytes. */
const cellText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...",;\t\"'|\\^\n\r.".split("").concat("\r\n", '""', "\\.", "")),
      fc.string({ unit: "binary", maxLength: 3 }).map((text) => text.replaceAll("\0", "")),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(""));
const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const choice = { isQuoted: fc.boolean(), text: cellText };

const writtenFile: fc.Arbitrary<WrittenFile> = fc
  .record({ dialect: fc.constantFrom(...DIALECTS), columns: fc.integer({ min: 1, max: 4 }), headerEnd: lineEnd })
  .chain(({ dialect, columns, headerEnd }) =>
    fc
      .array(
        fc.record({
          cells: fc.array(fc.record(choice), { minLength: columns, maxLength: columns }),
          end: lineEnd,
          blanks: fc.array(lineEnd, { maxLength: columns > 1 ? 1 : 0 }),
        }),
        { maxLength: 6 },
      )
      .map((rows) => write(dialect, columns, headerEnd, rows)),
  );

interface Choice {
  readonly isQuoted: boolean;
  readonly text: string;
}

interface RowChoice {
  readonly cells: readonly Choice[];
  readonly end: string;
  readonly blanks: readonly string[];
}

/** A header of as many columns, and the rows, each with the line end that was drawn for it. */
function write(dialect: CsvDialect, columns: number, headerEnd: string, drawn: readonly RowChoice[]): WrittenFile {
  const header = Array.from({ length: columns }, (_, index) => `c${index}`).join(dialect.delimiter) + headerEnd;
  let text = header;
  let line = 2;
  const rows: [number, ...string[]][] = [];
  for (const { cells, end, blanks } of drawn) {
    rows.push([line, ...cells.map((cell) => cell.text)]);
    const written = cells.map((cell) => cellOf(dialect, columns, cell)).join(dialect.delimiter);
    // Within quotes line feeds are what editors count.
    line += written.split("\n").length + blanks.length;
    text += written + end;
    // A carriage return and the line feed of a blank line would be one line end.
    text += blanks.map((blank) => (text.endsWith("\r") && blank === "\n" ? "\r" : blank)).join("");
  }
  return { dialect, columns, bytes: Buffer.from(text), bodyStart: header.length, rows };
}

function cellOf({ delimiter, quote, escape: escaping }: CsvDialect, columns: number, cell: Choice): string {
  const isPlain = ![delimiter, quote, "\n", "\r"].some((special) => cell.text.includes(special));
  if (isPlain && !cell.isQuoted && (cell.text !== "" || columns > 1)) return cell.text;
  const escaped = [...cell.text].map((character) =>
    character === quote || character === escaping ? escaping + character : character,
  );
  return `${quote}${escaped.join("")}${quote}`;
}

/** Characters, and which of them stand for themselves: within quotes, or escaped. Quotes are left out. */
function* unquoted(text: string, { quote, escape: escaping }: CsvDialect): Generator<readonly [string, boolean]> {
  const characters = [...text];
  let isQuoted = false;
  for (let at = 0; at < characters.length; at += 1) {
    const [character = "", next = ""] = characters.slice(at, at + 2);
    if (isQuoted && character === escaping && (next === quote || next === escaping)) {
      at += 1;
      yield [next, true];
    } else if (character === quote) isQuoted = !isQuoted;
    else yield [character, isQuoted];
  }
}

/** Cells of rows as COPY reads them (PostgreSQL documentation, COPY, CSV Format), over the whole text. */
function readCopy(text: string, dialect: CsvDialect): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  for (const [character, isItself] of unquoted(text, dialect)) {
    if (isItself || (character !== dialect.delimiter && character !== "\n")) {
      cell += character;
      continue;
    }
    row.push(cell);
    cell = "";
    if (character !== "\n") continue;
    rows.push(row);
    row = [];
  }
  // What is not ended by a line end is no row.
  expect([...row, cell]).toEqual([""]);
  return rows;
}

/** A reader of a file that comes in pieces, and has read the header. */
async function open({ bytes, dialect }: WrittenFile, pieceBytes: number) {
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield Buffer.from(bytes.subarray(at, at + pieceBytes));
  };
  const rejects: RejectedRow[] = [];
  const file = { uri: "file:a.csv", index: 7, bytes: Readable.from(pieces()) };
  const reader = new CsvReader(file, dialect, (row) => rejects.push(row));
  await reader.readHeader();
  return { reader, rejects };
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all).toString("latin1");
}

/** Sizes of the pieces that a file comes in. */
const sizesOf = ({ bytes, bodyStart }: WrittenFile) => [1, 2, 3, 5, bodyStart - 1, bodyStart, bytes.length];

test("every cell of every file arrives at the COPY as it was written, with its line, wherever the pieces end", async () => {
  await fc.assert(
    fc.asyncProperty(writtenFile, async (file) => {
      const rows = file.rows.map(([line, ...cells]) => ["7", String(line), ...cells]);
      for (const pieceBytes of sizesOf(file)) {
        const { reader, rejects } = await open(file, pieceBytes);
        const copied = await collect(reader.rows(file.columns));
        const read = readCopy(Buffer.from(copied, "latin1").toString(), file.dialect);
        expect({ read, rejects }).toEqual({ read: rows, rejects: [] });
      }
    }),
    { seed: 20_260, numRuns: 150 },
  );
});

test("what follows the header goes on byte by byte, wherever the pieces end", async () => {
  await fc.assert(
    fc.asyncProperty(writtenFile, async (file) => {
      for (const pieceBytes of sizesOf(file)) {
        const { reader } = await open(file, pieceBytes);
        expect(await collect(reader.rest())).toBe(file.bytes.toString("latin1", file.bodyStart));
      }
    }),
    { seed: 20_261, numRuns: 150 },
  );
});
