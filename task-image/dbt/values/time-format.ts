import { computed } from "../../jinja/row-values.ts";
import { hidden } from "../../words/hidden-text.ts";
import { fail } from "./host-function.ts";
import { offsetText } from "./time-zone.ts";
import {
  dateText,
  dayOfYear,
  isoCalendar,
  microsOf,
  pad,
  timeText,
  type WallClock,
  wallClockOf,
  weekdayOf,
} from "./wall-clock.ts";

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ");

export interface Formatted {
  readonly micros: bigint;
  readonly offset?: { readonly minutes: number; readonly name: string } | undefined;
}

const CODES: Readonly<Record<string, (clock: WallClock, given: Formatted) => string>> = {
  Y: ({ year }) => String(year),
  y: ({ year }) => pad(year % 100),
  m: ({ month }) => pad(month),
  d: ({ day }) => pad(day),
  e: ({ day }) => String(day).padStart(2),
  H: ({ hour }) => pad(hour),
  I: ({ hour }) => pad(hour % 12 || 12),
  p: ({ hour }) => (hour < 12 ? "AM" : "PM"),
  M: ({ minute }) => pad(minute),
  S: ({ second }) => pad(second),
  f: ({ microsecond }) => pad(microsecond, 6),
  B: ({ month }) => MONTHS[month - 1] ?? "",
  b: ({ month }) => (MONTHS[month - 1] ?? "").slice(0, 3),
  h: ({ month }) => (MONTHS[month - 1] ?? "").slice(0, 3),
  A: (_, { micros }) => DAYS[weekdayOf(micros)] ?? "",
  a: (_, { micros }) => (DAYS[weekdayOf(micros)] ?? "").slice(0, 3),
  w: (_, { micros }) => String((weekdayOf(micros) + 1) % 7),
  u: (_, { micros }) => String(weekdayOf(micros) + 1),
  j: (_, { micros }) => pad(dayOfYear(micros), 3),
  U: (_, { micros }) => pad(Math.floor((dayOfYear(micros) + 6 - ((weekdayOf(micros) + 1) % 7)) / 7)),
  W: (_, { micros }) => pad(Math.floor((dayOfYear(micros) + 6 - weekdayOf(micros)) / 7)),
  G: (_, { micros }) => String(isoCalendar(micros)[0]),
  V: (_, { micros }) => pad(isoCalendar(micros)[1]),
  z: (_, { offset }) => (offset === undefined ? "" : offsetText(offset.minutes, "")),
  Z: (_, { offset }) => offset?.name ?? "",
  F: (clock) => dateText(clock),
  T: (clock) => timeText({ ...clock, microsecond: 0 }),
  D: ({ year, month, day }) => `${pad(month)}/${pad(day)}/${pad(year % 100)}`,
  R: ({ hour, minute }) => `${pad(hour)}:${pad(minute)}`,
  s: (_, { micros, offset }) => String(micros / 1_000_000n - BigInt((offset?.minutes ?? 0) * 60)),
};

/** Python's strftime in the locale C. `%-d` writes no zeros before a number, as the C library of Linux has it. */
export function formatTime(given: Formatted, format: string): string {
  const clock = wallClockOf(given.micros);
  return format.replace(/%(-?)([a-zA-Z%])/g, (all, bare: string, code: string) => {
    if (code === "%") return "%";
    if (code === "c") return formatTime(given, "%a %b %e %H:%M:%S %Y");
    if (code === "x") return formatTime(given, "%m/%d/%y");
    if (code === "X") return formatTime(given, "%H:%M:%S");
    const text = Object.hasOwn(CODES, code) ? CODES[code]?.(clock, given) : undefined;
    if (text === undefined) return all;
    return bare === "" ? text : text.replace(/^0+(?=\d)/, "");
  });
}

const PATTERNS: Readonly<Record<string, string>> = {
  Y: "\\d{4}",
  f: "\\d{1,6}",
  j: "\\d{1,3}",
  p: "[AaPp][Mm]",
  B: MONTHS.join("|"),
  b: MONTHS.map((name) => name.slice(0, 3)).join("|"),
  A: DAYS.join("|"),
  a: DAYS.map((name) => name.slice(0, 3)).join("|"),
  z: "[+-]\\d\\d:?\\d\\d(?::?\\d\\d)?|Z",
  Z: "UTC|GMT|",
};
const TWO_DIGITS = new Set(["y", "m", "d", "H", "I", "M", "S"]);

export interface Parsed {
  readonly micros: bigint;
  /** Minutes east of Greenwich, where the format asks for them. */
  readonly offset: number | undefined;
}

/**
 * Python's strptime: numbers may have fewer digits, names any case.
 *
 * @throws {EvaluationError} for a text that does not match, and a format with a directive that stands twice.
 */
export function parseTime(text: string, format: string): Parsed {
  const codes: string[] = [];
  const pattern = format
    .replace(/%F/g, "%Y-%m-%d")
    .replace(/%T/g, "%H:%M:%S")
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\s+/g, "\\s+")
    .replace(/%([a-zA-Z%])/g, (_, code: string) => {
      if (code === "%") return "%";
      // Python refuses it too. What may have any length must not stand twice: see how many ways there were to share digits.
      if (codes.includes(code)) return fail(`the directive '%${code}' stands twice in format '${computed(format)}'`);
      codes.push(code);
      const digits = TWO_DIGITS.has(code) ? "\\d{1,2}" : PATTERNS[code];
      return digits === undefined
        ? fail(`'${code}' is a bad directive in format '${computed(format)}'`)
        : `(${digits})`;
    });
  const match = new RegExp(`^${pattern}$`, "i").exec(text);
  if (match === null) return fail(`time data ${hidden(`'${text}' `)}does not match format '${computed(format)}'`);
  const found = new Map(codes.map((code, index) => [code, match[index + 1] ?? ""]));
  return { micros: microsOf(clockOf(found)), offset: offsetOf(found.get("z")) };
}

function clockOf(found: ReadonlyMap<string, string>): WallClock {
  const number = (code: string, fallback: number) => Number(found.get(code) ?? fallback);
  const short = number("y", 0);
  const year = found.has("y") ? short + (short < 69 ? 2000 : 1900) : number("Y", 1900);
  const half = found.get("p")?.toLowerCase();
  const hour = found.has("I") ? (number("I", 12) % 12) + (half === "pm" ? 12 : 0) : number("H", 0);
  return {
    year,
    month: monthOf(found) ?? number("m", 1),
    day: number("d", 1),
    hour,
    minute: number("M", 0),
    second: number("S", 0),
    microsecond: Number((found.get("f") ?? "0").padEnd(6, "0")),
  };
}

function monthOf(found: ReadonlyMap<string, string>): number | undefined {
  const name = (found.get("B") ?? found.get("b"))?.slice(0, 3).toLowerCase();
  return name === undefined ? undefined : MONTHS.findIndex((each) => each.toLowerCase().startsWith(name)) + 1;
}

function offsetOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^([+-])(\d\d):?(\d\d)/.exec(text);
  return match === null ? 0 : (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}
