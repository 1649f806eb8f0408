import { DataError } from "../errors.ts";
import { hidden } from "../words/hidden-text.ts";

const VALUE_LENGTH_MAX = 60;

/** Where a rejected row is, and why: the value and what quotes it are hidden. `reasonOf` answers what of a reason is public. */
export function showReject(
  place: string,
  { value, reason }: { readonly value?: string | undefined; readonly reason: string },
  reasonOf: (reason: string) => string | undefined,
): string {
  const shown = value === undefined ? "" : `${shorten(value)}: `;
  return `${place}: ${hidden(`${shown}${reason}`, reasonOf(reason) ?? "the row cannot be loaded")}`;
}

/** What to do to see the values that a message does not show. */
export const SEE_VALUES =
  "To see the values, raise load.rejects and look into _kelt_rejects, or set spec.logValues and look into the pod's log";

function shorten(value: string): string {
  const shown = JSON.stringify(value);
  return shown.length <= VALUE_LENGTH_MAX ? shown : `${shown.slice(0, VALUE_LENGTH_MAX - 2)}…"`;
}

/** The failure of a load that rejects more rows than may be: `count` in words, the limit that it passes, the first rows as {@link showReject} writes them. */
export function tooManyRejects(
  place: string,
  { count, limit, named }: { readonly count: string; readonly limit: string; readonly named: readonly string[] },
): DataError {
  return new DataError(
    "TooManyRejects",
    `${place}: ${count} rejected and ${limit}; nothing has been published. ${named.join("; ")}. Correct the files, declare other types in load.columns, or raise load.rejects. ${SEE_VALUES}`,
  );
}
