const DIGITS = /^\d+$/;

/**
 * Negative when `a` is older than `b`, zero when they are the same, positive when newer. Only versions of one resource
 * can be compared (KEP-5504). Throws a RangeError for what is not a number: such a server breaks the API's contract.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (!DIGITS.test(a) || !DIGITS.test(b)) {
    throw new RangeError(
      `expected resourceVersions made of digits, found ${JSON.stringify(a)} and ${JSON.stringify(b)}`,
    );
  }
  // The API promises digits, not a bound of 2^53, above which a Number calls neighbours equal.
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
