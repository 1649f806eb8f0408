/*
 * Versions as dbt writes and compares them: `dbt_common/semver.py`. It is semantic versioning with liberties: the dash before a prerelease
 * may be left out, the build counts for nothing, and what a bound compares to depends on which bound it is.
 */

export const MATCHERS = [">=", ">", "<=", "<", "="] as const;
export type Matcher = (typeof MATCHERS)[number];

/** A version, or a bound of versions: `1.2.3`, `>=1.2.3-rc1`. */
export interface Version {
  readonly matcher: Matcher;
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint];
  readonly prerelease?: string;
  readonly build?: string;
}

const NUMBER = "(0|[1-9]\\d*)";
const PART = "(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const BUILD = "[0-9A-Za-z-]*";
const VERSION = new RegExp(
  `^(>=|>|<=|<|=)?${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-?(${PART}(?:\\.${PART})*))?(?:\\+(${BUILD}(?:\\.${BUILD})*))?\\n?$`,
);
/** Longer ones are nobody's, and would be compared digit by digit. */
const LENGTH_MAX = 256;

/** A version as it is written; undefined for any other text. */
export function parseVersion(text: string): Version | undefined {
  const found = text.length > LENGTH_MAX ? null : VERSION.exec(text);
  if (found === null) return undefined;
  const [, matcher = "=", major = "", minor = "", patch = "", prerelease, build] = found;
  return {
    matcher: matcher as Matcher,
    numbers: [BigInt(major), BigInt(minor), BigInt(patch)],
    ...(prerelease === undefined ? {} : { prerelease }),
    ...(build === undefined ? {} : { build }),
  };
}

/** `>=1.2.3-rc1`; an exact one begins with `=`, as dbt's messages have it. */
export function formatVersion({ matcher, numbers, prerelease = "", build = "" }: Version): string {
  const pre = prerelease === "" ? "" : `-${prerelease}`;
  return `${matcher}${numbers.join(".")}${pre}${build === "" ? "" : `+${build}`}`;
}

export type Order = -1 | 0 | 1;

/** How two versions or bounds stand to each other: -1 where the first one is less. Of equal numbers the bounds decide. */
export function compareVersions(one: Version, other: Version): Order {
  for (const [index, number] of one.numbers.entries()) {
    const order = compareValues(number, other.numbers[index] as bigint);
    if (order !== 0) return order;
  }
  return comparePrereleases(one, other) || compareBounds(one.matcher, other.matcher);
}

/** A release is more than its prereleases, but for the bound `<`: `<2.0.0` does not let `2.0.0-rc1` in. */
function comparePrereleases({ matcher, prerelease: one }: Version, { prerelease: other }: Version): Order {
  if (one === undefined && other === undefined) return 0;
  if (one === undefined) return matcher === "<" ? -1 : 1;
  if (other === undefined) return -1;
  const [left, right] = [one.split("."), other.split(".")];
  for (const [index, part] of left.slice(0, right.length).entries()) {
    const order = compareParts(part, right[index] as string);
    if (order !== 0) return order;
  }
  return compareValues(left.length, right.length);
}

/** Numbers come before words. */
function compareParts(one: string, other: string): Order {
  const [isNumber, isOther] = [one, other].map((part) => /^\d+$/.test(part));
  if (isNumber && isOther) return compareValues(BigInt(one), BigInt(other));
  if (isNumber) return -1;
  return isOther ? 1 : compareValues(one, other);
}

export function isLowerBound({ matcher }: Version): boolean {
  return matcher === ">" || matcher === ">=";
}

export function isUpperBound({ matcher }: Version): boolean {
  return matcher === "<" || matcher === "<=";
}

/** Of bounds with the same version. */
function compareBounds(one: Matcher, other: Matcher): Order {
  const pair = `${one} ${other}`;
  if (pair === ">= <=" || pair === "<= >=") return 0;
  const [isLower, isUpper] = [one.startsWith(">"), one.startsWith("<")];
  if (pair === "< <=" || pair === ">= >" || (isUpper && other.startsWith(">"))) return -1;
  if (pair === "<= <" || pair === "> >=" || (isLower && other.startsWith("<"))) return 1;
  return 0;
}

function compareValues<T extends bigint | number | string>(one: T, other: T): Order {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
