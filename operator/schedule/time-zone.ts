import { nearestName } from "../api/nearest-name.ts";

/** A stretch of time in which a zone's clock keeps its distance from UTC. `end` does not belong to it. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

const HOUR = 3_600_000;
/** No zone's clock is further from UTC. */
const OFFSET_MAX = 16 * HOUR;
/** The time that one entry of the memory is about. */
const CHUNK = 32 * 24 * HOUR;
/** Clocks that change twice do so weeks apart: those of Morocco before and after Ramadan. */
const SAMPLE = 4 * 24 * HOUR;
/** Some 90 years of one zone. */
const CHUNKS_MAX = 1024;

/** The clock on a wall of a zone, by the data of Intl. Times on the wall are written as milliseconds, as if the wall were in UTC. */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #chunks = new Map<number, readonly Stretch[]>();

  /** Throws a RangeError for a zone that does not exist. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** What the wall shows at an instant. */
  wallAt(instant: number): number {
    const stretch = this.#stretchesAt(instant).find(({ end }) => instant < end);
    return instant + (stretch?.offset ?? 0);
  }

  /**
   * The first instant at which the wall shows `wall` or a later time. A time that the clock leaves out is the moment right after the gap, and of
   * one that it shows twice the first counts: so each time on the wall is one instant, and their order is the same.
   */
  firstAt(wall: number): number {
    for (let from = wall - OFFSET_MAX; ; from += CHUNK) {
      for (const { start, end, offset } of this.#stretchesAt(from)) {
        const instant = Math.max(start, wall - offset);
        if (instant < end) return instant;
      }
    }
  }

  /** The stretches of the chunk that an instant lies in. */
  #stretchesAt(instant: number): readonly Stretch[] {
    const chunk = Math.floor(instant / CHUNK);
    const known = this.#chunks.get(chunk);
    if (known !== undefined) return known;
    if (this.#chunks.size >= CHUNKS_MAX) this.#chunks.clear();
    const found = this.#find(chunk * CHUNK, (chunk + 1) * CHUNK);
    this.#chunks.set(chunk, found);
    return found;
  }

  #find(start: number, end: number): Stretch[] {
    const found: Stretch[] = [];
    let since = start;
    let offset = this.#offsetAt(start);
    for (let sample = start; sample < end; sample += SAMPLE) {
      const next = Math.min(sample + SAMPLE, end);
      const after = this.#offsetAt(next);
      if (after === offset) continue;
      const change = this.#changeBetween(sample, next, offset);
      if (change > since) found.push({ start: since, end: change, offset });
      since = change;
      offset = after;
    }
    if (since < end) found.push({ start: since, end, offset });
    return found;
  }

  /** The first second at which the distance is not `offset` any more. */
  #changeBetween(from: number, to: number, offset: number): number {
    let [before, after] = [from / 1000, to / 1000];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offsetAt(middle * 1000) === offset) before = middle;
      else after = middle;
    }
    return after * 1000;
  }

  #offsetAt(instant: number): number {
    const shown = this.#format.format(instant).match(/\d+/g)?.map(Number) ?? [];
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = shown;
    return Date.UTC(year, month - 1, day, hour, minute, second) - instant;
  }
}

/** The clocks of the zones that were asked for; there are some 600 names of zones. */
const CLOCKS = new Map<string, ZoneClock>();

/** The clock of a zone of the IANA database, such as `Europe/Berlin`; undefined where no zone is called so. */
export function zoneClock(timeZone: string): ZoneClock | undefined {
  // Intl takes distances such as +01:00 too: they are no zones and know no summer.
  if (!/^[A-Za-z]/.test(timeZone)) return undefined;
  const key = timeZone.toLowerCase();
  const known = CLOCKS.get(key);
  if (known !== undefined) return known;
  try {
    const clock = new ZoneClock(timeZone);
    CLOCKS.set(key, clock);
    return clock;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The name of the zone that somebody may have meant. */
export function nearestZone(timeZone: string): string | undefined {
  const names = [...Intl.supportedValuesOf("timeZone"), "UTC"];
  const wanted = timeZone.toLowerCase().replaceAll(/[ -]/g, "_");
  const city = names.find((name) => name.toLowerCase().split("/").at(-1) === wanted.split("/").at(-1));
  const slip = nearestName(wanted, names);
  // Words that begin alike are near for fields, and there are fifty zones of Europe.
  return city ?? (slip?.split("/").length === timeZone.split("/").length ? slip : undefined);
}
