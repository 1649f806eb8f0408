import { type Data, type DataMap, isMap, own } from "../project/data.ts";

const NO_TIME = { count: null, period: null };

/**
 * The freshness that several places ask for, each over the one before. Null where a place switches it off; undefined where no place
 * says anything.
 */
export function mergedFreshness(layers: readonly (Data | undefined)[]): DataMap | null | undefined {
  const thresholds = layers.map((layer) => (layer === null ? null : wholeThreshold(isMap(layer) ? layer : {})));
  const merged = thresholds.reduce((base, update) => {
    if (base === null) return update !== null && isSet(update) ? update : null;
    return update === null ? null : over(base, update);
  });
  return merged !== null && !isSet(merged) ? undefined : merged;
}

/** With every key that dbt knows. */
export function wholeThreshold(threshold: DataMap): DataMap {
  const time = (key: string) => {
    const found = own(threshold, key);
    return found === null ? null : { ...NO_TIME, ...(isMap(found) ? found : {}) };
  };
  return { warn_after: time("warn_after"), error_after: time("error_after"), filter: own(threshold, "filter") ?? null };
}

function over(base: DataMap, update: DataMap): DataMap {
  return {
    warn_after: timeOver(own(base, "warn_after") ?? null, own(update, "warn_after") ?? null),
    error_after: timeOver(own(base, "error_after") ?? null, own(update, "error_after") ?? null),
    filter: own(update, "filter") ?? own(base, "filter") ?? null,
  };
}

function timeOver(base: Data, update: Data): Data {
  if (update === null) return null;
  return isTime(update) || !isTime(base) ? update : base;
}

function isSet(threshold: DataMap): boolean {
  return isTime(own(threshold, "warn_after") ?? null) || isTime(own(threshold, "error_after") ?? null);
}

function isTime(time: Data): boolean {
  return isMap(time) && (own(time, "count") ?? null) !== null && (own(time, "period") ?? null) !== null;
}
