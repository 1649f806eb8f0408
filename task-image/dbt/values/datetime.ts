import type { BinaryOperator } from "../../jinja/reading/syntax-tree.ts";
import {
  CallableValue,
  ObjectValue,
  type Stored,
  TupleValue,
  UndefinedValue,
  type Value,
} from "../../jinja/values/value.ts";
import { argument, fail, hostFunction, optional } from "./host-function.ts";
import { formatTime } from "./time-format.ts";
import { type Offset, offsetText, TimeZoneValue, UTC } from "./time-zone.ts";
import { TimedeltaValue } from "./timedelta.ts";
import {
  DAY_MICROS,
  dateText,
  floorDivide,
  isoCalendar,
  microsOf,
  modulo,
  timeText,
  type WallClock,
  wallClockOf,
  weekdayOf,
} from "./wall-clock.ts";

const DATE_PARTS = ["year", "month", "day"] as const;
const TIME_PARTS = ["hour", "minute", "second", "microsecond"] as const;

/** Python's date. */
export class DateValue extends ObjectValue {
  /** Midnight of the day, in microseconds since 1970. */
  readonly micros: bigint;

  constructor(micros: bigint) {
    super({ typeName: "datetime.date" });
    this.micros = floorDivide(micros, DAY_MICROS) * DAY_MICROS;
  }

  override get text(): string {
    return dateText(wallClockOf(this.micros));
  }

  override get source(): string {
    const { year, month, day } = wallClockOf(this.micros);
    return `datetime.date(${year}, ${month}, ${day})`;
  }

  override identity(): string {
    return `date ${this.micros}`;
  }

  override compareTo(other: Value): number | undefined {
    if (!(other instanceof DateValue)) return undefined;
    return this.micros < other.micros ? -1 : Number(this.micros > other.micros);
  }

  override operate(operator: BinaryOperator, other: Value, isRight: boolean): Value | undefined {
    if (other instanceof TimedeltaValue) {
      const days = floorDivide(other.micros, DAY_MICROS) * DAY_MICROS;
      if (operator === "+") return new DateValue(this.micros + days);
      return operator === "-" && !isRight ? new DateValue(this.micros - days) : undefined;
    }
    if (!(other instanceof DateValue) || operator !== "-") return undefined;
    return new TimedeltaValue(isRight ? other.micros - this.micros : this.micros - other.micros);
  }

  override attribute(name: string): Stored | undefined {
    if (name === "replace") {
      return new CallableValue(name, (given) => {
        const parts = DATE_PARTS.map((part, index) => [part, argument(given, index, part)] as const);
        return new DateValue(microsOf({ ...wallClockOf(this.micros), ...changed(parts) }));
      });
    }
    return dateMember(name, this.micros, undefined);
  }
}

/** Python's time of day, with what it prints behind it where it has a zone. */
export class TimeValue extends ObjectValue {
  readonly micros: bigint;
  readonly #suffix: string;

  constructor(micros: bigint, suffix = "") {
    super({ typeName: "datetime.time" });
    this.micros = modulo(micros, DAY_MICROS);
    this.#suffix = suffix;
  }

  override get text(): string {
    return timeText(wallClockOf(this.micros)) + this.#suffix;
  }

  override get source(): string {
    const { hour, minute, second, microsecond } = wallClockOf(this.micros);
    return `datetime.time(${shortened([hour, minute, second, microsecond], 2).join(", ")})`;
  }

  override identity(): string {
    return `time ${this.micros}${this.#suffix}`;
  }

  override compareTo(other: Value): number | undefined {
    if (!(other instanceof TimeValue)) return undefined;
    return this.micros < other.micros ? -1 : Number(this.micros > other.micros);
  }

  override attribute(name: string): Stored | undefined {
    const part = TIME_PARTS.find((each) => each === name);
    if (part !== undefined) return BigInt(wallClockOf(this.micros)[part]);
    if (name === "isoformat") return hostFunction(name, [], () => this.text);
    if (name !== "strftime") return undefined;
    return hostFunction(name, ["format"], (found) => formatTime({ micros: this.micros }, found.text(0)));
  }
}

/** Python's datetime: a wall clock, and the zone that it hangs in if it is aware of one. */
export class DatetimeValue extends ObjectValue {
  /** The wall clock, in microseconds since 1970. */
  readonly micros: bigint;
  readonly zone: TimeZoneValue | undefined;
  readonly offset: Offset | undefined;

  /** `offset` is what the zone has at this time, where the caller knows; the zone is asked otherwise. */
  constructor(micros: bigint, zone?: TimeZoneValue, offset: Offset | undefined = zone?.of(micros, false)) {
    super({ typeName: "datetime.datetime" });
    this.micros = micros;
    this.zone = zone;
    this.offset = offset;
  }

  /** The time of an instant, in microseconds of UTC. */
  static at(utcMicros: bigint, zone: TimeZoneValue): DatetimeValue {
    const offset = zone.at(utcMicros);
    return new DatetimeValue(utcMicros + BigInt(offset.minutes) * 60_000_000n, zone, offset);
  }

  get utcMicros(): bigint {
    return this.micros - BigInt(this.offset?.minutes ?? 0) * 60_000_000n;
  }

  isoText(separator: string): string {
    const clock = wallClockOf(this.micros);
    const suffix = this.offset === undefined ? "" : offsetText(this.offset.minutes);
    return `${dateText(clock)}${separator}${timeText(clock)}${suffix}`;
  }

