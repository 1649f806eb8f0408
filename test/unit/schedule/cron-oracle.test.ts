import { describe, expect, test } from "vitest";
import { type Cron, parseCron } from "../../../operator/schedule/cron.ts";
import { slotsBetween } from "../../../operator/schedule/slots.ts";
import { ZoneClock } from "../../../operator/schedule/time-zone.ts";

/*
 * The same slots by another way: one goes through every minute of ten years, looks at the clock on the wall, and fires what it
 * shows for the first time or has just left out.
 */

const MINUTE = 60_000;
const FROM = Date.parse("2020-01-01T00:00Z");
const TO = Date.parse("2030-01-01T00:00Z");
const MINUTES = (TO - FROM) / MINUTE;
const DAY_MINUTES = 1440;

/** With summers and without, by half an hour and by two, at midnight and before it, twice a year and four times. */
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "Europe/Dublin",
  "America/New_York",
  "America/St_Johns",
  "America/Havana",
  "America/Santiago",
  "America/Nuuk",
  "America/Asuncion",
  "Atlantic/Azores",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Asia/Beirut",
  "Asia/Gaza",
  "Asia/Tehran",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Antarctica/Troll",
];

interface Sought {
  readonly crons: readonly string[];
  readonly time: (hour: number, minute: number) => boolean;
  readonly day: (date: Date) => boolean;
}

const SOUGHT: readonly Sought[] = [
  { crons: ["*/15 * * * *"], time: (_, minute) => minute % 15 === 0, day: () => true },
  {
    crons: ["30 0,2 * * *", "5 23 * * *"],
    time: (hour, minute) => (minute === 30 && (hour === 0 || hour === 2)) || (hour === 23 && minute === 5),
    day: () => true,
  },
  { crons: ["@daily"], time: (hour, minute) => hour === 0 && minute === 0, day: () => true },
  {
    crons: ["10-50/20 1-3 1,25-31 3,4,9-11 SUN"],
    time: (hour, minute) => hour >= 1 && hour <= 3 && [10, 30, 50].includes(minute),
    day: (date) => {
      const [day, month] = [date.getUTCDate(), date.getUTCMonth() + 1];
      return [3, 4, 9, 10, 11].includes(month) && (day === 1 || day >= 25 || date.getUTCDay() === 0);
    },
  },
];

/** What the wall shows in each minute, in minutes since 1970. Between two looks six hours apart that agree, the clock has run. */
function wallMinutes(timeZone: string): Int32Array {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  const look = (minute: number) => Date.parse(`${format.format(FROM + minute * MINUTE).replace(" ", "T")}Z`) / MINUTE;
  const wall = new Int32Array(MINUTES);
  const stride = 360;
  for (let from = 0; from < MINUTES; from += stride) {
    const to = Math.min(from + stride, MINUTES);
    const first = look(from);
    const runs = look(to) - first === to - from;
    for (let minute = from; minute < to; minute += 1) wall[minute] = runs ? first + minute - from : look(minute);
  }
  return wall;
}

/** The slots of each of them, found in one walk: a bit stands for each. */
function scan(wall: Int32Array, all: readonly Sought[]): readonly (readonly number[])[] {
  const bits = (fires: (one: Sought) => boolean) =>
    all.reduce((mask, one, bit) => mask | (Number(fires(one)) << bit), 0);
  const times = Uint8Array.from({ length: DAY_MINUTES }, (_, minute) =>
    bits(({ time }) => time(Math.floor(minute / 60), minute % 60)),
  );
  const firstDay = Math.floor(FROM / MINUTE / DAY_MINUTES) - 1;
  const days = Uint8Array.from({ length: MINUTES / DAY_MINUTES + 3 }, (_, index) =>
    bits(({ day }) => day(new Date((firstDay + index) * DAY_MINUTES * MINUTE))),
  );
  const slots: readonly number[][] = all.map(() => []);
  let shown = wall[0] ?? 0;
  for (let minute = 1; minute < wall.length; minute += 1) {
    const now = wall[minute] ?? 0;
    let due = 0;
    for (; shown < now; shown += 1) {
      const next = shown + 1;
      due |= (times[next % DAY_MINUTES] ?? 0) & (days[Math.floor(next / DAY_MINUTES) - firstDay] ?? 0);
    }
    if (due === 0) continue;
    for (const [bit, list] of slots.entries()) if ((due & (1 << bit)) !== 0) list.push(FROM + minute * MINUTE);
  }
  return slots;
}

function cron(text: string): Cron {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.cron;
}

describe("ten years of every minute", () => {
  test.each(ZONES)("in %s have the slots that one finds who looks at the clock all the time", (timeZone) => {
    const wall = wallMinutes(timeZone);
    const zone = new ZoneClock(timeZone);
    const slots = scan(wall, SOUGHT);
    for (const [index, sought] of SOUGHT.entries()) {
      const expected = slots[index] ?? [];
      const found = slotsBetween({ crons: sought.crons.map(cron), zone }, FROM, TO - MINUTE);
      const wrong = expected.findIndex((slot, index) => found[index] !== slot);
      const at = (slot: number | undefined) => (slot === undefined ? "none" : new Date(slot).toISOString());
      expect({ cron: sought.crons, slots: found.length, at: at(found[wrong]) }).toEqual({
        cron: sought.crons,
        slots: expected.length,
        at: at(expected[wrong]),
      });
      expect(expected.length).toBeGreaterThan(500);
    }
  });
});
