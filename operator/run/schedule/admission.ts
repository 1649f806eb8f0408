import { deadlineOf, dueAt, dueSlots, ON_TIME_MS } from "./due-slots.ts";
import type { ScheduleFacts } from "./schedule-facts.ts";

/*
 * Which slots that have come are to have a run. It follows from the slots and the clock alone, never from the runs that are there, so
 * that whoever decides again after a crash comes to the same.
 *
 * | of the slots since the last decision              | none      | last          | all                          |
 * |---------------------------------------------------|-----------|---------------|------------------------------|
 * | came while the schedule was suspended             | missed    | as below      | as below                     |
 * | later than startingDeadline (none: 10 minutes)    | missed    | missed if set | missed if set                |
 * | the latest of the rest                            | admitted  | admitted      | admitted                     |
 * | those before it                                   | missed    | missed        | admitted, up to catchUpLimit |
 */

export type Missed = "Suspended" | "TooLate" | "CaughtUp" | "NameConflict";

export interface Admission {
  /** Slots that are to have a run, ascending. */
  readonly admitted: readonly number[];
  readonly missed: readonly { readonly slot: number; readonly why: Missed }[];
  /** Everything until then is decided. */
  readonly until: number;
}

/** `since`: everything until then was decided before. `resumed`: the schedule was suspended until now. */
export function admitSlots(facts: ScheduleFacts, since: number, resumed: boolean): Admission {
  const due = dueSlots(facts, since);
  const until = due.at(-1) ?? since;
  const { catchUp, catchUpLimit } = facts.schedule;
  const missed = (slots: readonly number[], why: Missed) => slots.map((slot) => ({ slot, why }));
  if (resumed && catchUp === "none") return { admitted: [], missed: missed(due, "Suspended"), until };
  const lateMax = deadlineOf(facts) ?? (catchUp === "none" ? ON_TIME_MS : undefined);
  const isLate = (slot: number) => lateMax !== undefined && facts.now - dueAt(facts, slot) > lateMax;
  const rest = due.filter((slot) => !isLate(slot));
  const taken = rest.slice(-(catchUp === "all" ? catchUpLimit : 1));
  return {
    admitted: taken,
    missed: [
      ...missed(due.filter(isLate), "TooLate"),
      ...missed(rest.slice(0, rest.length - taken.length), "CaughtUp"),
    ],
    until,
  };
}
