import { describe, expect, test } from "vitest";
import { type Cron, parseCron } from "../../../operator/schedule/cron.ts";
import { nextSlots, previousSlot, slotsBetween } from "../../../operator/schedule/slots.ts";
import { nearestZone, ZoneClock, zoneClock } from "../../../operator/schedule/time-zone.ts";

function cron(text: string): Cron {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.cron;
}

const timetable = (timeZone: string, ...texts: string[]) => ({ crons: texts.map(cron), zone: new ZoneClock(timeZone) });
const minutes = (slots: readonly number[]) => slots.map((slot) => new Date(slot).toISOString().slice(0, 16));
const between = (table: ReturnType<typeof timetable>, after: string, until: string) =>
  minutes(slotsBetween(table, Date.parse(after), Date.parse(until)));

describe("a change of the clock", () => {
  // On 28 March 2027 Berlin's clocks go from 02:00 to 03:00 (01:00 UTC), on 31 October from 03:00 to 02:00 (01:00 UTC).
  test("a time that it leaves out comes right after it, once however many there are", () => {
    const night = ["2027-03-27T23:00Z", "2027-03-28T12:00Z"] as const;
    expect(between(timetable("Europe/Berlin", "30 2 * * *"), ...night)).toEqual(["2027-03-28T01:00"]);
    expect(between(timetable("Europe/Berlin", "*/15 2,3 * * *"), ...night)).toEqual([
      "2027-03-28T01:00",
      "2027-03-28T01:15",
      "2027-03-28T01:30",
      "2027-03-28T01:45",
    ]);
  });

  test("a time that the clock shows twice comes the first time alone", () => {
    const night = ["2027-10-30T22:00Z", "2027-10-31T03:00Z"] as const;
    expect(between(timetable("Europe/Berlin", "30 2 * * *"), ...night)).toEqual(["2027-10-31T00:30"]);
    expect(between(timetable("Europe/Berlin", "0 * * * *"), ...night)).toEqual([
      "2027-10-30T23:00",
      "2027-10-31T00:00",
      "2027-10-31T02:00",
      "2027-10-31T03:00",
    ]);
  });

  test("in UTC every hour is an hour", () => {
    expect(between(timetable("UTC", "0 * * * *"), "2027-10-30T22:00Z", "2027-10-31T02:00Z")).toHaveLength(4);
  });

  test("a day that a zone leaves out comes when the next one begins", () => {
    // Samoa had no 30 December 2011.
    expect(between(timetable("Pacific/Apia", "0 6 30 * *"), "2011-12-29T10:00Z", "2012-01-01T00:00Z")).toEqual([
      "2011-12-30T10:00",
    ]);
  });
});

test("crons of one schedule are united, and times that they share come once", () => {
  const table = timetable("UTC", "0 6 * * *", "0 */6 * * MON");
  expect(between(table, "2026-12-06T00:00Z", "2026-12-08T00:00Z")).toEqual([
    "2026-12-06T06:00",
    "2026-12-07T00:00",
    "2026-12-07T06:00",
    "2026-12-07T12:00",
    "2026-12-07T18:00",
  ]);
});

test("the slot before is the last one that came earlier, over years and over a clock that was set back past midnight", () => {
  const before = (table: ReturnType<typeof timetable>, at: string) => {
    const slot = previousSlot(table, Date.parse(at));
    return slot === undefined ? undefined : minutes([slot])[0];
  };
  expect(before(timetable("UTC", "0 6 * * *"), "2026-12-01T06:00Z")).toBe("2026-11-30T06:00");
  expect(before(timetable("UTC", "0 0 29 2 *"), "2104-02-29T00:00Z")).toBe("2096-02-29T00:00");
  // Havana's clocks go from 01:00 back to 00:00 on 1 November 2026, at 05:00 UTC; Greenland's from 00:00 back to 23:00.
  expect(before(timetable("America/Havana", "30 0 * * *"), "2026-11-01T05:10Z")).toBe("2026-11-01T04:30");
  expect(before(timetable("America/Nuuk", "0 0 * * *"), "2026-10-25T01:30Z")).toBe("2026-10-24T01:00");
});

test("a slot is after one moment and before the next: none is lost or doubled where a span is cut in two", () => {
  const table = timetable("America/Santiago", "*/30 * * * *");
  const [from, to] = [Date.parse("2026-09-05T00:00Z"), Date.parse("2026-09-08T00:00Z")];
  const whole = slotsBetween(table, from, to);
  expect(whole.length).toBeGreaterThan(140);
  for (let cut = from; cut <= to; cut += 7 * 60_000) {
    expect([...slotsBetween(table, from, cut), ...slotsBetween(table, cut, to)]).toEqual(whole);
  }
  expect(nextSlots(table, from, 5)).toEqual(whole.slice(0, 5));
  for (const [index, slot] of whole.entries()) expect(previousSlot(table, slot)).toBe(whole[index - 1] ?? from);
});

test("a zone is one of the IANA database; a slip finds the name that was meant", () => {
  expect([zoneClock("Europe/Berlin"), zoneClock("europe/berlin"), zoneClock("UTC")]).not.toContain(undefined);
  expect(["Europe/Berln", "Mars/Base", "+01:00", "", "Europe"].map(zoneClock)).toEqual(Array(5).fill(undefined));
  expect(nearestZone("Europe/Berln")).toBe("Europe/Berlin");
  expect(nearestZone("Berlin")).toBe("Europe/Berlin");
  expect(nearestZone("America/New York")).toBe("America/New_York");
  expect(nearestZone("Mars/Olympus")).toBeUndefined();
});
