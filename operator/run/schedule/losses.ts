import type { ScheduleStatus } from "../../api/schedule.ts";
import { timeText } from "../time.ts";
import type { Admission, Missed } from "./admission.ts";
import type { ScheduleNote } from "./schedule-facts.ts";
import type { Turns } from "./turns.ts";

/** A slot that gets no run, and why. */
export interface Loss {
  readonly slot: number;
  readonly kind: "missed" | "skipped";
  readonly reason: Missed | Turns["skipped"][number]["why"];
  readonly message: string;
}

const WHY: Readonly<Record<Loss["reason"], string>> = {
  Suspended: "it passed while the schedule was suspended, which catchUp none does not make up for",
  TooLate: "its run could not begin in time (startingDeadline; ten minutes with catchUp none)",
  CaughtUp: "later slots run in its place, as catchUp says",
  NameConflict: "a run of its name exists that the operator did not make for it",
  RunAtWork: "a run was at work, and concurrency is Forbid",
  QueueFull: "as many slots wait as queueLimit allows",
  Replaced: "a later slot takes its place, as concurrency Replace says",
};

interface Decided {
  readonly missed: Admission["missed"];
  readonly turns: Turns;
  /** Slots that have waited for too long. */
  readonly overdue: readonly number[];
  /** Slots whose name another's run has. */
  readonly taken: readonly number[];
}

export function lossesOf({ missed, turns, overdue, taken }: Decided): readonly Loss[] {
  const miss = (slot: number, reason: Missed): Loss => ({ slot, kind: "missed", reason, message: WHY[reason] });
  return [
    ...missed.map(({ slot, why }) => miss(slot, why)),
    ...overdue.map((slot) => miss(slot, "TooLate")),
    ...taken.map((slot) => miss(slot, "NameConflict")),
    ...turns.skipped.map(({ slot, why }): Loss => ({ slot, kind: "skipped", reason: why, message: WHY[why] })),
  ];
}

interface Noted {
  readonly losses: readonly Loss[];
  readonly turns: Turns;
  readonly before: ScheduleStatus;
}

/** One note for each reason, however many slots it is about. */
export function notesOf({ losses, turns, before }: Noted): readonly ScheduleNote[] {
  const lost = [...Map.groupBy(losses, ({ reason }) => reason).values()].map((alike): ScheduleNote => {
    const [first] = alike;
    const slots = alike.map(({ slot }) => slot);
    const reason = first?.kind === "skipped" ? "SlotSkipped" : "SlotMissed";
    return { reason, message: `${spanOf(slots)}: ${first?.message ?? ""}` };
  });
  const waits = turns.waiting.filter((slot) => before.waiting?.includes(timeText(slot)) !== true);
  const queued: ScheduleNote[] =
    waits.length === 0
      ? []
      : [
          {
            reason: "SlotWaits",
            message: `${spanOf(waits)}: waits until no run is at work; ${turns.waiting.length} wait`,
          },
        ];
  const replaced = turns.cancel.map(
    ({ name }): ScheduleNote => ({
      reason: "RunReplaced",
      message: `run ${name} is cancelled, because the next slot has come and concurrency is Replace`,
    }),
  );
  return [...lost, ...queued, ...replaced];
}

function spanOf(slots: readonly number[]): string {
  const [first, last] = [Math.min(...slots), Math.max(...slots)];
  if (slots.length === 1) return `slot ${timeText(first)}`;
  return `${slots.length} slots from ${timeText(first)} to ${timeText(last)}`;
}
