import { ON_TIME_MS } from "./due-slots.ts";
import type { RunOfPipeline, ScheduleFacts } from "./schedule-facts.ts";

/*
 * Which of the slots that want a run begin now. Slots that waited before come first, then those that were admitted, the oldest first.
 * A run is at work until it has finished, whoever made it.
 *
 * | concurrency | nothing at work                           | a run is at work                                                   |
 * |-------------|-------------------------------------------|--------------------------------------------------------------------|
 * | Allow       | all begin                                 | all begin                                                          |
 * | Queue       | the oldest begins, the others wait        | all wait; beyond the limit the newest are skipped                  |
 * | Forbid      | the oldest begins; the next row for others | skipped; those that catchUp all takes late wait                   |
 * | Replace     | the latest begins, the others are skipped | the latest waits, runs of slots are cancelled, others are skipped  |
 */

export interface Turns {
  readonly begin: readonly number[];
  readonly waiting: readonly number[];
  readonly skipped: readonly { readonly slot: number; readonly why: "RunAtWork" | "QueueFull" | "Replaced" }[];
  readonly cancel: readonly RunOfPipeline[];
}

/** `waited` and `admitted` are ascending and have no run. */
export function takeTurns(facts: ScheduleFacts, waited: readonly number[], admitted: readonly number[]): Turns {
  const wanted = [...new Set([...waited, ...admitted])].sort((a, b) => a - b);
  const busy = facts.runs.some(({ active }) => active);
  switch (facts.schedule.concurrency) {
    case "Allow":
      return { begin: wanted, waiting: [], skipped: [], cancel: [] };
    case "Queue":
      return queue(facts, wanted, busy);
    case "Forbid":
      return forbid(facts, { waited, admitted, wanted, busy });
    case "Replace":
      return replace(facts, wanted, busy);
    default:
      return facts.schedule.concurrency satisfies never;
  }
}

function queue({ schedule }: ScheduleFacts, wanted: readonly number[], busy: boolean): Turns {
  const { catchUp, catchUpLimit, queueLimit } = schedule;
  const [begin, rest] = busy ? [[], wanted] : [wanted.slice(0, 1), wanted.slice(1)];
  const room = catchUp === "all" ? Math.max(queueLimit, catchUpLimit) : queueLimit;
  const skipped = rest.slice(room).map((slot) => ({ slot, why: "QueueFull" }) as const);
  return { begin, waiting: rest.slice(0, room), skipped, cancel: [] };
}

interface Wanting {
  readonly waited: readonly number[];
  readonly admitted: readonly number[];
  readonly wanted: readonly number[];
  readonly busy: boolean;
}

function forbid({ schedule, now }: ScheduleFacts, { waited, admitted, wanted, busy }: Wanting): Turns {
  const begin = busy ? [] : wanted.slice(0, 1);
  const rest = wanted.slice(begin.length);
  // What passed while nobody looked has no run in its way: it waits for its turn.
  const catchesUp = (slot: number) =>
    waited.includes(slot) || (schedule.catchUp === "all" && (slot !== admitted.at(-1) || now - slot > ON_TIME_MS));
  const skipped = rest.filter((slot) => !catchesUp(slot)).map((slot) => ({ slot, why: "RunAtWork" }) as const);
  return { begin, waiting: rest.filter(catchesUp), skipped, cancel: [] };
}

function replace({ runs }: ScheduleFacts, wanted: readonly number[], busy: boolean): Turns {
  const latest = wanted.slice(-1);
  const skipped = wanted.slice(0, -1).map((slot) => ({ slot, why: "Replaced" }) as const);
  if (!busy || latest.length === 0) return { begin: latest, waiting: [], skipped, cancel: [] };
  const cancel = runs.filter(({ active, ending, bySchedule }) => active && !ending && bySchedule);
  return { begin: [], waiting: latest, skipped, cancel };
}
