/** RFC 3339 in UTC with milliseconds, as statuses carry times. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Milliseconds since the epoch of a time in an object; undefined where there is none, or what stands there is none. */
export function parseTime(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
