import { textProblem } from "./decoded-bytes.ts";
import { REJECTED_BYTES_MAX, type RejectedRow } from "./rejected-row.ts";

/** How to find where each row of a {@link RowWriter} ends. */
export interface RowShape {
  readonly file: number;
  readonly delimiter: string;
  /** The rows of a piece, each with its line end. */
  split(piece: Buffer): Iterable<Buffer>;
}

/** A piece as it is when all of it is text. Otherwise it is taken apart, so that only the rows with other bytes are rejected. */
export function* textRows(piece: Buffer, shape: RowShape, reject: (row: RejectedRow) => void): Generator<Buffer> {
  if (piece.length === 0) return;
  if (textProblem(piece) === undefined) {
    yield piece;
    return;
  }
  for (const row of shape.split(piece)) {
    const problem = textProblem(row);
    if (problem === undefined) yield row;
    else reject(rejectedBytes(row, shape, problem));
  }
}

function rejectedBytes(row: Buffer, { file, delimiter }: RowShape, problem: string): RejectedRow {
  const [, line = "0", ...rest] = row.toString("latin1").split(delimiter);
  const value = rest.join(delimiter).replaceAll("\0", "\\0").slice(0, REJECTED_BYTES_MAX).trimEnd();
  return { file, line: Number(line), value, reason: `expected text, found ${problem}` };
}
