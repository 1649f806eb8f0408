import { nearestName } from "../api/nearest-name.ts";

/** One of the five fields of a cron expression. */
export interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Words for values, from `min` on: `jan` is 1, `sun` is 0. */
  readonly words: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/** The week's first day has two numbers, 0 and 7. */
const SUNDAY = 7;

export const CRON_FIELDS: readonly CronField[] = [
  { name: "minute", min: 0, max: 59, words: [] },
  { name: "hour", min: 0, max: 23, words: [] },
  { name: "day of month", min: 1, max: 31, words: [] },
  { name: "month", min: 1, max: 12, words: MONTHS },
  { name: "day of week", min: 0, max: 7, words: WEEKDAYS },
];

/** What other dialects write and cron does not know, and what to write instead. */
const DIALECTS: readonly (readonly [RegExp, string])[] = [
  [/\?/, "`?` is Quartz's word for any day: write *"],
  [/#/, "`#` (the nth weekday of a month) is not supported: name the weekday, and check the date in the pipeline"],
  [
    /^(l|lw|l-\d+)$|^(\d|sun|mon|tue|wed|thu|fri|sat)l$/i,
    "`L` (the last day) is not supported: 1 is the day after the last one of a month",
  ],
  [/^\d+w$/i, "`W` (the nearest weekday) is not supported: name the days"],
  [
    /^h(\(.*\))?(\/\d+)?$/i,
    "`H` is Jenkins' word for any time: write the minute, and spread starts with schedule.jitter",
  ],
  [/[~]/, "random times (`~`) are not supported: write one time, and spread starts with schedule.jitter"],
];

/** Something wrong in a text, and at which character of it, from 0. */
export class CronProblem extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = "CronProblem";
    this.at = at;
  }
}

/** The values that a field's text stands for, ascending; Sunday is 0. Throws a {@link CronProblem}. */
export function cronValues(text: string, field: CronField): readonly number[] {
  const values = new Set<number>();
  let at = 0;
  for (const part of text.split(",")) {
    if (part === "") throw new CronProblem("a list has a value before and after each comma", at);
    for (const value of partValues({ part, at, field })) values.add(field.max === SUNDAY ? value % SUNDAY : value);
    at += part.length + 1;
  }
  return [...values].sort((a, b) => a - b);
}

/** One entry of a list: `*`, `5`, `1-5`, and each with a step. */
interface Part {
  readonly part: string;
  readonly at: number;
  readonly field: CronField;
}

function partValues({ part, at, field }: Part): number[] {
  for (const [form, why] of DIALECTS) if (form.test(part)) throw new CronProblem(why, at);
  const [range = "", step, ...more] = part.split("/");
  if (more.length > 0) throw new CronProblem("a step is one number after one slash, such as */15", at);
  const [from, to] = rangeOf({ part: range, at, field }, step !== undefined);
  const by = step === undefined ? 1 : stepOf(step, at + range.length + 1, field);
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
}

/** The first and the last value. A single value with a step goes on to the field's end: `5/15` is `5-59/15`. */
function rangeOf({ part, at, field }: Part, hasStep: boolean): readonly [number, number] {
  const end = field.max === SUNDAY ? SUNDAY - 1 : field.max;
  if (part === "*") return [field.min, end];
  const [first = "", last, ...more] = part.split("-");
  if (more.length > 0 || first === "" || last === "") {
    throw new CronProblem(`expected *, a value or a range such as ${field.min}-${end}, found ${part || "nothing"}`, at);
  }
  const from = numberOf(first, at, field);
  if (last === undefined) return [from, hasStep ? end : from];
  const lastAt = at + first.length + 1;
  const said = numberOf(last, lastAt, field);
  // A range may end on Sunday, the seventh day.
  const to = field.max === SUNDAY && said === 0 && from > 0 ? SUNDAY : said;
  if (to >= from) return [from, to];
  const advice = `${first}-${nameOf(end, field)},${nameOf(field.min, field)}-${last}`;
  throw new CronProblem(`the range ${part} ends before it begins: write ${advice}`, lastAt);
}

function stepOf(text: string, at: number, field: CronField): number {
  const step = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (step >= 1 && step <= field.max) return step;
  throw new CronProblem(`expected a step from 1 to ${field.max}, found ${text || "nothing"}`, at);
}

function numberOf(text: string, at: number, field: CronField): number {
  const { name, min, max, words } = field;
  const word = words.indexOf(text.toLowerCase());
  if (word >= 0) return min + word;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const near = words.length === 0 ? undefined : (nearestName(text, words) ?? wordOf(text, words));
  const range = words.length === 0 ? `${min} to ${max}` : `${min} to ${max} or a name such as ${words[1]}`;
  const advice = near === undefined ? "" : `; did you mean ${near}?`;
  throw new CronProblem(`expected ${name} from ${range}, found ${text}${advice}`, at);
}

/** `monday` and `december` begin with the word that cron has for them. */
function wordOf(text: string, words: readonly string[]): string | undefined {
  return words.find((word) => text.toLowerCase().startsWith(word));
}

function nameOf(value: number, { min, words }: CronField): string {
  return words[value - min] ?? String(value);
}
