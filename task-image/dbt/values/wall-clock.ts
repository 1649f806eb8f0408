import { fail } from "./host-function.ts";

/** A date and a time of day as people write them, of no time zone. */
export interface WallClock {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
}

export const DAY_MICROS = 86_400_000_000n;
const LOWEST = -62_135_596_800_000_000n;
const HIGHEST = 253_402_300_799_999_999n;
const MIDNIGHT = { hour: 0, minute: 0, second: 0, microsecond: 0 };

const RANGES: readonly (readonly [keyof WallClock, number, number])[] = [
  ["year", 1, 9999],
  ["month", 1, 12],
  ["day", 1, 31],
  ["hour", 0, 23],
  ["minute", 0, 59],
  ["second", 0, 59],
  ["microsecond", 0, 999_999],
];

/** Microseconds from the beginning of 1970. Python's years go from 1 to 9999. */
export function microsOf(parts: Partial<WallClock> & Pick<WallClock, "year" | "month" | "day">): bigint {
  const clock: WallClock = { ...MIDNIGHT, ...parts };
  for (const [name, lowest, highest] of RANGES) {
    if (clock[name] < lowest || clock[name] > highest || !Number.isInteger(clock[name])) {
      fail(`${name} must be in ${lowest}..${highest}, found ${clock[name]}`);
    }
  }
  const date = new Date(0);
  date.setUTCFullYear(clock.year, clock.month - 1, clock.day);
  if (date.getUTCDate() !== clock.day) fail(`day ${clock.day} is out of range for month ${clock.month}`);
  const seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second;
  return BigInt(date.getTime()) * 1000n + BigInt(seconds) * 1_000_000n + BigInt(clock.microsecond);
}

export function wallClockOf(micros: bigint): WallClock {
  if (micros < LOWEST || micros > HIGHEST) fail("date value out of range");
  const date = new Date(Number(floorDivide(micros, 1000n)));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    microsecond: Number(modulo(micros, 1_000_000n)),
  };
}

export function floorDivide(value: bigint, by: bigint): bigint {
  return (value - modulo(value, by)) / by;
}

/** The remainder that is never negative. */
export function modulo(value: bigint, by: bigint): bigint {
  const rest = value % by;
  return rest < 0n ? rest + by : rest;
}

/** From Monday, which is 0. */
export function weekdayOf(micros: bigint): number {
  return Number(modulo(floorDivide(micros, DAY_MICROS) + 3n, 7n));
}

/** From the first of January, which is 1. */
export function dayOfYear(micros: bigint): number {
  const first = microsOf({ year: wallClockOf(micros).year, month: 1, day: 1 });
  return Number((micros - first) / DAY_MICROS) + 1;
}

/** ISO's year, week from 1, and weekday from 1 for Monday. */
export function isoCalendar(micros: bigint): readonly [number, number, number] {
  const weekday = weekdayOf(micros) + 1;
  const thursday = micros + BigInt(4 - weekday) * DAY_MICROS;
  return [wallClockOf(thursday).year, Math.floor((dayOfYear(thursday) - 1) / 7) + 1, weekday];
}

export const pad = (value: number, width = 2) => String(value).padStart(width, "0");

/** `2024-01-31`. */
export function dateText({ year, month, day }: WallClock): string {
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
}

/** `09:05:07`, with microseconds where there are any. */
export function timeText({ hour, minute, second, microsecond }: Omit<WallClock, "year" | "month" | "day">): string {
  return `${pad(hour)}:${pad(minute)}:${pad(second)}${microsecond > 0 ? `.${pad(microsecond, 6)}` : ""}`;
}
