/** RFC 3339 in UTC with milliseconds, as statuses carry times. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Milliseconds since the epoch of a time in an object; undefined where there is none, or what stands there is none. */
export function parseTime(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The first of several times, of which any may be missing. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** When to look again, as a decision says it: at the first of these times; nothing where there is none, or one is no time. */
export function wakeAtFirst(...times: readonly (number | undefined)[]): { readonly wakeAt?: number } {
  const wakeAt = earliest(...times);
  return wakeAt !== undefined && Number.isFinite(wakeAt) ? { wakeAt } : {};
}
