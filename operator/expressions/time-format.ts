import { type ZoneClock, zoneClock } from "../schedule/time-zone.ts";

/** Parts of a time that a format may name, as strftime names them. */
const PARTS: Readonly<Record<string, (time: FormattedTime) => string>> = {
  Y: ({ wall }) => String(wall.getUTCFullYear()).padStart(4, "0"),
  y: ({ wall }) => two(wall.getUTCFullYear() % 100),
  m: ({ wall }) => two(wall.getUTCMonth() + 1),
  d: ({ wall }) => two(wall.getUTCDate()),
  j: ({ wall }) =>
    String(Math.floor((wall.getTime() - Date.UTC(wall.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, "0"),
  H: ({ wall }) => two(wall.getUTCHours()),
  M: ({ wall }) => two(wall.getUTCMinutes()),
  S: ({ wall }) => two(wall.getUTCSeconds()),
  F: (time) => formatTime("%Y-%m-%d", time),
  T: (time) => formatTime("%H:%M:%S", time),
  s: ({ instant }) => String(Math.floor(instant / 1000)),
  z: ({ wall, instant }) => offsetText(Math.round((wall.getTime() - instant) / 60_000)),
  "%": () => "%",
};

/** An instant, and what the clock on the wall shows then, as if the wall were in UTC. */
export interface FormattedTime {
  readonly instant: number;
  readonly wall: Date;
}

/** A time by the clock of a zone; one that does not exist counts as UTC. */
export function timeIn(timeZone: string, instant: number): FormattedTime {
  const clock: ZoneClock | undefined = zoneClock(timeZone);
  return { instant, wall: new Date(clock?.wallAt(instant) ?? instant) };
}

export function formatTime(format: string, time: FormattedTime): string {
  return format.replaceAll(/%(.?)/g, (whole, part: string) => PARTS[part]?.(time) ?? whole);
}

/** What is wrong with a format, in a sentence. */
export function formatProblem(format: string): string | undefined {
  const unknown = [...format.matchAll(/%(.?)/g)].find(([, part = ""]) => !Object.hasOwn(PARTS, part));
  if (unknown === undefined) return format === "" ? "a format follows the colon, such as %Y-%m-%d" : undefined;
  const known = Object.keys(PARTS).map((part) => `%${part}`);
  return `a format knows ${known.join(", ")}, found ${unknown[0]}`;
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

function two(part: number): string {
  return String(part).padStart(2, "0");
}
