import type { BoundArguments } from "../../jinja/running/parameters.ts";
import type { CallableValue, Stored, Value } from "../../jinja/values/value.ts";
import { hidden } from "../../words/hidden-text.ts";
import { attached, DatetimeValue, DateValue, TimeValue, zoneOf } from "./datetime.ts";
import { fail, hostFunction, MembersValue, optional } from "./host-function.ts";
import { isoDate, isoDatetime } from "./iso-time.ts";
import { parseTime } from "./time-format.ts";
import { FixedZone, namedZone, type Offset, TimeZoneValue, UTC } from "./time-zone.ts";
import { TIMEDELTA_TYPE, TimedeltaValue } from "./timedelta.ts";
import { microsOf } from "./wall-clock.ts";

/** Microseconds of UTC since 1970. */
export type Clock = () => bigint;

function clockParts(found: BoundArguments, from: number) {
  const [hour, minute] = [found.integer(from, 0), found.integer(from + 1, 0)];
  return { hour, minute, second: found.integer(from + 2, 0), microsecond: found.integer(from + 3, 0) };
}

function dateParts(found: BoundArguments) {
  return { year: found.integer(0), month: found.integer(1), day: found.integer(2) };
}

function datetimeType(clock: Clock): MembersValue {
  const make = hostFunction(
    "datetime",
    ["year", "month", "day", "hour?", "minute?", "second?", "microsecond?", "tzinfo?"],
    (found) => attached(microsOf({ ...dateParts(found), ...clockParts(found, 3) }), zoneOf(optional(found, 7))),
  );
  const now = (zone: Value | undefined) => {
    const found = zoneOf(zone);
    return found === undefined ? new DatetimeValue(clock()) : DatetimeValue.at(clock(), found);
  };
  return new MembersValue(
    "type",
    {
      now: () => hostFunction("now", ["tz?"], (found) => now(optional(found, 0))),
      utcnow: () => hostFunction("utcnow", [], () => now(undefined)),
      today: () => hostFunction("today", [], () => now(undefined)),
      strptime: () => strptime(),
      fromisoformat: () => hostFunction("fromisoformat", ["date_string"], (found) => fromIso(found.text(0))),
      fromtimestamp: () =>
        hostFunction("fromtimestamp", ["timestamp", "tz?"], (found) =>
          fromTimestamp(Number(found.value(0)), optional(found, 1)),
        ),
      combine: () => hostFunction("combine", ["date", "time"], (found) => combine(found.value(0), found.value(1))),
      min: () => new DatetimeValue(microsOf({ year: 1, month: 1, day: 1 })),
      max: () =>
        new DatetimeValue(
          microsOf({ year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59, microsecond: 999_999 }),
        ),
    },
    make,
  );
}

function strptime(): CallableValue {
  return hostFunction("strptime", ["date_string", "format"], (found) => {
    const { micros, offset } = parseTime(found.text(0), found.text(1));
    if (offset === undefined) return new DatetimeValue(micros);
    return new DatetimeValue(micros, offset === 0 ? UTC : new FixedZone(offset));
  });
}

function fromIso(text: string): DatetimeValue {
  const date = isoDate(text);
  return (
    isoDatetime(text) ??
    (date === undefined ? fail(`Invalid isoformat string${hidden(`: '${text}'`)}`) : new DatetimeValue(date.micros))
  );
}

function fromTimestamp(seconds: number, zone: Value | undefined): DatetimeValue {
  const micros = BigInt(Math.round(seconds * 1_000_000));
  const found = zoneOf(zone);
  return found === undefined ? new DatetimeValue(micros) : DatetimeValue.at(micros, found);
}

function combine(date: Value, time: Value): DatetimeValue {
  if (!(date instanceof DateValue) || !(time instanceof TimeValue)) return fail("combine() expects a date and a time");
  return new DatetimeValue(date.micros + time.micros);
}

function dateType(clock: Clock): MembersValue {
  const make = hostFunction("date", ["year", "month", "day"], (found) => new DateValue(microsOf(dateParts(found))));
  return new MembersValue(
    "type",
    {
      today: () => hostFunction("today", [], () => new DateValue(clock())),
      fromisoformat: () =>
        hostFunction("fromisoformat", ["date_string"], (found) => {
          return isoDate(found.text(0)) ?? fail(`Invalid isoformat string${hidden(`: '${found.text(0)}'`)}`);
        }),
      min: () => new DateValue(microsOf({ year: 1, month: 1, day: 1 })),
      max: () => new DateValue(microsOf({ year: 9999, month: 12, day: 31 })),
    },
    make,
  );
}

const TIME_TYPE = new MembersValue(
  "type",
  {},
  hostFunction("time", ["hour?", "minute?", "second?", "microsecond?"], (found) => {
    return new TimeValue(microsOf({ year: 1970, month: 1, day: 1, ...clockParts(found, 0) }));
  }),
);

const TIMEZONE_TYPE = new MembersValue(
  "type",
  { utc: () => UTC },
  hostFunction("timezone", ["offset"], (found) => {
    const offset = found.value(0);
    return offset instanceof TimedeltaValue
      ? new FixedZone(Number(offset.micros / 60_000_000n))
      : fail("expected a timedelta");
  }),
);

/** `modules.datetime`. The local time zone of a task is UTC. */
export function datetimeModule(clock: Clock): MembersValue {
  return new MembersValue("module", {
    datetime: () => datetimeType(clock),
    date: () => dateType(clock),
    time: () => TIME_TYPE,
    timedelta: () => TIMEDELTA_TYPE,
    timezone: () => TIMEZONE_TYPE,
  });
}

/** A zone of pytz: it also gives a wall clock the offset that holds then. */
class PytzZone extends TimeZoneValue {
  readonly #zone: TimeZoneValue;

  constructor(zone: TimeZoneValue) {
    super({ typeName: zone.typeName, text: zone.text });
    this.#zone = zone;
  }

  override get source(): string {
    return this.#zone.source;
  }

  override identity(): string {
    return this.#zone.identity?.() ?? this.text;
  }

  override at(utcMicros: bigint): Offset {
    return this.#zone.at(utcMicros);
  }

  override of(localMicros: bigint, isAttached: boolean): Offset {
    return this.#zone.of(localMicros, isAttached);
  }

  override attribute(name: string): Stored | undefined {
    switch (name) {
      case "localize":
        return hostFunction(
          name,
          ["dt", "is_dst?"],
          (found) => new DatetimeValue(datetimeOf(found.value(0)).micros, this),
        );
      case "normalize":
        return hostFunction(name, ["dt"], (found) => DatetimeValue.at(datetimeOf(found.value(0)).utcMicros, this));
      case "zone":
        return this.text;
      default:
        return this.#zone.attribute(name);
    }
  }
}

function datetimeOf(value: Value): DatetimeValue {
  return value instanceof DatetimeValue ? value : fail("expected a datetime");
}

const PYTZ_UTC = new PytzZone(UTC);

/** `modules.pytz`. */
export const PYTZ = new MembersValue("module", {
  timezone: () => hostFunction("timezone", ["zone"], (found) => new PytzZone(namedZone(found.text(0)))),
  utc: () => PYTZ_UTC,
  UTC: () => PYTZ_UTC,
});
