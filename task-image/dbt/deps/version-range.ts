import { compareVersions, formatVersion, isLowerBound, isUpperBound, type Version } from "./version.ts";

/** Versions between two bounds; an exact version is both. */
export interface VersionRange {
  readonly start?: Version;
  readonly end?: Version;
}

/**
 * What all of these versions and bounds leave, in dbt's way and order: the last one is cut by each of the others. Undefined where they
 * leave nothing.
 */
export function reduceVersions(versions: readonly Version[]): VersionRange | undefined {
  let range: VersionRange | undefined = rangeOf(versions.at(-1));
  for (const version of versions.slice(0, -1)) {
    range = range === undefined ? undefined : reduce(range, rangeOf(version));
  }
  return range;
}

/** Whether a version lies in a range. */
export function isIn(version: Version, { start, end }: VersionRange): boolean {
  return areCompatible([version, start, end].filter((each) => each !== undefined));
}

/** Whether versions and bounds leave anything. */
export function areCompatible(versions: readonly Version[]): boolean {
  return versions.length <= 1 || reduceVersions(versions) !== undefined;
}

/** The greatest of these versions in a range, as it is written. */
export function greatestIn(range: VersionRange, versions: readonly (readonly [Version, string])[]): string | undefined {
  let greatest: readonly [Version, string] | undefined;
  for (const each of versions) {
    if (!isIn(each[0], range)) continue;
    if (greatest === undefined || compareVersions(greatest[0], each[0]) < 0) greatest = each;
  }
  return greatest?.[1];
}

/** `>=1.0.0, <2.0.0`; `ANY` for no bound. */
export function formatRange({ start, end }: VersionRange): string {
  const bounds = [start, end].filter((bound) => bound !== undefined).map(formatVersion);
  return bounds.length === 0 ? "ANY" : bounds.join(", ");
}

function rangeOf(version: Version | undefined): VersionRange {
  if (version === undefined) return {};
  if (isLowerBound(version)) return { start: version };
  return isUpperBound(version) ? { end: version } : { start: version, end: version };
}

function isExact(version: Version | undefined): boolean {
  return version?.matcher === "=";
}

/** What two ranges share; undefined where they share nothing. */
function reduce(one: VersionRange, other: VersionRange): VersionRange | undefined {
  if (isExact(one.start) && isExact(other.start)) {
    const [version, same] = [one.start as Version, other.start as Version];
    return compareVersions(version, same) === 0 ? { start: version, end: version } : undefined;
  }
  const start = tighter(one.start, other.start, "lower");
  const end = tighter(one.end, other.end, "upper");
  if (start === null || end === null) return undefined;
  if (start !== undefined && end !== undefined && compareVersions(start, end) > 0) return undefined;
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

/** The tighter of two bounds of one side; null where one of them is exact and beyond the other. */
function tighter(
  one: Version | undefined,
  other: Version | undefined,
  side: "lower" | "upper",
): Version | undefined | null {
  if (one === undefined || other === undefined) return one ?? other;
  if (isExact(one)) return exactWithin(one, other, side);
  if (isExact(other)) return exactWithin(other, one, side);
  const order = compareVersions(one, other);
  if (side === "lower") return order < 0 ? other : one;
  return order > 0 ? other : one;
}

function exactWithin(exact: Version, bound: Version, side: "lower" | "upper"): Version | null {
  const order = compareVersions(bound, exact);
  const isInside = side === "lower" ? order < 0 : order > 0;
  const isAllowed = order === 0 && bound.matcher === (side === "lower" ? ">=" : "<=");
  return isInside || isAllowed ? exact : null;
}