  override get text(): string {
    return this.isoText(" ");
  }

  override get source(): string {
    const { year, month, day, hour, minute, second, microsecond } = wallClockOf(this.micros);
    const parts = shortened([year, month, day, hour, minute, second, microsecond], 5).map(String);
    return `datetime.datetime(${[...parts, ...(this.zone === undefined ? [] : [`tzinfo=${this.zone.source}`])].join(", ")})`;
  }

  override identity(): string {
    return `datetime ${this.utcMicros} ${this.zone === undefined}`;
  }

  override compareTo(other: Value): number | undefined {
    if (!(other instanceof DatetimeValue) || (this.zone === undefined) !== (other.zone === undefined)) return undefined;
    return this.utcMicros < other.utcMicros ? -1 : Number(this.utcMicros > other.utcMicros);
  }

  override operate(operator: BinaryOperator, other: Value, isRight: boolean): Value | undefined {
    if (other instanceof TimedeltaValue) {
      if (operator === "+") return this.moved(other.micros);
      return operator === "-" && !isRight ? this.moved(-other.micros) : undefined;
    }
    if (!(other instanceof DatetimeValue) || operator !== "-") return undefined;
    if ((this.zone === undefined) !== (other.zone === undefined)) {
      fail("can't subtract offset-naive and offset-aware datetimes");
    }
    return new TimedeltaValue(isRight ? other.utcMicros - this.utcMicros : this.utcMicros - other.utcMicros);
  }

  /** The wall clock moves, and the offset stays, as with pytz. */
  moved(micros: bigint): DatetimeValue {
    wallClockOf(this.micros + micros);
    return new DatetimeValue(this.micros + micros, this.zone, this.offset);
  }

  override attribute(name: string): Stored | undefined {
    const part = TIME_PARTS.find((each) => each === name);
    if (part !== undefined) return BigInt(wallClockOf(this.micros)[part]);
    switch (name) {
      case "date":
        return hostFunction(name, [], () => new DateValue(this.micros));
      case "time":
        return hostFunction(name, [], () => new TimeValue(this.micros));
      case "isoformat":
        return hostFunction(name, ["sep?"], (found) => this.isoText(found.text(0, "T")));
      case "timestamp":
        return hostFunction(name, [], () => Number(this.utcMicros) / 1_000_000);
      case "astimezone":
        return hostFunction(name, ["tz?"], (found) =>
          DatetimeValue.at(this.utcMicros, zoneOf(optional(found, 0)) ?? UTC),
        );
      case "tzinfo":
        return this.zone ?? null;
      case "utcoffset":
        return hostFunction(name, [], () =>
          this.offset === undefined ? null : new TimedeltaValue(BigInt(this.offset.minutes) * 60_000_000n),
        );
      case "tzname":
        return hostFunction(name, [], () => this.offset?.name ?? null);
      case "replace":
        return this.#replace();
      default:
        return dateMember(name, this.micros, this.offset);
    }
  }

  #replace(): CallableValue {
    return new CallableValue("replace", (given) => {
      const names = [...DATE_PARTS, ...TIME_PARTS];
      const parts = names.map((part, index) => [part, argument(given, index, part)] as const);
      const micros = microsOf({ ...wallClockOf(this.micros), ...changed(parts) });
      const zone = argument(given, names.length, "tzinfo");
      return zone === undefined ? new DatetimeValue(micros, this.zone, this.offset) : attached(micros, zoneOf(zone));
    });
  }
}

/** A wall clock with a zone that `tzinfo=` gives it. */
export function attached(micros: bigint, zone: TimeZoneValue | undefined): DatetimeValue {
  return new DatetimeValue(micros, zone, zone?.of(micros, true));
}

export function zoneOf(value: Value | undefined): TimeZoneValue | undefined {
  if (value === undefined || value === null || value instanceof UndefinedValue) return undefined;
  return value instanceof TimeZoneValue ? value : fail("tzinfo argument must be None or of a tzinfo subclass");
}

function changed(parts: readonly (readonly [string, Value | undefined])[]): Partial<WallClock> {
  return Object.fromEntries(
    parts.filter(([, value]) => value !== undefined).map(([name, value]) => [name, Number(value)]),
  );
}

/** Parts without the zeros at their end, but at least `least` of them. */
function shortened(parts: readonly number[], least: number): readonly number[] {
  const last = parts.findLastIndex((part) => part !== 0);
  return parts.slice(0, Math.max(least, last + 1));
}

/** What dates and datetimes share. */
function dateMember(name: string, micros: bigint, offset: Offset | undefined): Stored | undefined {
  const part = DATE_PARTS.find((each) => each === name);
  if (part !== undefined) return BigInt(wallClockOf(micros)[part]);
  switch (name) {
    case "strftime":
      return hostFunction(name, ["format"], (found) => formatTime({ micros, offset }, found.text(0)));
    case "isoformat":
      return hostFunction(name, [], () => dateText(wallClockOf(micros)));
    case "weekday":
      return hostFunction(name, [], () => BigInt(weekdayOf(micros)));
    case "isoweekday":
      return hostFunction(name, [], () => BigInt(weekdayOf(micros) + 1));
    case "isocalendar":
      return hostFunction(name, [], () => new TupleValue(isoCalendar(micros).map(BigInt)));
    case "toordinal":
      return hostFunction(name, [], () => floorDivide(micros, DAY_MICROS) + 719_163n);
    default:
      return undefined;
  }
}
