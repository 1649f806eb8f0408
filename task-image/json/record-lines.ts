import { elementsOf } from "./scan.ts";

const SPACE = 0x20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Elements of a list as JSON lines: each as it is written, but for line ends between its tokens, which become spaces. */
export function recordLines(text: Buffer, list: number): { readonly lines: Buffer; readonly rows: number } {
  const lines: Buffer[] = [];
  const end = Buffer.from([LINE_FEED]);
  let rows = 0;
  for (const [from, to] of elementsOf(text, list)) {
    lines.push(onOneLine(text.subarray(from, to)), end);
    rows += 1;
  }
  return { lines: Buffer.concat(lines), rows };
}

/** A line end inside of a string is written with a backslash (RFC 8259, 7), so every one that is found stands between tokens. */
function onOneLine(record: Buffer): Buffer {
  if (!record.includes(LINE_FEED) && !record.includes(CARRIAGE_RETURN)) return record;
  const line = Buffer.from(record);
  for (const byte of [LINE_FEED, CARRIAGE_RETURN]) {
    for (let at = line.indexOf(byte); at >= 0; at = line.indexOf(byte, at + 1)) line[at] = SPACE;
  }
  return line;
}
