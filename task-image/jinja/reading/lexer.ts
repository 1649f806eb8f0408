import { LineIndex, type Position } from "../position.ts";
import { TemplateError } from "../template-error.ts";
import { decodeStringLiteral } from "./string-literal.ts";
import type { Token, TokenKind } from "./token.ts";

const OPENING = /\{\{|\{%|\{#/g;
const RAW_BEGIN = /\{%[-+]?\s*raw\s*(?:-%\}\s*|\+?%\})/y;
const RAW_END = /\{%([-+]?)\s*endraw\s*(?:-%\}\s*|\+?%\})/g;
const COMMENT_END = /-#\}\s*|\+?#\}/g;
const OUTPUT_END = /-\}\}\s*|\}\}/y;
const TAG_END = /-%\}\s*|\+?%\}/y;
const SPACE = /\s+/y;
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/y;
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy;
const STRING = /'((?:[^'\\]|\\[\s\S])*)'|"((?:[^"\\]|\\[\s\S])*)"/y;
const OPERATOR = /\*\*|\/\/|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const CLOSES: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/**
 * Cuts a template into tokens as Jinja does with dbt's settings: one newline at the end of the file is dropped
 * (keep_trailing_newline), `-` at a delimiter eats the white space beside it, and nothing else is trimmed (trim_blocks and
 * lstrip_blocks are off). `start` is where the text stands in its file, when it is a part of one.
 *
 * @throws {TemplateError} for what is not closed and for characters that mean nothing.
 */
export function tokenize(file: string, text: string, start?: Position): Token[] {
  return new Lexer(file, text.replace(/\r\n?/g, "\n").replace(/\n$/, ""), start).run();
}

class Lexer {
  readonly #text: string;
  readonly #lines: LineIndex;
  readonly #tokens: Token[] = [];
  #offset = 0;

  constructor(file: string, text: string, start: Position | undefined) {
    this.#text = text;
    this.#lines = new LineIndex(file, text, start);
  }

  run(): Token[] {
    while (this.#offset < this.#text.length) this.#next();
    this.#push("end", "", this.#text.length);
    return this.#tokens;
  }

  #next(): void {
    OPENING.lastIndex = this.#offset;
    const opening = OPENING.exec(this.#text);
    if (opening === null) {
      this.#pushText(this.#offset, this.#text.length);
      this.#offset = this.#text.length;
      return;
    }
    const begin = opening.index;
    const sign = this.#text[begin + 2];
    this.#pushText(this.#offset, sign === "-" ? this.#trimmedEnd(this.#offset, begin) : begin);
    this.#offset = begin + (sign === "-" || sign === "+" ? 3 : 2);
    if (opening[0] === "{#") this.#comment(begin);
    else if (opening[0] === "{{") this.#expression(begin, "outputBegin", "outputEnd", OUTPUT_END);
    else if (!this.#raw(begin)) this.#expression(begin, "tagBegin", "tagEnd", TAG_END);
  }

  #comment(begin: number): void {
    COMMENT_END.lastIndex = this.#offset;
    const end = COMMENT_END.exec(this.#text);
    if (end === null) this.#fail("the comment that begins here is not closed: '#}' is missing", begin);
    this.#offset = COMMENT_END.lastIndex;
  }

  #raw(begin: number): boolean {
    if (this.#match(RAW_BEGIN, begin) === null) return false;
    const from = RAW_BEGIN.lastIndex;
    RAW_END.lastIndex = from;
    const end = RAW_END.exec(this.#text);
    if (end === null) this.#fail("the raw block that begins here is not closed: '{% endraw %}' is missing", begin);
    this.#pushText(from, end[1] === "-" ? this.#trimmedEnd(from, end.index) : end.index);
    this.#offset = RAW_END.lastIndex;
    return true;
  }

  #expression(begin: number, open: TokenKind, close: TokenKind, closing: RegExp): void {
    this.#push(open, "", begin);
    const brackets: Token[] = [];
    for (;;) {
      if (this.#match(SPACE, this.#offset) !== null) this.#offset = SPACE.lastIndex;
      if (this.#offset >= this.#text.length) {
        const missing = close === "tagEnd" ? "%}" : "}}";
        this.#fail(`what begins here is not closed: '${missing}' is missing`, begin);
      }
      if (brackets.length === 0 && this.#match(closing, this.#offset) !== null) {
        this.#push(close, "", this.#offset);
        this.#offset = closing.lastIndex;
        return;
      }
      this.#token(brackets);
    }
  }

  #token(brackets: Token[]): void {
    const start = this.#offset;
    if (this.#number(start) || this.#nameOrString(start)) return;
    const operator = this.#match(OPERATOR, start);
    if (operator === null) this.#failAtCharacter(start);
    this.#advance("operator", operator[0], operator[0].length);
    this.#balance(brackets, start);
  }

  #number(start: number): boolean {
    const float = this.#match(FLOAT, start);
    const found = float ?? this.#match(INTEGER, start);
    if (found === null) return false;
    const digits = found[0].replaceAll("_", "");
    this.#push(float === null ? "integer" : "float", digits, start, float === null ? BigInt(digits) : Number(digits));
    this.#offset += found[0].length;
    return true;
  }

  #nameOrString(start: number): boolean {
    const name = this.#match(NAME, start);
    if (name !== null) this.#advance("name", name[0], name[0].length);
    const string = name === null ? this.#match(STRING, start) : null;
    if (string !== null) {
      this.#advance("string", decodeStringLiteral(string[1] ?? string[2] ?? ""), string[0].length);
    }
    return name !== null || string !== null;
  }

  #balance(brackets: Token[], offset: number): void {
    const operator = this.#tokens.at(-1);
    if (operator === undefined) return;
    if ("([{".includes(operator.value)) brackets.push(operator);
    const wanted = CLOSES[operator.value];
    if (wanted === undefined) return;
    const opened = brackets.pop();
    if (opened?.value !== wanted) {
      const found = opened === undefined ? "nothing is open" : `'${opened.value}' is open`;
      this.#fail(`'${operator.value}' closes nothing here: ${found}`, offset);
    }
  }

  #advance(kind: TokenKind, value: string, length: number): void {
    this.#push(kind, value, this.#offset);
    this.#offset += length;
  }

  #match(pattern: RegExp, offset: number): RegExpExecArray | null {
    pattern.lastIndex = offset;
    return pattern.exec(this.#text);
  }

  #trimmedEnd(from: number, to: number): number {
    return from + this.#text.slice(from, to).trimEnd().length;
  }

  #pushText(from: number, to: number): void {
    if (to > from) this.#push("text", this.#text.slice(from, to), from);
  }

  #push(kind: TokenKind, value: string, offset: number, number?: bigint | number): void {
    const at: Position = this.#lines.position(offset);
    this.#tokens.push(number === undefined ? { kind, value, at } : { kind, value, at, number });
  }

  #failAtCharacter(offset: number): never {
    const character = String.fromCodePoint(this.#text.codePointAt(offset) ?? 0);
    const quote = character === "'" || character === '"';
    this.#fail(
      quote ? "the string that begins here is not closed" : `the character '${character}' means nothing here`,
      offset,
    );
  }

  #fail(message: string, offset: number): never {
    throw new TemplateError(message, this.#lines.position(offset));
  }
}
