import type { Schedule, ScheduleStatus } from "../../api/schedule.ts";
import { NEXT_MAX } from "../../api/schedule.ts";
import { withTimes } from "../../params/resolve-params.ts";
import { nextSlots, previousSlot } from "../../schedule/slots.ts";
import { parseTime, timeText, wakeAtFirst } from "../time.ts";
import { type Admission, admitSlots } from "./admission.ts";
import { digest32 } from "./digest.ts";
import { deadlineOf, dueAt } from "./due-slots.ts";
import { type Loss, lossesOf, notesOf } from "./losses.ts";
import type { ScheduleDecision, ScheduleFacts, SlotToBegin } from "./schedule-facts.ts";
import { slotRunName } from "./slot-run.ts";
import { takeTurns } from "./turns.ts";

/*
 * A slot goes one way: it comes (`due-slots.ts`), it is admitted or missed (`admission.ts`), it begins, waits or is skipped
 * (`turns.ts`). Its run is made before the status says so. Until the status does, the slot is decided again, and its run is found by its name.
 *
 * | what is true                                         | slots are decided from                                        |
 * |------------------------------------------------------|---------------------------------------------------------------|
 * | the status speaks of these crons and this zone       | `decidedUntil`                                                |
 * | and is more than a day ahead of the clock            | now: the clock had been wrong                                 |
 * | the Pipeline is new, and its status was never written | its creation, or now where another clock says later           |
 * | the crons, the zone or the whole schedule are new    | now                                                           |
 */

const CLOCK_WRONG_MS = 86_400_000;

/** Which slots get a run now, and what the status says of the others. */
export function decideSchedule(facts: ScheduleFacts): ScheduleDecision {
  const { now, stored, suspended, schedule } = facts;
  const since = decidedUntil(facts);
  const timetable = timetableText(schedule);
  const waited = (stored.waiting ?? []).flatMap((time) => parseTime(time) ?? []);
  if (suspended) {
    const { next: _, ...rest } = stored;
    const suspendedSince = stored.suspendedSince ?? timeText(now);
    const status = { ...rest, timetable, decidedUntil: timeText(since), suspendedSince, next: [] };
    return { status, begin: [], cancel: [], notes: [] };
  }
  const admission = admitSlots(facts, since, stored.suspendedSince !== undefined);
  return decideSlots(facts, waited, admission);
}

function decideSlots(facts: ScheduleFacts, waited: readonly number[], admission: Admission): ScheduleDecision {
  const { stored, timetable, pipeline, occupied } = facts;
  const slots = new Map(facts.runs.map(({ name, scheduled }) => [name, scheduled]));
  const hasRun = (slot: number) => slots.get(slotRunName(pipeline.name, slot)) === slot;
  const wanted = [...waited, ...admission.admitted];
  const overdue = overdueSlots(
    facts,
    waited.filter((slot) => !hasRun(slot)),
  );
  const free = (slot: number) => !hasRun(slot) && !occupied.has(slot) && !overdue.includes(slot);
  const turns = takeTurns(facts, waited.filter(free), admission.admitted.filter(free));
  const missed = admission.missed.filter(({ slot }) => !hasRun(slot));
  const losses = lossesOf({ missed, turns, overdue, taken: wanted.filter((slot) => occupied.has(slot)) });
  const begun = [...wanted, ...admission.missed.map(({ slot }) => slot)].filter(
    (slot) => hasRun(slot) || turns.begin.includes(slot),
  );
  const next = nextSlots(timetable, admission.until, NEXT_MAX);
  const status = statusOf(
    { stored, losses, begun },
    {
      timetable: timetableText(facts.schedule),
      decidedUntil: timeText(admission.until),
      next: next.map(timeText),
      waiting: turns.waiting.map(timeText),
    },
  );
  const deadline = deadlineOf(facts);
  const expiries = deadline === undefined ? [] : turns.waiting.map((slot) => dueAt(facts, slot) + deadline + 1);
  return {
    status,
    begin: turns.begin.map((slot) => slotToBegin(facts, slot)),
    cancel: turns.cancel.map(({ name, uid }) => ({ name, uid })),
    notes: notesOf({ losses, turns, before: stored }),
    ...wakeAtFirst(...next.slice(0, 1).map((slot) => dueAt(facts, slot)), ...expiries),
  };
}

