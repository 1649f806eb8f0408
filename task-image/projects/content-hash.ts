import { createHash } from "node:crypto";

/** A hash of values that JSON can write; the same values in another order have another one. */
export function contentHash(values: Iterable<unknown>): string {
  const hash = createHash("sha256");
  for (const value of values) hash.update(`${JSON.stringify(value)}\n`);
  return hash.digest("hex");
}
