const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** A word is read up to here: no value without quotes that anybody means is as long. */
const WORD_LENGTH_MAX = 4096;
const WORD = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/;

/** What may come next, in words for "expected …". */
const EXPECTED = {
  value: "a value",
  valueOrEnd: "a value or ]",
  name: "a name in quotation marks",
  nameOrEnd: "a name in quotation marks or }",
  colon: "a colon",
  commaOrEnd: "a comma or the closing bracket",
  end: "nothing more",
} as const;

/**
 * Checks the structure of one JSON text (RFC 8259) byte by byte: brackets, commas, colons, names and words. What is in quotation marks
 * is not looked at.
 *
 * | next       | comes after                | takes                                                       |
 * |------------|----------------------------|-------------------------------------------------------------|
 * | value      | the beginning, `:`, `,` in `[` | a value                                                 |
 * | valueOrEnd | `[`                        | a value, `]`                                                |
 * | name       | `,` in `{`                 | a string                                                    |
 * | nameOrEnd  | `{`                        | a string, `}`                                               |
 * | colon      | a name                     | `:`                                                         |
 * | commaOrEnd | a value in brackets        | `,`, the bracket that closes the one that is open           |
 * | end        | the value of the text      | nothing                                                     |
 */
export class JsonSyntax {
  #next: keyof typeof EXPECTED = "value";
  /** The brackets that close the open ones. */
  readonly #closers: number[] = [];
  #inString = false;
  #escaped = false;
  #word = "";

  /** Takes the next byte. Answers what was expected in its place, where it may not stand there. */
  step(byte: number): string | undefined {
    if (this.#inString) return this.#stepString(byte);
    const isSpace = byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
    const isSign = isSpace || byte === COMMA || byte === COLON || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT;
    if (this.#word !== "") {
      if (!isSign) {
        if (this.#word.length < WORD_LENGTH_MAX) this.#word += String.fromCharCode(byte);
        return undefined;
      }
      const isValue = WORD.test(this.#word);
      this.#word = "";
      if (!isValue) return EXPECTED.value;
      this.#endValue();
    }
    return isSpace ? undefined : this.#stepSign(byte);
  }

  #stepString(byte: number): undefined {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      if (this.#next === "name" || this.#next === "nameOrEnd") this.#next = "colon";
      else this.#endValue();
    }
  }

  #stepSign(byte: number): string | undefined {
    const next = this.#next;
    if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) return this.#close(byte);
    if (next === "value" || next === "valueOrEnd") return this.#beginValue(byte);
    if (byte === QUOTE && (next === "name" || next === "nameOrEnd")) this.#inString = true;
    else if (byte === COLON && next === "colon") this.#next = "value";
    else if (byte === COMMA && next === "commaOrEnd") {
      this.#next = this.#closers.at(-1) === CLOSE_ARRAY ? "value" : "name";
    } else return EXPECTED[next];
    return undefined;
  }

  #beginValue(byte: number): string | undefined {
    if (byte === COMMA || byte === COLON) return EXPECTED[this.#next];
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_ARRAY) this.#open(CLOSE_ARRAY, "valueOrEnd");
    else if (byte === OPEN_OBJECT) this.#open(CLOSE_OBJECT, "nameOrEnd");
    else this.#word = String.fromCharCode(byte);
    return undefined;
  }

  #open(closer: number, next: "valueOrEnd" | "nameOrEnd"): void {
    this.#closers.push(closer);
    this.#next = next;
  }

  #close(byte: number): string | undefined {
    const isPlace = this.#next === "commaOrEnd" || this.#next === "valueOrEnd" || this.#next === "nameOrEnd";
    if (!isPlace || this.#closers.at(-1) !== byte) return EXPECTED[this.#next];
    this.#closers.pop();
    this.#endValue();
    return undefined;
  }

  #endValue(): void {
    this.#next = this.#closers.length === 0 ? "end" : "commaOrEnd";
  }
}
