/** A row of a file that cannot be loaded, and why, in words that end a sentence "expected …, found …". */
export interface RejectedRow {
  /** Number of the file in the order that the files are read in. */
  readonly file: number;
  /** Line of the file where the row begins, from 1. */
  readonly line: number;
  readonly column?: string;
  /** What stands there, cut where it is long. */
  readonly value: string;
  readonly reason: string;
}

/** Longest value that a reject keeps, in bytes. */
export const REJECTED_BYTES_MAX = 8192;
