/** A piece of a statement. `text` is a name or string without its quotes, or anything else as it was written. */
export interface Token {
  readonly kind: "word" | "name" | "string" | "number" | "sign";
  readonly text: string;
}

const PIECE =
  /\s+|--[^\n]*|(?<string>'(?:[^'\\]|''|\\.)*')|(?<name>"(?:[^"]|"")*")|(?<word>[A-Za-z_$][\w$]*)|(?<number>\d+(?:\.\d+)?)|(?<sign>.)/gsy;
/** Snowflake documentation, "String & binary data types", escape sequences in single-quoted string constants. */
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", 0: "\0" };

/** The pieces of a statement, without white space and comments. */
export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const { groups = {} } of sql.matchAll(PIECE)) {
    const { string, name, word, number, sign } = groups;
    if (string !== undefined) tokens.push({ kind: "string", text: stringValue(string) });
    else if (name !== undefined) tokens.push({ kind: "name", text: name.slice(1, -1).replaceAll('""', '"') });
    // Unquoted identifiers are stored in upper case: Snowflake documentation, "Identifier requirements".
    else if (word !== undefined) tokens.push({ kind: "word", text: word.toUpperCase() });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  return tokens;
}

function stringValue(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/''|\\(.)/gs, (_, escaped: string | undefined) =>
      escaped === undefined ? "'" : (ESCAPES[escaped] ?? escaped),
    );
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string | null): string {
  return text === null ? "NULL" : `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** Reads the pieces of a statement from the left to the right. */
export class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get next(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** Takes the words or signs when they come next. */
  takes(...texts: readonly string[]): boolean {
    const found = texts.every((text, index) => {
      const token = this.#tokens[this.#at + index];
      return (token?.kind === "word" || token?.kind === "sign") && token.text === text;
    });
    if (found) this.#at += texts.length;
    return found;
  }

  expect(...texts: readonly string[]): void {
    if (!this.takes(...texts))
      throw new SyntaxError(`unexpected '${this.next?.text ?? "<EOF>"}', expected ${texts.join(" ")}`);
  }

  take(...kinds: readonly Token["kind"][]): string {
    const token = this.next;
    if (token === undefined || !kinds.includes(token.kind)) {
      throw new SyntaxError(`unexpected '${token?.text ?? "<EOF>"}', expected a ${kinds.join(" or ")}`);
    }
    this.#at += 1;
    return token.text;
  }

  /** A name of one, two or three parts. */
  path(): readonly string[] {
    const parts = [this.take("word", "name")];
    while (this.takes(".")) parts.push(this.take("word", "name"));
    return parts;
  }

  /** What stands between the parenthesis that comes next and its partner, separated by commas at the outermost level. */
  group(): readonly (readonly Token[])[] {
    this.expect("(");
    const parts: Token[][] = [[]];
    for (let depth = 1; ; ) {
      const token = this.next;
      if (token === undefined) throw new SyntaxError("unexpected '<EOF>', expected )");
      this.#at += 1;
      if (token.kind === "sign" && token.text === "(") depth += 1;
      if (token.kind === "sign" && token.text === ")") depth -= 1;
      if (depth === 0) break;
      if (depth === 1 && token.kind === "sign" && token.text === ",") parts.push([]);
      else parts.at(-1)?.push(token);
    }
    return parts.filter((part) => part.length > 0);
  }

  /** `KEY = value`, `KEY = (…)`, again and again to the end. */
  options(): ReadonlyMap<string, readonly (readonly Token[])[]> {
    const found = new Map<string, readonly (readonly Token[])[]>();
    while (this.next !== undefined && !this.takes(";")) {
      const key = this.take("word");
      this.expect("=");
      const value = this.next;
      if (value?.kind === "sign") found.set(key, this.group());
      else found.set(key, [[{ kind: "word", text: this.take("word", "string", "number", "name") }]]);
    }
    return found;
  }
}
