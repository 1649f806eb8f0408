/**
 * A value of YAML, or of a config() call, as plain data: a bigint is Python's int, a number its float, null its None. Dates are
 * text as Python prints them.
 */
export type Data = null | boolean | bigint | number | string | readonly Data[] | DataMap;

export interface DataMap {
  readonly [key: string]: Data;
}

export function isMap(value: unknown): value is DataMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map's own value: a key such as `constructor` finds nothing that nobody wrote. */
export function own(map: DataMap, key: string): Data | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Several maps as one: of equal keys the last one wins. */
export function overlaid(maps: readonly DataMap[]): DataMap {
  return Object.fromEntries(maps.flatMap((map) => Object.entries(map)));
}
