/**
 * Finds values in JSON text (RFC 8259) by their bytes, so that what is handed on is what was written: 1.10 stays 1.10 and
 * 9007199254740993 is not rounded. Structure and strings are checked here; the words between them are checked by whoever
 * reads the values.
 */

/** The text is not JSON; `offset` counts bytes from 0. */
export class JsonTextError extends Error {
  readonly offset: number;

  constructor(expected: string, offset: number) {
    super(`expected ${expected} at byte ${offset}`);
    this.name = "JsonTextError";
    this.offset = offset;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
/** No other word of JSON begins with it. */
const LETTER_N = 0x6e;
const BYTE_ORDER_MARK = "\ufeff";
const WORD = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/;

/** Where the one value of a text begins. Throws a JsonTextError when the text holds none, or something after it. */
export function rootOf(text: Buffer): number {
  const mark = Buffer.from(BYTE_ORDER_MARK);
  const start = skipSpace(text, text.subarray(0, mark.length).equals(mark) ? mark.length : 0);
  const end = skipSpace(text, endOfValue(text, start));
  if (end < text.length) throw new JsonTextError("the end of the text", end);
  return start;
}

/**
 * Where the value of a dotted path begins, or undefined when a name on the way is missing or stands in no object. Throws a JsonTextError
 * for a name on the way that stands in its object twice: which of its values counts is unknown.
 */
export function locate(text: Buffer, root: number, path: readonly string[]): number | undefined {
  let at: number | undefined = root;
  for (const name of path) {
    if (at === undefined || text[at] !== OPEN_MAP) return undefined;
    at = findMember(text, at, name);
  }
  return at;
}

/** Whether an array begins here. */
export function isArray(text: Buffer, at: number): boolean {
  return text[at] === OPEN_LIST;
}

/** Whether an object begins here. */
export function isObject(text: Buffer, at: number): boolean {
  return text[at] === OPEN_MAP;
}

/** Whether null stands here. */
export function isNull(text: Buffer, at: number): boolean {
  return text[at] === LETTER_N;
}

/** Start and end of every element of the array that begins at `at`. */
export function* elementsOf(text: Buffer, at: number): Generator<readonly [start: number, end: number]> {
  let position = skipSpace(text, at + 1);
  if (text[position] === CLOSE_LIST) return;
  for (;;) {
    const end = endOfValue(text, position);
    yield [position, end];
    const next = skipSpace(text, end);
    if (text[next] === CLOSE_LIST) return;
    if (text[next] !== COMMA) throw new JsonTextError("a comma or the end of the list", next);
    position = skipSpace(text, next + 1);
  }
}

/** A string without its quotes, or a number or word as it is written. Undefined for null, lists and objects. */
export function scalarText(text: Buffer, at: number): string | undefined {
  const first = text[at];
  if (first === OPEN_LIST || first === OPEN_MAP) return undefined;
  const written = text.toString("utf8", at, endOfValue(text, at));
  if (first === QUOTE) return textOf(written, at);
  return written === "null" ? undefined : written;
}

/** A value as it is written. */
export function writtenValue(text: Buffer, at: number): string {
  return text.toString("utf8", at, endOfValue(text, at));
}

/** The object that a text is with members of its own in the place of those of the same names; everything else as it is written. */
export function withMembers(text: Buffer, members: Readonly<Record<string, string>>): string {
  const root = rootOf(text);
  if (text[root] !== OPEN_MAP) throw new JsonTextError("an object", root);
  const kept = [...membersOf(text, root)].filter(({ name }) => !Object.hasOwn(members, name));
  const written = kept.map(({ start, end }) => text.toString("utf8", start, end));
  const added = Object.entries(members).map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  return `{${[...written, ...added].join(",")}}`;
}

function findMember(text: Buffer, at: number, name: string): number | undefined {
  let found: number | undefined;
  for (const member of membersOf(text, at)) {
    if (member.name !== name) continue;
    if (found !== undefined)
      throw new JsonTextError(`${JSON.stringify(name)} once in its object, found it again`, member.start);
    found = member.value;
  }
  return found;
}

/** A member of an object: from the quotation mark of its name to the end of its value. */
export interface Member {
  readonly name: string;
  readonly start: number;
  /** Where its value begins. */
  readonly value: number;
  readonly end: number;
}

/** The members of the object that begins at `at`, in their order. */
export function* membersOf(text: Buffer, at: number): Generator<Member> {
  let position = skipSpace(text, at + 1);
  if (text[position] === CLOSE_MAP) return;
  for (;;) {
    if (text[position] !== QUOTE) throw new JsonTextError("a name in quotation marks", position);
    const nameEnd = endOfString(text, position);
    const colon = skipSpace(text, nameEnd);
    if (text[colon] !== COLON) throw new JsonTextError("a colon", colon);
    const value = skipSpace(text, colon + 1);
    const end = endOfValue(text, value);
    yield { name: textOf(text.toString("utf8", position, nameEnd), position), start: position, value, end };
    const next = skipSpace(text, end);
    if (text[next] === CLOSE_MAP) return;
    if (text[next] !== COMMA) throw new JsonTextError("a comma or the end of the object", next);
    position = skipSpace(text, next + 1);
  }
}

/** What a string says. */
function textOf(written: string, at: number): string {
  try {
    return JSON.parse(written) as string;
  } catch {
    throw new JsonTextError("a string with the escapes of JSON", at);
  }
}

function skipSpace(text: Buffer, at: number): number {
  let position = at;
  for (;;) {
    const byte = text[position];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return position;
    position += 1;
  }
}

/** Where the value that begins at `at` ends. */
export function endOfValue(text: Buffer, at: number): number {
  const first = text[at];
  if (first === QUOTE) return endOfString(text, at);
  if (first === OPEN_LIST || first === OPEN_MAP) return endOfNested(text, at);
  let end = at;
  while (end < text.length && !isDelimiter(text[end] ?? 0)) end += 1;
  if (!WORD.test(text.toString("latin1", at, Math.min(end, at + 4096)))) throw new JsonTextError("a value", at);
  return end;
}

function isDelimiter(byte: number): boolean {
  return byte <= 0x20 || byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_MAP;
}

function endOfNested(text: Buffer, at: number): number {
  const closers: number[] = [];
  for (let position = at; position < text.length; ) {
    const byte = text[position] ?? 0;
    if (byte === QUOTE) {
      position = endOfString(text, position);
      continue;
    }
    stepBracket(closers, byte, position);
    position += 1;
    if (closers.length === 0) return position;
  }
  throw new JsonTextError("a closing bracket, found the end of the text", text.length);
}

/** Keeps the brackets that have yet to be closed. */
function stepBracket(closers: number[], byte: number, position: number): void {
  if (byte === OPEN_LIST) closers.push(CLOSE_LIST);
  else if (byte === OPEN_MAP) closers.push(CLOSE_MAP);
  else if (byte !== CLOSE_LIST && byte !== CLOSE_MAP) return;
  else if (closers.pop() !== byte) throw new JsonTextError("the other kind of bracket", position);
}

/** A quotation mark after an even number of backslashes ends the string. */
function endOfString(text: Buffer, at: number): number {
  for (let from = at + 1; ; ) {
    const quote = text.indexOf(QUOTE, from);
    if (quote < 0) throw new JsonTextError("a closing quotation mark, found the end of the text", text.length);
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    from = quote + 1;
  }
}
