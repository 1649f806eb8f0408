/** A text whose lines were moved, and by how many columns each of them. */
export interface MovedText {
  readonly text: string;
  /** Columns by line, counted from 1; lines that stand where they stood are missing. */
  readonly moved: ReadonlyMap<number, number>;
}

const BLOCK_SCALAR = /(?:^|[\s:-])[|>][-+\d]*[ \t]*(?:[ \t]#.*)?$/;
/** Behind these a value may begin, so that a quote or a bracket opens something. */
const VALUE_START = /(?:^|[\s:?-][ \t]+|[-[{,]|: ?)$/;

/**
 * Moves lines that go on with a text in quotes or with a list or map in brackets to the right. PyYAML takes them at any column, the
 * library only where they are indented deeper than what they belong to. Their white space means nothing.
 */
export function indentContinuations(text: string): MovedText {
  const lines = text.split(/\r?\n/);
  const columns = Math.max(...lines.map((line) => indentation(line))) + 2;
  const moved = new Map<number, number>();
  const scanner = new LineScanner();
  const result = lines.map((line, index) => {
    const goesOn = scanner.isInside;
    scanner.read(line);
    if (!goesOn || line.trim() === "") return line;
    moved.set(index + 1, columns);
    return " ".repeat(columns) + line;
  });
  return { text: result.join("\n"), moved };
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}

/** What is open at the end of a line: a quote, brackets, or a block of text as it is. */
class LineScanner {
  #quote = "";
  #depth = 0;
  /** The column that the lines of a block of text are indented deeper than. */
  #block: number | undefined;

  get isInside(): boolean {
    return this.#quote !== "" || this.#depth > 0;
  }

  read(line: string): void {
    if (this.#block !== undefined && (line.trim() === "" || indentation(line) > this.#block)) return;
    this.#block = undefined;
    let at = 0;
    while (at < line.length) at = this.#quote === "" ? this.#plain(line, at) : this.#quoted(line, at);
    if (!this.isInside && BLOCK_SCALAR.test(line) && !line.trimStart().startsWith("#")) this.#block = indentation(line);
  }

  #quoted(line: string, at: number): number {
    if (this.#quote === '"' && line[at] === "\\") return at + 2;
    if (line[at] !== this.#quote) return at + 1;
    if (this.#quote === "'" && line[at + 1] === "'") return at + 2;
    this.#quote = "";
    return at + 1;
  }

  #plain(line: string, at: number): number {
    const character = line[at] ?? "";
    const before = line.slice(0, at);
    if (character === "#" && /(?:^|\s)$/.test(before)) return line.length;
    if ("\"'[{".includes(character) && VALUE_START.test(before)) {
      if (character === "[" || character === "{") this.#depth += 1;
      else this.#quote = character;
    } else if (this.#depth > 0 && (character === "]" || character === "}")) this.#depth -= 1;
    return at + 1;
  }
}
