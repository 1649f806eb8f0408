import type { Version } from "./node.ts";

/** As dbt compares versions: numbers where both are numbers, text otherwise. */
export function compareVersions(left: Version, right: Version): number {
  const [first, second] = [Number(left), Number(right)];
  if (!Number.isNaN(first) && !Number.isNaN(second)) return first - second;
  return String(left) === String(right) ? 0 : String(left) < String(right) ? -1 : 1;
}