function slotToBegin(facts: ScheduleFacts, slot: number): SlotToBegin {
  const { pipeline, schedule } = facts;
  const interval = intervalOf(facts, slot);
  const { params, timeZone } = schedule;
  const span = { start: timeText(interval.start), end: timeText(interval.end) };
  const times = { scheduled: timeText(slot), interval: span, timeZone };
  const resolved = Object.entries(params ?? {}).map(([name, value]) => [name, withTimes(value, times)] as const);
  return {
    ...{ slot, name: slotRunName(pipeline.name, slot), interval },
    ...(params === undefined ? {} : { params: Object.fromEntries(resolved) }),
  };
}

/** From the slot before to this one: what Airflow calls the data interval of the run at its end. */
function intervalOf({ timetable }: ScheduleFacts, slot: number): { readonly start: number; readonly end: number } {
  return { start: previousSlot(timetable, slot) ?? slot, end: slot };
}

function decidedUntil({ now, pipeline, schedule, stored, unseen }: ScheduleFacts): number {
  const until = parseTime(stored.decidedUntil);
  if (until !== undefined && stored.timetable === timetableText(schedule)) {
    return until > now + CLOCK_WRONG_MS ? now : until;
  }
  const created = parseTime(pipeline.creationTimestamp);
  const isNew = unseen && (pipeline.generation ?? 1) === 1 && created !== undefined;
  return isNew ? Math.min(created, now) : now;
}

/** Slots that have waited for longer than they may. */
function overdueSlots(facts: ScheduleFacts, waiting: readonly number[]): readonly number[] {
  const deadline = deadlineOf(facts);
  return deadline === undefined ? [] : waiting.filter((slot) => facts.now - dueAt(facts, slot) > deadline);
}

interface Progress {
  readonly stored: ScheduleStatus;
  readonly losses: readonly Loss[];
  /** Slots that have a run. */
  readonly begun: readonly number[];
}

interface Plan {
  readonly timetable: string;
  readonly decidedUntil: string;
  readonly next: string[];
  readonly waiting: string[];
}

function statusOf({ stored, losses, begun }: Progress, { waiting, ...plan }: Plan): ScheduleStatus {
  const { suspendedSince: _, waiting: __, ...kept } = stored;
  const lastSlot = [parseTime(stored.lastSlot) ?? Number.NEGATIVE_INFINITY, ...begun].reduce((a, b) => Math.max(a, b));
  const last = losses.reduce<Loss | undefined>((a, b) => (a === undefined || b.slot >= a.slot ? b : a), undefined);
  const lost = (kind: Loss["kind"]) => losses.filter((loss) => loss.kind === kind).length;
  return {
    ...kept,
    ...plan,
    ...(waiting.length === 0 ? {} : { waiting }),
    ...(Number.isFinite(lastSlot) ? { lastSlot: timeText(lastSlot) } : {}),
    missed: (stored.missed ?? 0) + lost("missed"),
    skipped: (stored.skipped ?? 0) + lost("skipped"),
    ...(last === undefined
      ? {}
      : { lastMissed: { slot: timeText(last.slot), reason: last.reason, message: last.message } }),
  };
}

const TIMETABLE_MAX = 64;

/** The crons and the zone of a schedule, as `kubectl get` shows them: another text is another timetable. */
export function timetableText({ cron, crons = [], timeZone }: Pick<Schedule, "cron" | "crons" | "timeZone">): string {
  const texts = (cron === undefined ? crons : [cron]).map((text) => text.trim().replaceAll(/\s+/g, " "));
  const whole = `${texts.join("; ")} ${timeZone}`;
  if (whole.length <= TIMETABLE_MAX) return whole;
  const digest = digest32(whole).toString(16).padStart(8, "0");
  return `${whole.slice(0, TIMETABLE_MAX - digest.length - 2)}… ${digest}`;
}
