import type { Schedule } from "../api/schedule.ts";
import { type Cron, parseCron } from "./cron.ts";
import { nearestZone, type ZoneClock, zoneClock } from "./time-zone.ts";

/** When a pipeline is to run: at the times of all its crons together, by the clock of one zone. */
export interface Timetable {
  readonly crons: readonly Cron[];
  readonly zone: ZoneClock;
}

export type ReadTimetable =
  | { readonly ok: true; readonly timetable: Timetable }
  | {
      readonly ok: false;
      readonly problems: readonly {
        /** From the schedule on. */
        readonly field: readonly (string | number)[];
        readonly message: string;
      }[];
    };

/** What a schedule says of its times, or everything that is wrong with that. */
export function readTimetable(said: Pick<Schedule, "cron" | "crons" | "timeZone">): ReadTimetable {
  const texts = said.cron === undefined ? (said.crons ?? []) : [said.cron];
  const parsed = texts.map((text, index) => {
    const field = said.cron === undefined ? ["crons", index] : ["cron"];
    return { field, ...parseCron(text) };
  });
  const problems = parsed.flatMap((one) => (one.ok ? [] : [{ field: one.field, message: one.message }]));
  const zone = zoneClock(said.timeZone);
  if (zone === undefined || problems.length > 0) {
    return { ok: false, problems: [...problems, ...(zone === undefined ? [unknownZone(said.timeZone)] : [])] };
  }
  return { ok: true, timetable: { crons: parsed.flatMap((one) => (one.ok ? [one.cron] : [])), zone } };
}

function unknownZone(timeZone: string) {
  const near = nearestZone(timeZone);
  const advice = near === undefined ? "write one such as Europe/Berlin or UTC" : `did you mean ${near}?`;
  return { field: ["timeZone"], message: `no zone of the IANA database is called ${timeZone}; ${advice}` };
}
