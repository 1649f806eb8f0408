/** A place in a template. Lines and columns count from 1; a column counts UTF-16 code units, as editors do. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A macro at work: its name, where it was called, and the macro that called it. */
export interface Frame {
  readonly macro: string;
  readonly calledFrom: Position;
  readonly parent: Frame | undefined;
  readonly depth: number;
}

/** `models/films.sql:12:8`. */
export function formatPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

/** ` (in macro m, called from models/films.sql:3:4)`, and nothing for a place outside macros. */
export function formatFrames(frame: Frame | undefined): string {
  const calls: string[] = [];
  for (let each = frame; each !== undefined && calls.length < 5; each = each.parent) {
    calls.push(`in macro ${each.macro}, called from ${formatPosition(each.calledFrom)}`);
  }
  return calls.length === 0 ? "" : ` (${calls.join(", ")})`;
}

/** The position that lies behind `text` when `text` begins at `start`. */
export function positionAfter(start: Position, text: string): Position {
  const lastNewline = text.lastIndexOf("\n");
  if (lastNewline < 0) return { ...start, column: start.column + text.length };
  let line = start.line;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) line += 1;
  return { file: start.file, line, column: text.length - lastNewline };
}

/** A text in which positions are looked up by offset. */
export class LineIndex {
  readonly #start: Position;
  readonly #starts: number[] = [0];

  constructor(file: string, text: string, start: Position = { file, line: 1, column: 1 }) {
    this.#start = start;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  position(offset: number): Position {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const { file, line, column } = this.#start;
    return { file, line: line + low, column: offset - (this.#starts[low] ?? 0) + (low === 0 ? column : 1) };
  }
}
