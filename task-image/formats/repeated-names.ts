const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** The signs of JSON that matter here; 0 for every other byte, of which there are most. */
const SIGNS = new Uint8Array(256);
for (const sign of [QUOTE, COMMA, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT]) SIGNS[sign] = sign;
/** Names of one object that are compared one with another; more of them are kept in a set. */
const COMPARED_MAX = 48;
const NO_OBJECT = -1;
const REPEATED = -1;

/**
 * Whether an object in a JSON text, at whatever depth, has a name twice: readers keep the last value of it without a word. Of a text
 * that is no JSON nothing is said: the destination refuses it. Every document passes here: names are compared by a number made of their
 * bytes, and only where two are alike, or a name is written with escapes, are they read.
 */
export function hasRepeatedName(text: Buffer, start: number, end: number): boolean {
  NUMBERED.clear();
  return repeats(text, { start, end }, NUMBERED) && repeats(text, { start, end }, new WrittenNames());
}

/** The names of the objects that are open. */
interface Names {
  /** Takes a bracket or a comma; answers whether a name may follow. */
  take(sign: number): boolean;
  /** Takes the name that begins here. Answers where its closing quotation mark stands, or {@link REPEATED}. */
  read(text: Buffer, from: number, end: number): number;
}

function repeats(
  text: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
  names: Names,
): boolean {
  let isName = false;
  for (let at = start; at < end; at += 1) {
    const sign = SIGNS[text[at] as number] as number;
    if (sign === 0) continue;
    if (sign !== QUOTE) {
      isName = names.take(sign);
      continue;
    }
    const close = isName ? names.read(text, at + 1, end) : closingQuote(text, at + 1, end);
    if (close === REPEATED) return true;
    at = close;
    isName = false;
  }
  return false;
}

/** Where the quotation mark stands that ends a string, or the end of the text. */
function closingQuote(text: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = text[at];
    if (byte === QUOTE) return at;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return end;
}

/** Names as numbers: two that are alike may be one name, and so may one with an escape and any other. */
class NumberedNames implements Names {
  /** The names of all open objects, one object after another. */
  #numbers = new Int32Array(1024);
  #count = 0;
  /** Where the names of the innermost object begin. */
  #begin = NO_OBJECT;
  /** The same of those around it. */
  #begins = new Int32Array(64);
  #depth = 0;

  clear(): void {
    this.#count = 0;
    this.#begin = NO_OBJECT;
    this.#depth = 0;
  }

  take(sign: number): boolean {
    if (sign === COMMA) return this.#begin !== NO_OBJECT;
    if (sign === CLOSE_OBJECT || sign === CLOSE_ARRAY) return this.#close();
    if (this.#depth === this.#begins.length) this.#begins = twice(this.#begins);
    this.#begins[this.#depth] = this.#begin;
    this.#depth += 1;
    this.#begin = sign === OPEN_OBJECT ? this.#count : NO_OBJECT;
    return sign === OPEN_OBJECT;
  }

  #close(): false {
    if (this.#depth === 0) return false;
    if (this.#begin !== NO_OBJECT) this.#count = this.#begin;
    this.#depth -= 1;
    this.#begin = this.#begins[this.#depth] as number;
    return false;
  }

  read(text: Buffer, from: number, end: number): number {
    let number = 0;
    let at = from;
    for (; at < end; at += 1) {
      const byte = text[at] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) return REPEATED;
      number = (Math.imul(number, 31) + byte) | 0;
    }
    return this.#add(number) ? at : REPEATED;
  }

  #add(number: number): boolean {
    const numbers = this.#numbers;
    for (let other = this.#begin; other < this.#count; other += 1) if (numbers[other] === number) return false;
    if (this.#count - this.#begin >= COMPARED_MAX) return false;
    if (this.#count === numbers.length) this.#numbers = twice(numbers);
    this.#numbers[this.#count] = number;
    this.#count += 1;
    return true;
  }
}

const NUMBERED = new NumberedNames();

function twice(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const more = new Int32Array(numbers.length * 2);
  more.set(numbers);
  return more;
}

/** Names by what they say. */
class WrittenNames implements Names {
  /** Those of each open object; nothing for an array. */
  readonly #open: (Set<string> | undefined)[] = [];

  take(sign: number): boolean {
    if (sign === COMMA) return this.#open.at(-1) !== undefined;
    if (sign === OPEN_OBJECT || sign === OPEN_ARRAY) this.#open.push(sign === OPEN_OBJECT ? new Set() : undefined);
    else this.#open.pop();
    return sign === OPEN_OBJECT;
  }

  read(text: Buffer, from: number, end: number): number {
    const close = closingQuote(text, from, end);
    const name = nameOf(text.toString("utf8", from, close));
    const names = this.#open.at(-1);
    if (names?.has(name) === true) return REPEATED;
    names?.add(name);
    return close;
  }
}

/** What a name says, whatever escapes it is written with. */
function nameOf(written: string): string {
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch {
    return written;
  }
}
