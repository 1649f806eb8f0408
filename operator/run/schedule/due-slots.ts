import { durationMs } from "../../api/duration.ts";
import { nextSlots, slotsBefore } from "../../schedule/slots.ts";
import type { ScheduleFacts } from "./schedule-facts.ts";
import { slotDelay } from "./slot-run.ts";

/** Slots that a decision looks at, the latest: those before them are missed, and are not counted one by one. */
export const DUE_MAX = 1_000;
/** How late a run may begin where the schedule says neither a deadline nor that it catches up. */
export const ON_TIME_MS = 600_000;

/** When the run of a slot is to begin: at the slot, or after its jitter. */
export function dueAt({ schedule, pipeline, timetable }: ScheduleFacts, slot: number): number {
  const jitter = schedule.jitter === undefined ? 0 : durationMs(schedule.jitter);
  if (jitter === 0) return slot;
  const [next = slot] = nextSlots(timetable, slot, 1);
  return slot + slotDelay(pipeline, slot, jitter, next);
}

/** The slots after `since` whose time has come, ascending. Their number is bounded: of more the latest are there. */
export function dueSlots(facts: ScheduleFacts, since: number): number[] {
  const slots: number[] = [];
  for (const slot of slotsBefore(facts.timetable, facts.now + 1)) {
    if (slot <= since || slots.length >= DUE_MAX) break;
    // A jitter ends before the next slot: only the latest can still have to wait.
    if (slots.length === 0 && dueAt(facts, slot) > facts.now) continue;
    slots.push(slot);
  }
  return slots.reverse();
}

/** How late the run of a slot may begin, in ms, whatever it waits for; nothing where there is no such limit. */
export function deadlineOf({ schedule: { startingDeadline } }: ScheduleFacts): number | undefined {
  return startingDeadline === undefined ? undefined : durationMs(startingDeadline);
}
