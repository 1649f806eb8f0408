import { z } from "zod";
import { duration, exactlyOne, flag, integer, list, object, oneOf, positiveDuration, text } from "./fields.ts";
import { paramValues } from "./params/param-values.ts";
import { timestamp } from "./status.ts";

/** Crons of one schedule. */
export const CRONS_MAX = 16;
/** Slots that may wait at once. */
export const WAITING_MAX = 100;
/** Slots that a status foretells. */
export const NEXT_MAX = 5;

const WORDS = "minute, hour, day of month, month, day of week";
const cron = (description: string) => text(description, { max: 128 });

/** What a cron expression looks like from afar, in CEL. Without an API server `graph/schedule.ts` reads it, and says what is wrong and where. */
const looksRight = (cron: string) => `${cron}.matches('^\\\\s*(@[A-Za-z]+|\\\\S+(\\\\s+\\\\S+){4})\\\\s*$')`;

export const Schedule = object(
  "When runs begin by themselves. Each time of the schedule is a slot, and each slot has one run, called `<pipeline>-<time in UTC>`. A slot whose time a clock leaves out, because it is set forward, comes right after; where a clock shows a time twice, the first one counts.",
  {
    cron: cron(
      `A cron expression: ${WORDS}, such as \`0 6 * * *\`; or @hourly, @daily, @weekly, @monthly or @yearly. Names (MON, JAN), lists, ranges and steps are known. Where day of month and day of week are both set, either is enough.`,
    ).optional(),
    crons: list("Several cron expressions: a slot is a time of any of them.", cron("A cron expression."), {
      max: CRONS_MAX,
    }).optional(),
    timeZone: text("Time zone of the IANA database whose clock the expressions speak of, such as Europe/Berlin.", {
      max: 64,
    }).default("UTC"),
    concurrency: oneOf(
      "What a slot does while a run of the Pipeline is at work, whoever made that. Queue: it waits; the oldest begins first. Forbid: it is skipped. Replace: runs of earlier slots are cancelled, and it begins when nothing is at work. Allow: it begins.",
      ["Allow", "Forbid", "Replace", "Queue"],
    ).default("Queue"),
    queueLimit: integer("Slots that may wait with Queue; later ones are skipped.", {
      min: 1,
      max: WAITING_MAX,
    }).default(10),
    startingDeadline: positiveDuration(
      "How late a slot's run may begin; a later one is missed. Time in the queue counts. Without it any slot that catchUp takes may begin; with catchUp none at most ten minutes late.",
    ).optional(),
    jitter: duration(
      "Longest delay of a slot's run. Each slot has a delay of its own, always the same, that ends before the next slot.",
    ).optional(),
    catchUp: oneOf(
      "What happens to slots that passed while the operator was away or the schedule was suspended. last: one run, for the latest of them. all: a run for each, the oldest first, at most catchUpLimit. none: they are missed. Slots before the Pipeline was created, or before its times were changed, never run.",
      ["none", "last", "all"],
    ).default("last"),
    catchUpLimit: integer("Runs that catchUp all makes at most, of the latest slots.", {
      min: 1,
      max: WAITING_MAX,
    }).default(10),
    params: paramValues(
      "Values of parameters for the runs of slots; the others have their defaults. A text may name the slot's times, such as $(run.interval.start:%F).",
    ).optional(),
    suspend: flag("While true, no slot gets a run. Other runs begin, and those at work go on.").default(false),
  },
  [
    exactlyOne(["cron", "crons"]),
    {
      rule: `!has(self.cron) || ${looksRight("self.cron")}`,
      message: `cron has five fields (${WORDS}), or is a name such as @daily`,
    },
    {
      rule: `!has(self.crons) || self.crons.all(cron, ${looksRight("cron")})`,
      message: `each of crons has five fields (${WORDS}), or is a name such as @daily`,
    },
    {
      rule: "!has(self.catchUp) || self.catchUp != 'all' || !has(self.concurrency) || self.concurrency != 'Replace'",
      message: "with concurrency Replace each run of catchUp all would cancel the one before: use last, or Queue",
      holds: ({ catchUp, concurrency }) => catchUp !== "all" || concurrency !== "Replace",
    },
  ],
);
export type Schedule = z.infer<typeof Schedule>;

const count = (description: string) => integer(description, { min: 0, max: Number.MAX_SAFE_INTEGER });
const slots = (description: string, max: number) => list(description, timestamp("A slot."), { min: 0, max });

export const ScheduleStatus = z
  .object({
    next: slots("The next slots, without their jitter. Empty while suspended.", NEXT_MAX),
    lastSlot: timestamp("The latest slot that got a run."),
    decidedUntil: timestamp("Every slot until then has got a run, waits, was skipped or was missed."),
    waiting: slots("Slots that wait for their turn, the oldest first.", 2 * WAITING_MAX),
    suspendedSince: timestamp("Since when no slot gets a run."),
    missed: count("Slots that got no run because they were too late, or passed while the operator was away."),
    skipped: count("Slots that got no run because of other runs."),
    lastMissed: z
      .object({
        slot: timestamp("The slot."),
        reason: text("Why, in one word.", { max: 64 }),
        message: text("Why, in a sentence.", { max: 1024 }),
      })
      .meta({ description: "The latest slot that was missed or skipped." }),
    timetable: text("Which crons and zone this is about: others begin anew.", { max: 64 }),
  })
  .partial()
  .meta({ description: "What the schedule has done and will do." });
export type ScheduleStatus = z.infer<typeof ScheduleStatus>;
