import { DataError } from "../errors.ts";

/** Throws a DataError unless two counts of the same rows agree. */
export function expectRows(place: string, expected: number, what: string, found: number, where: string): void {
  if (expected === found) return;
  throw new DataError(
    "RowCountMismatch",
    `${place}: ${expected} rows were ${what}, ${found} were ${where}. Nothing has been published`,
  );
}
