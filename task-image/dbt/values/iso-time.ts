import { EvaluationError, endsRendering } from "../../jinja/template-error.ts";
import { DatetimeValue, DateValue, TimeValue } from "./datetime.ts";
import { FixedZone, UTC } from "./time-zone.ts";
import { microsOf } from "./wall-clock.ts";

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATETIME =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-]\d\d(?::\d\d)?)?$/;

/** `2024-01-31`; undefined for anything else. */
export function isoDate(text: string): DateValue | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  return tried(
    () => new DateValue(microsOf({ year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) })),
  );
}

/** `2024-01-31T09:05:07.5+02:00`, also as Postgres prints it; undefined for anything else. */
export function isoDatetime(text: string): DatetimeValue | undefined {
  const match = DATETIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute = 0, second = 0, fraction = "", zone] = match;
  return tried(() => {
    const clock = { year: Number(year), month: Number(month), day: Number(day), hour: Number(hour) };
    const microsecond = Number(fraction.slice(0, 6).padEnd(6, "0"));
    const micros = microsOf({ ...clock, minute: Number(minute), second: Number(second), microsecond });
    return new DatetimeValue(micros, zone === undefined ? undefined : zoneOf(zone));
  });
}

/** A time of day as Postgres prints it; undefined for anything else. */
export function isoTime(text: string): TimeValue | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, hour, minute, second, fraction = "", zone = ""] = match;
  const clock = { hour: Number(hour), minute: Number(minute), second: Number(second) };
  const microsecond = Number(fraction.padEnd(6, "0"));
  const suffix = zone.length === 3 ? `${zone}:00` : zone;
  return tried(() => new TimeValue(microsOf({ year: 1970, month: 1, day: 1, ...clock, microsecond }), suffix));
}

function zoneOf(text: string): FixedZone {
  if (text === "Z") return UTC;
  const digits = text.replaceAll(":", "");
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return minutes === 0 ? UTC : new FixedZone(digits.startsWith("-") ? -minutes : minutes);
}

function tried<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof EvaluationError && !endsRendering(error)) return undefined;
    throw error;
  }
}
