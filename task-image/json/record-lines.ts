import { elementsOf, endOfValue } from "./scan.ts";

const SPACE = 0x20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** A control character that no JSON text holds and no row ends at: whoever reads the record refuses it. */
const FORBIDDEN = 0x1f;

/**
 * Elements of a list as JSON lines: each as it is written, but for line ends between its tokens, which become spaces. One inside of a
 * string is no JSON (RFC 8259, 7), and stays none.
 */
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

/** One value as a JSON line. */
export function oneRecord(text: Buffer, at: number): { readonly lines: Buffer; readonly rows: number } {
  const record = text.subarray(at, endOfValue(text, at));
  return { lines: Buffer.concat([onOneLine(record), Buffer.from([LINE_FEED])]), rows: 1 };
}

function onOneLine(record: Buffer): Buffer {
  if (!record.includes(LINE_FEED) && !record.includes(CARRIAGE_RETURN)) return record;
  const line = Buffer.from(record);
  let isString = false;
  let isEscaped = false;
  for (const [at, byte] of line.entries()) {
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) line[at] = isString ? FORBIDDEN : SPACE;
    else if (isEscaped) isEscaped = false;
    else if (byte === BACKSLASH) isEscaped = isString;
    else if (byte === QUOTE) isString = !isString;
  }
  return line;
}
