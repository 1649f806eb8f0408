import type { CopyCommand } from "./copy-options.ts";

/** A row of an object as COPY finds it. */
export interface FoundRow {
  /** CSV: the line that it begins in; JSON: the last line of the object. */
  readonly line: number;
  readonly raw: string;
  readonly cells: readonly (string | null)[];
  /** What is wrong with the row as a whole. */
  readonly problem?: { readonly code: number; readonly reason: string };
}

/** "Data format parameters", CSV: quotes are doubled within quotes, rows end with LF or CRLF. IGNOREHEADER counts lines. */
export function* csvRows(text: string, copy: CopyCommand): Generator<FoundRow> {
  let line = 1;
  let at = 0;
  for (; line <= copy.ignoreHeader; line += 1) {
    const end = text.indexOf("\n", at);
    at = end < 0 ? text.length : end + 1;
  }
  while (at < text.length) {
    const row = readRecord(text, at, copy.delimiter, copy.quote);
    const raw = text.slice(at, row.end);
    // "Data conversion parameters", NULL AS: it looks at the field without its quotes.
    const cells = row.cells.map((cell) => (cell === copy.null ? null : cell));
    const problem = row.isOpen
      ? { code: 1214, reason: "Delimited value missing end quote" }
      : widthProblem(cells, copy);
    yield { line, raw, cells, ...(problem === undefined ? {} : { problem }) };
    line += raw.split("\n").length;
    at = row.next;
  }
}

/** "Load error reference". */
function widthProblem(cells: readonly unknown[], { columns }: Pick<CopyCommand, "columns">) {
  if (cells.length > columns.length) return { code: 1202, reason: "Extra column(s) found" };
  return cells.length < columns.length ? { code: 1213, reason: "Delimiter not found" } : undefined;
}

function readRecord(text: string, begin: number, delimiter: string, quote: string) {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  let at = begin;
  for (; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoted && character === quote && text.charAt(at + 1) === quote) {
      cell += quote;
      at += 1;
    } else if (character === quote) quoted = !quoted;
    else if (character === delimiter && !quoted) {
      cells.push(cell);
      cell = "";
    } else if (character === "\n" && !quoted) break;
    else cell += character;
  }
  const last = cell.endsWith("\r") && !quoted ? cell.slice(0, -1) : cell;
  return { cells: [...cells, last], end: at, next: at + 1, isOpen: quoted };
}

/** A number of JSON as it is written. */
class Written {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** "COPY from JSON format": objects one after the other; each column is a path, or a key. */
export function* jsonRows(
  text: string,
  { columns, json }: CopyCommand,
  paths: readonly string[] | undefined,
): Generator<FoundRow> {
  for (const { source, line } of topLevelValues(text)) {
    let value: unknown;
    try {
      value = JSON.parse(source, (_key, found: unknown, context?: { source?: string }) =>
        typeof found === "number" ? new Written(context?.source ?? String(found)) : found,
      );
    } catch {
      yield { line, raw: source, cells: [], problem: { code: 1216, reason: "Invalid JSON object" } };
      continue;
    }
    const cells = columns.map((column, index) =>
      textOf(
        paths === undefined ? keyOf(value, column, json.endsWith("ignorecase")) : follow(value, paths[index] ?? ""),
      ),
    );
    yield { line, raw: source, cells };
  }
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Written) return value.text;
  return typeof value === "object"
    ? JSON.stringify(value, (_key, found) => (found instanceof Written ? Number(found.text) : found))
    : String(value);
}

function keyOf(value: unknown, column: string, ignoreCase: boolean): unknown {
  const entries = Object.entries(value as Record<string, unknown>);
  return entries.find(([key]) => key === column || (ignoreCase && key.toLowerCase() === column))?.[1];
}

/** JSONPath expressions: bracket or dot notation. */
function follow(value: unknown, path: string): unknown {
  const steps = path.matchAll(/\['([^']*)'\]|\[([0-9]+)\]|\.([^.[\]]+)/g);
  let found = value;
  for (const [, bracketed, index, dotted] of steps) {
    found = (found as Record<string, unknown> | undefined)?.[bracketed ?? dotted ?? Number(index)];
  }
  return found;
}

function* topLevelValues(text: string): Generator<{ readonly source: string; readonly line: number }> {
  let depth = 0;
  let begin = 0;
  let line = 1;
  for (const { 0: piece, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]\n]|$/gs)) {
    depth += { "{": 1, "[": 1, "}": -1, "]": -1 }[piece] ?? 0;
    const source = text.slice(begin, index + piece.length).trim();
    if (depth <= 0 && source !== "" && /^([}\]\n]|)$/.test(piece)) {
      yield { source, line };
      begin = index + piece.length;
      depth = 0;
    }
    line += piece.split("\n").length - 1;
  }
}
