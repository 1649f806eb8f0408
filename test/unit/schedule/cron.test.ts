import { expect, test } from "vitest";
import { parseCron } from "../../../operator/schedule/cron.ts";
import { nextSlots } from "../../../operator/schedule/slots.ts";
import { ZoneClock } from "../../../operator/schedule/time-zone.ts";

const UTC = new ZoneClock("UTC");

/** The first times of a cron after a moment, to the minute. */
function times(text: string, after = "2026-12-01T00:00Z", count = 3): string[] {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.message);
  const slots = nextSlots({ crons: [parsed.cron], zone: UTC }, Date.parse(after), count);
  return slots.map((slot) => new Date(slot).toISOString().slice(0, 16));
}

test.each([
  ["0 6 * * *", ["2026-12-01T06:00", "2026-12-02T06:00", "2026-12-03T06:00"]],
  ["  0  6\t* * * ", ["2026-12-01T06:00", "2026-12-02T06:00", "2026-12-03T06:00"]],
  ["*/20 * * * *", ["2026-12-01T00:20", "2026-12-01T00:40", "2026-12-01T01:00"]],
  ["5/20 3 * * *", ["2026-12-01T03:05", "2026-12-01T03:25", "2026-12-01T03:45"]],
  ["0 9-17/4 * * *", ["2026-12-01T09:00", "2026-12-01T13:00", "2026-12-01T17:00"]],
  ["0,30 0 1 JAN,jul *", ["2027-01-01T00:00", "2027-01-01T00:30", "2027-07-01T00:00"]],
  ["0 0 * * Mon-FRI", ["2026-12-02T00:00", "2026-12-03T00:00", "2026-12-04T00:00"]],
  ["0 0 * * SAT-SUN", ["2026-12-05T00:00", "2026-12-06T00:00", "2026-12-12T00:00"]],
  ["0 0 * * 7", ["2026-12-06T00:00", "2026-12-13T00:00", "2026-12-20T00:00"]],
  ["0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]],
  ["@hourly", ["2026-12-01T01:00", "2026-12-01T02:00", "2026-12-01T03:00"]],
  ["@daily", ["2026-12-02T00:00", "2026-12-03T00:00", "2026-12-04T00:00"]],
  ["@weekly", ["2026-12-06T00:00", "2026-12-13T00:00", "2026-12-20T00:00"]],
  ["@Monthly", ["2027-01-01T00:00", "2027-02-01T00:00", "2027-03-01T00:00"]],
  ["@yearly", ["2027-01-01T00:00", "2028-01-01T00:00", "2029-01-01T00:00"]],
])("%s comes at %j", (text, expected) => {
  expect(times(text)).toEqual(expected);
});

test("a date or a weekday is enough where both are named, as in Vixie's cron, and a field that begins with a star names nothing", () => {
  expect(times("0 0 1,15 * MON", "2026-12-01T00:00Z", 4)).toEqual([
    "2026-12-07T00:00",
    "2026-12-14T00:00",
    "2026-12-15T00:00",
    "2026-12-21T00:00",
  ]);
  expect(times("0 0 */2 * MON", "2026-12-01T00:00Z", 3)).toEqual([
    "2026-12-07T00:00",
    "2026-12-21T00:00",
    "2027-01-11T00:00",
  ]);
});

test.each([
  ["61 * * * *", "field 1 (minute), character 1: expected minute from 0 to 59, found 61"],
  ["0 6,24 * * *", "field 2 (hour), character 5: expected hour from 0 to 23, found 24"],
  ["0 6 0 * *", "field 3 (day of month), character 5: expected day of month from 1 to 31, found 0"],
  ["0 6 * Foo *", "field 4 (month), character 7: expected month from 1 to 12 or a name such as feb, found Foo"],
  [
    "0 6 * * tuesday",
    "field 5 (day of week), character 9: expected day of week from 0 to 7 or a name such as mon, found tuesday; did you mean tue?",
  ],
  ["0 22-2 * * *", "field 2 (hour), character 6: the range 22-2 ends before it begins: write 22-23,0-2"],
  ["*/0 * * * *", "field 1 (minute), character 3: expected a step from 1 to 59, found 0"],
  ["*/5/2 * * * *", "field 1 (minute), character 1: a step is one number after one slash, such as */15"],
  ["1,,2 * * * *", "field 1 (minute), character 3: a list has a value before and after each comma"],
  ["- * * * *", "field 1 (minute), character 1: expected *, a value or a range such as 0-59, found -"],
  ["0 0 ? * MON", "field 3 (day of month), character 5: `?` is Quartz's word for any day: write *"],
  ["0 0 L * *", "`L` (the last day) is not supported"],
  ["0 0 15W * *", "`W` (the nearest weekday) is not supported"],
  ["0 0 * * 5L", "`L` (the last day) is not supported"],
  ["0 0 * * MON#1", "`#` (the nth weekday of a month) is not supported"],
  ["H * * * *", "`H` is Jenkins' word for any time"],
  ["0 0 12 * * *", "expected five fields: minute, hour, day of month, month, day of week, found 6; seconds and years"],
  ["0 0 12 * * * 2026", "found 7; seconds and years (Quartz) are not supported"],
  ["0 12", "day of week, found 2"],
  ["", "day of week, found 0"],
  ["TZ=Europe/Berlin 0 6 * * *", "set the zone with schedule.timeZone"],
  ["@reboot", "@reboot is not supported: there are @yearly, @annually, @monthly"],
  ["@every 5m", "@every is not supported"],
  ["@dayly", "@dayly is unknown: there are @yearly"],
  ["0 0 30 2 *", "no such day ever comes"],
  ["0 0 31 4,6,9,11 *", "no such day ever comes"],
])("%j is refused: %s", (text, message) => {
  expect(parseCron(text)).toEqual({ ok: false, message: expect.stringContaining(message) });
});
