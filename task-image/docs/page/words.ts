/** `1 test`, `1,204 tests`. */
export function counted(count: number, word: string): string {
  return `${numeral(count)} ${word}${count === 1 ? "" : "s"}`;
}

export function numeral(count: number): string {
  return count.toLocaleString("en-US");
}

/** `0.3 s`, `2 min 41 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** How old: `3 days`, `26 h`, `4 min`. */
export function age(seconds: number): string {
  if (seconds >= 172_800) return counted(Math.floor(seconds / 86_400), "day");
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h`;
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min` : `${Math.max(0, Math.floor(seconds))} s`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `1 Dec 2026, 06:01:13 UTC`, of ISO 8601 in UTC. */
export function moment(iso: string): string {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(iso);
  if (found === null) return iso;
  const [, year, month, day, time] = found;
  return `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}, ${time} UTC`;
}
