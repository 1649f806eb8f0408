import { CRON_FIELDS, CronProblem, cronValues } from "./cron-field.ts";

/** When a cron expression fires, by a clock on the wall. Lists ascend; a weekday is 0 (Sunday) to 6. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /**
   * cron(8) of Vixie: a day matches if its date or its weekday does where neither field begins with `*`, else if both do. `1,15 * MON` are
   * the 1st, the 15th and every Monday.
   */
  readonly eitherDay: boolean;
}

export type ParsedCron =
  | { readonly ok: true; readonly cron: Cron }
  /** In a sentence: which field, at which character, what was expected. */
  | { readonly ok: false; readonly message: string };

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** The most days that each month can have. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads a cron expression of five fields or a nickname such as `@daily`. */
export function parseCron(text: string): ParsedCron {
  try {
    return { ok: true, cron: cronOf(text) };
  } catch (error) {
    if (!(error instanceof CronProblem)) throw error;
    return { ok: false, message: error.message };
  }
}

function cronOf(text: string): Cron {
  const expanded = text.trim().startsWith("@") ? nicknamed(text.trim()) : text;
  const fields = [...expanded.matchAll(/\S+/g)];
  if (fields.length !== CRON_FIELDS.length) throw new CronProblem(wrongCount(text, fields.length), 0);
  const values = CRON_FIELDS.map((field, index) => {
    const [word = "", at = 0] = [fields[index]?.[0], fields[index]?.index];
    try {
      return cronValues(word, field);
    } catch (error) {
      if (!(error instanceof CronProblem)) throw error;
      const place = `field ${index + 1} (${field.name}), character ${at + error.at + 1}`;
      throw new CronProblem(`${place}: ${error.message}`, at + error.at);
    }
  });
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = values;
  const isOpen = (index: number) => fields[index]?.[0].startsWith("*") === true;
  const cron: Cron = {
    ...{ minutes, hours },
    ...{ days: new Set(days), months: new Set(months), weekdays: new Set(weekdays) },
    eitherDay: !isOpen(2) && !isOpen(4),
  };
  if (neverComes(cron)) {
    throw new CronProblem("no such day ever comes: none of its months has one of its days", 0);
  }
  return cron;
}

function nicknamed(text: string): string {
  const expanded = NICKNAMES[text.toLowerCase()];
  if (expanded !== undefined) return expanded;
  const known = Object.keys(NICKNAMES).join(", ");
  const why = /^@(reboot|every)\b/i.test(text) ? `${text.split(/\s/)[0]} is not supported` : `${text} is unknown`;
  throw new CronProblem(`${why}: there are ${known}; write anything else as five fields, such as */15 * * * *`, 0);
}

const FIVE = "five fields: minute, hour, day of month, month, day of week";

function wrongCount(text: string, found: number): string {
  if (/^(CRON_)?TZ=/.test(text.trim())) return `expected ${FIVE}; set the zone with schedule.timeZone, not here`;
  const advice = found === 6 || found === 7 ? "; seconds and years (Quartz) are not supported: leave them out" : "";
  return `expected ${FIVE}, found ${found}${advice}`;
}

/** Whether no date matches: `0 0 30 2 *`. */
function neverComes({ days, months, eitherDay }: Cron): boolean {
  if (eitherDay) return false;
  const first = Math.min(...days);
  return [...months].every((month) => (MONTH_DAYS[month - 1] ?? 0) < first);
}

/** Whether the cron has a time on a day, which is a count of days since 1970-01-01. */
export function matchesDay({ days, months, weekdays, eitherDay }: Cron, day: number): boolean {
  const date = new Date(day * 86_400_000);
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const isDate = days.has(date.getUTCDate());
  const isWeekday = weekdays.has(date.getUTCDay());
  return eitherDay ? isDate || isWeekday : isDate && isWeekday;
}
