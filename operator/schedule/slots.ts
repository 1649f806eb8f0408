import { matchesDay } from "./cron.ts";
import type { Timetable } from "./timetable.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
/** A cron has a time in every 8 years: those without a 29th of February, around 2100. */
const DAYS_MAX = 9 * 366;

/**
 * The slots after `after`, ascending, in milliseconds since the epoch. Slots of several crons that fall on one instant are one slot, and so are
 * those that a change of the clock leaves out together: they come right after it.
 */
export function* slotsAfter(timetable: Timetable, after: number): Generator<number, void> {
  let last = after;
  const first = dayOf(timetable.zone.wallAt(after));
  let idle = 0;
  for (let day = first; idle < DAYS_MAX; day += 1, idle += 1) {
    for (const slot of slotsOfDay(timetable, day)) {
      if (slot <= last) continue;
      idle = 0;
      last = slot;
      yield slot;
    }
  }
}

/** The slots after `after` and until `until`, which belongs to them, ascending. */
export function slotsBetween(timetable: Timetable, after: number, until: number): number[] {
  const slots: number[] = [];
  for (const slot of slotsAfter(timetable, after)) {
    if (slot > until) break;
    slots.push(slot);
  }
  return slots;
}

/** The first `count` slots after `after`. */
export function nextSlots(timetable: Timetable, after: number, count: number): number[] {
  const slots: number[] = [];
  for (const slot of slotsAfter(timetable, after)) {
    if (slots.push(slot) >= count) break;
  }
  return slots;
}

/** The slots before `before`, the latest first, back to the time that the longest pause between two slots takes. */
export function* slotsBefore(timetable: Timetable, before: number): Generator<number, void> {
  let next = before;
  // The wall may have shown the next day already, before its clock was set back.
  let day = dayOf(timetable.zone.wallAt(before)) + 1;
  for (let idle = 0; idle < DAYS_MAX; day -= 1, idle += 1) {
    for (const slot of slotsOfDay(timetable, day).reverse()) {
      if (slot >= next) continue;
      idle = 0;
      next = slot;
      yield slot;
    }
  }
}

/** The last slot before `before`. */
export function previousSlot(timetable: Timetable, before: number): number | undefined {
  const first = slotsBefore(timetable, before).next();
  return first.done === true ? undefined : first.value;
}

/** A day on the wall, counted from 1970-01-01. */
function dayOf(wall: number): number {
  return Math.floor(wall / DAY);
}

/** Ascending; a slot may stand twice. */
function slotsOfDay({ crons, zone }: Timetable, day: number): number[] {
  const matching = crons.filter((cron) => matchesDay(cron, day));
  const times = matching.flatMap(({ hours, minutes }) =>
    hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)),
  );
  if (matching.length > 1) times.sort((a, b) => a - b);
  return times.map((time) => zone.firstAt(day * DAY + time * MINUTE));
}
