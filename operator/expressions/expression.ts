import { nearestName } from "../api/nearest-name.ts";
import { formatProblem, formatTime, timeIn } from "./time-format.ts";

/** What expressions are resolved from: the times of the run's status, as RFC 3339 writes them. */
export interface RunValues {
  readonly scheduled?: string | undefined;
  readonly interval?: { readonly start: string; readonly end: string } | undefined;
  readonly timeZone?: string | undefined;
}

/** The names that an expression may have, and what each stands for. What else can be named is an entry here. */
const NAMES: Readonly<Record<string, (run: RunValues) => string | undefined>> = {
  "run.scheduled": ({ scheduled }) => scheduled,
  "run.interval.start": ({ interval }) => interval?.start,
  "run.interval.end": ({ interval }) => interval?.end,
};

/**
 * `$(run.scheduled)`, or with a format `$(run.interval.start:%Y-%m-%d)`. A dot makes it an expression: `$(date)` is a shell's. `$$(` stands
 * for `$(`, as in a container's command.
 */
const EXPRESSION = /(\$?)\$\(([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+)(?::([^)]*))?\)/g;

/** The names that a text speaks of. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(EXPRESSION)].flatMap(([, dollar, name = ""]) => (dollar === "" ? [name] : []));
}

/** What is wrong with the expressions of a text, each in a sentence. */
export function expressionProblems(text: string): readonly string[] {
  return [...text.matchAll(EXPRESSION)].flatMap(([whole, dollar, name = "", format]): string[] => {
    if (dollar !== "") return [];
    if (!Object.hasOwn(NAMES, name)) return [unknownName(whole, name)];
    const problem = format === undefined ? undefined : formatProblem(format);
    return problem === undefined ? [] : [`${whole}: ${problem}`];
  });
}

function unknownName(whole: string, name: string): string {
  const known = Object.keys(NAMES);
  const near = nearestName(name, known);
  const advice = near === undefined ? `there are ${known.join(", ")}` : `did you mean $(${near})?`;
  return `${whole} stands for nothing; ${advice} ($$( begins a text that is no expression)`;
}

/** The text with its expressions in their places: times in UTC, and formats by the clock of the run's zone. What has no value stays as it is. */
export function resolveText(text: string, run: RunValues): string {
  return text.replaceAll(EXPRESSION, (whole, dollar: string, name: string, format: string | undefined) => {
    if (dollar !== "") return whole.slice(1);
    const value = Object.hasOwn(NAMES, name) ? NAMES[name]?.(run) : undefined;
    const instant = value === undefined ? Number.NaN : Date.parse(value);
    if (Number.isNaN(instant)) return whole;
    if (format === undefined) return new Date(instant).toISOString().replace(".000Z", "Z");
    return formatTime(format, timeIn(run.timeZone ?? "UTC", instant));
  });
}
