import type { Position } from "../position.ts";
import { TemplateError } from "../template-error.ts";
import { describeKind, describeToken, type Token, type TokenKind } from "./token.ts";

/** How deep expressions and blocks may be nested: what fits on the stack many times over, and no person writes. */
const NESTING_MAX = 100;

/** The tokens of a template, read one after the other. The last one is always of kind `end`. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  /** Tags that this template may not use, with the way out. */
  readonly refused: ReadonlyMap<string, string>;
  #index = 0;
  #nesting = 0;
  #loops = 0;

  constructor(tokens: readonly Token[], refused: ReadonlyMap<string, string> = new Map()) {
    this.#tokens = tokens;
    this.refused = refused;
  }

  /** Whether what is read now is run by a loop of the same macro or file. */
  get isInLoop(): boolean {
    return this.#loops > 0;
  }

  get current(): Token {
    return this.#at(this.#index);
  }

  get following(): Token {
    return this.#at(this.#index + 1);
  }

  next(): Token {
    const token = this.current;
    if (token.kind !== "end") this.#index += 1;
    return token;
  }

  isOperator(value: string): boolean {
    return this.current.kind === "operator" && this.current.value === value;
  }

  isName(...values: readonly string[]): boolean {
    return this.current.kind === "name" && values.includes(this.current.value);
  }

  skipOperator(value: string): boolean {
    const found = this.isOperator(value);
    if (found) this.next();
    return found;
  }

  skipName(value: string): boolean {
    const found = this.isName(value);
    if (found) this.next();
    return found;
  }

  expectOperator(value: string): Token {
    if (!this.isOperator(value)) this.fail(`expected '${value}', found ${describeToken(this.current)}`);
    return this.next();
  }

  expectName(value?: string): Token {
    if (this.current.kind !== "name" || (value !== undefined && this.current.value !== value)) {
      const expected = value === undefined ? "a name" : `'${value}'`;
      this.fail(`expected ${expected}, found ${describeToken(this.current)}`);
    }
    return this.next();
  }

  expect(kind: TokenKind): Token {
    if (this.current.kind !== kind) this.fail(`expected ${describeKind(kind)}, found ${describeToken(this.current)}`);
    return this.next();
  }

  /** Runs a parser one level deeper. */
  nested<T>(parse: () => T): T {
    if (this.#nesting >= NESTING_MAX) this.fail(`nested more than ${NESTING_MAX} levels deep`);
    this.#nesting += 1;
    const result = parse();
    this.#nesting -= 1;
    return result;
  }

  /** Reads the body of a loop. */
  inLoop<T>(parse: () => T): T {
    this.#loops += 1;
    const result = parse();
    this.#loops -= 1;
    return result;
  }

  /** Reads a body that is run elsewhere: a macro's. */
  outsideLoops<T>(parse: () => T): T {
    const loops = this.#loops;
    this.#loops = 0;
    const result = parse();
    this.#loops = loops;
    return result;
  }

  /** Runs a parser and also returns every name among the tokens that it read. */
  collectingNames<T>(parse: () => T): readonly [T, ReadonlySet<string>] {
    const from = this.#index;
    const result = parse();
    const names = this.#tokens.slice(from, this.#index).filter(({ kind }) => kind === "name");
    return [result, new Set(names.map(({ value }) => value))];
  }

  fail(message: string, at: Position = this.current.at): never {
    throw new TemplateError(message, at);
  }

  #at(index: number): Token {
    const token = this.#tokens[Math.min(index, this.#tokens.length - 1)];
    if (token === undefined) throw new Error("a token stream holds at least its end");
    return token;
  }
}
