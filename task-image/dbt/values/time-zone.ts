import { computed } from "../../jinja/row-values.ts";
import { ObjectValue, type Stored } from "../../jinja/values/value.ts";
import { fail } from "./host-function.ts";
import { pad } from "./wall-clock.ts";

/** Minutes east of Greenwich, and what a zone is called at that time. */
export interface Offset {
  readonly minutes: number;
  readonly name: string;
}

/** A time zone of Python: one with a fixed offset, or one of pytz by its name. */
export abstract class TimeZoneValue extends ObjectValue {
  /** At an instant, in microseconds of UTC since 1970. */
  abstract at(utcMicros: bigint): Offset;
  /**
   * For a wall clock. `isAttached` is how pytz's zones behave that a datetime was given by `tzinfo=`: they have their first offset, the
   * local mean time of the nineteenth century.
   */
  abstract of(localMicros: bigint, isAttached: boolean): Offset;
}

export class FixedZone extends TimeZoneValue {
  readonly #offset: Offset;

  constructor(minutes: number, name = minutes === 0 ? "UTC" : `UTC${offsetText(minutes)}`) {
    super({ typeName: "tzinfo", text: name });
    this.#offset = { minutes, name };
  }

  override at(): Offset {
    return this.#offset;
  }

  override of(): Offset {
    return this.#offset;
  }

  override identity(): string {
    return `zone ${this.#offset.minutes}`;
  }
}

export const UTC = new FixedZone(0);

/** A zone of the IANA database. */
export class NamedZone extends TimeZoneValue {
  readonly zone: string;
  readonly #offsets: Intl.DateTimeFormat;
  readonly #names: Intl.DateTimeFormat;

  constructor(zone: string) {
    super({ typeName: "DstTzInfo", text: zone });
    this.zone = zone;
    this.#offsets = format(zone, "longOffset");
    this.#names = format(zone, "short");
  }

  override get source(): string {
    return `<DstTzInfo '${this.zone}'>`;
  }

  override identity(): string {
    return `zone ${this.zone}`;
  }

  override attribute(name: string): Stored | undefined {
    return name === "zone" ? this.zone : undefined;
  }

  override at(utcMicros: bigint): Offset {
    const date = new Date(Number(utcMicros / 1000n));
    return { minutes: minutesOf(part(this.#offsets, date)), name: part(this.#names, date) };
  }

  override of(localMicros: bigint, isAttached: boolean): Offset {
    if (isAttached) {
      return { minutes: minutesOf(part(this.#offsets, new Date(Date.UTC(1800, 0)))), name: "LMT" };
    }
    const guess = this.at(localMicros);
    return this.at(localMicros - BigInt(guess.minutes) * 60_000_000n);
  }
}

/** The zone of a name. */
export function namedZone(name: string): TimeZoneValue {
  if (/^utc$/i.test(name)) return UTC;
  try {
    return new NamedZone(name);
  } catch {
    return fail(`unknown time zone '${computed(name)}'`);
  }
}

function format(timeZone: string, timeZoneName: "longOffset" | "short"): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName });
}

function part(formatter: Intl.DateTimeFormat, date: Date): string {
  return formatter.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/** `GMT-07:52:58` in whole minutes, as pytz rounds them. */
function minutesOf(offset: string): number {
  const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(offset);
  if (match === null) return 0;
  const minutes = Math.round(Number(match[2]) * 60 + Number(match[3]) + Number(match[4] ?? 0) / 60);
  return match[1] === "-" ? -minutes : minutes;
}

/** `+02:00`. */
export function offsetText(minutes: number, separator = ":"): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}${separator}${pad(size % 60)}`;
}
