import { Schedule } from "#api/schedule.ts";

const MINUTE = 60_000;
/** Until then things go wrong. */
export const SCHEDULE_FAULTS_END_MS = 16 * MINUTE;
/** Then the world goes on for so long, so that what waits has its turn. */
export const CALM_MS = 20 * MINUTE;

/** What a seed makes of a schedule, of the people around it and of the faults. Times in ms from the beginning. */
export interface SchedulePlan {
  readonly startsAt: string;
  readonly schedule: Schedule;
  readonly history: { readonly succeeded: number; readonly failed: number };
  /** Which share of the runs fails once and takes four minutes. */
  readonly slow: number;
  readonly manualRuns: readonly number[];
  readonly suspensions: readonly { readonly at: number; readonly lasts: number; readonly whole: boolean }[];
  readonly changedAt?: number;
  readonly faults: {
    readonly crashes: readonly { readonly call: number; readonly when: "before" | "after" }[];
    readonly failBefore: number;
    readonly loseReply: number;
    readonly watchDelayMaxMs: number;
    readonly outages: readonly { readonly at: number; readonly lasts: number }[];
    /** Both operators are away. */
    readonly absences: readonly { readonly at: number; readonly lasts: number }[];
    readonly broken: readonly number[];
    readonly forgets: readonly number[];
    readonly jumps: readonly { readonly at: number; readonly by: number }[];
  };
}

const TIMES: readonly object[] = [
  { cron: "* * * * *" },
  { cron: "*/2 * * * *" },
  { cron: "*/5 * * * *", timeZone: "Europe/Berlin" },
  { crons: ["*/3 * * * *", "1-59/10 * * * *"], timeZone: "Australia/Lord_Howe" },
];

/** Ordinary nights, and those in which the clocks of Berlin and of Lord Howe change. */
const STARTS = ["2026-12-01T00:00:20Z", "2027-03-28T00:50:00Z", "2027-10-31T00:50:00Z", "2027-04-03T14:50:00Z"];

export function schedulePlanOf(random: () => number): SchedulePlan {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const some = <T>(max: number, make: () => T): T[] => Array.from({ length: Math.floor(random() * (max + 1)) }, make);
  const moment = () => Math.floor(random() * SCHEDULE_FAULTS_END_MS);
  const catchUp = pick(["none", "last", "all"]);
  const concurrency = pick(["Allow", "Forbid", "Queue", ...(catchUp === "all" ? [] : ["Replace"])]);
  const schedule = Schedule.parse({
    ...pick(TIMES),
    catchUp,
    concurrency,
    catchUpLimit: pick([2, 5, 100]),
    queueLimit: pick([1, 3, 100]),
    ...(random() < 0.3 ? { startingDeadline: pick(["90s", "5m"]) } : {}),
    ...(random() < 0.3 ? { jitter: pick(["20s", "10m"]) } : {}),
  });
  return {
    startsAt: pick(STARTS),
    schedule,
    history: { succeeded: pick([0, 1, 3]), failed: pick([0, 2]) },
    slow: pick([0, 0.2, 0.6]),
    manualRuns: some(3, moment),
    suspensions: random() < 0.4 ? [{ at: moment(), lasts: moment() / 2, whole: random() < 0.5 }] : [],
    ...(random() < 0.15 ? { changedAt: moment() } : {}),
    faults: {
      crashes: some(6, () => ({ call: 1 + Math.floor(random() * 60), when: pick(["before", "after"] as const) })),
      failBefore: pick([0, 0.05, 0.2]),
      loseReply: pick([0, 0.05, 0.2]),
      watchDelayMaxMs: pick([10, 1_000, 20_000]),
      outages: some(1, () => ({ at: moment(), lasts: random() * 4 * MINUTE })),
      absences: random() < 0.4 ? [{ at: moment(), lasts: random() * 12 * MINUTE }] : [],
      broken: some(3, moment),
      forgets: some(2, moment),
      jumps: some(2, () => ({ at: moment(), by: Math.floor((random() - 0.5) * 60 * MINUTE) })),
    },
  };
}
