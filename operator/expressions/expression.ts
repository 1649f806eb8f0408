import { nearestName } from "../api/nearest-name.ts";
import type { ParamType, ParamValue } from "../api/params/param-values.ts";
import { formatProblem, formatTime, timeIn } from "./time-format.ts";
import { MOMENT_FIELDS, RESULT_FIELDS, RUN_NAMES, type RunValues, readName, runValue, type Value } from "./values.ts";

export type { RunValues } from "./values.ts";

/**
 * `$(params.bucket)`, or with a format `$(run.interval.start:%Y-%m-%d)`. A dot makes it an expression: `$(date)` is a shell's. `$$(` stands
 * for `$(`, as in a container's command. What an expression stands for is never read again.
 */
export const EXPRESSION = /(\$?)\$\(([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+)(?::([^)]*))?\)/g;
const WHOLE = new RegExp(`^${EXPRESSION.source}$`);

/** The names that a text speaks of. */
export function namesIn(text: string): readonly string[] {
  if (!text.includes("$(")) return [];
  return [...text.matchAll(EXPRESSION)].flatMap(([, dollar, name = ""]) => (dollar === "" ? [name] : []));
}

/** What names can speak of in one place. */
export interface Scope {
  /** Parameters by name; undefined where none can be named. */
  readonly params?: Readonly<Record<string, { readonly type: ParamType }>> | undefined;
  /** The other nodes; undefined where no results can be named. */
  readonly nodes?: readonly string[] | undefined;
}

/** What is wrong with the expressions of a text, each in a sentence. */
export function expressionProblems(text: string, scope: Scope): readonly string[] {
  return [...text.matchAll(EXPRESSION)].flatMap(([whole, dollar, name = "", format]): string[] => {
    if (dollar !== "") return [];
    const unknown = nameProblem(whole, name, scope);
    if (unknown !== undefined) return [unknown];
    if (format === undefined) return [];
    const problem = takesFormat(name, scope) ? formatProblem(format) : "a format is for times and for dates";
    return problem === undefined ? [] : [`${whole}: ${problem}`];
  });
}

function nameProblem(whole: string, name: string, { params, nodes }: Scope): string | undefined {
  const read = readName(name);
  if (read?.of === "params" && params !== undefined) {
    const known = Object.keys(params);
    const isKnown = known.includes(read.param);
    return isKnown ? undefined : nothing(whole, name, known.map(paramText), "spec.params has no such parameter");
  }
  if (read?.of === "nodes" && nodes !== undefined) return resultProblem(whole, read, nodes);
  if (RUN_NAMES.includes(name)) return undefined;
  const results = nodes === undefined ? [] : ["nodes.NODE.rows and other results"];
  const known = [...RUN_NAMES, ...Object.keys(params ?? {}).map(paramText), ...results];
  return nothing(whole, name, known, "there is no such value");
}

function resultProblem(
  whole: string,
  { node, field }: { readonly node: string; readonly field: string },
  nodes: readonly string[],
): string | undefined {
  const name = `nodes.${node}.${field}`;
  if (!nodes.includes(node)) {
    const others = nodes.map((other) => `nodes.${other}.${field}`);
    return nothing(whole, name, others, "there is no other node");
  }
  if (RESULT_FIELDS.includes(field)) return undefined;
  const known = RESULT_FIELDS.map((each) => `nodes.${node}.${each}`);
  return nothing(whole, name, known, "a node has no such result");
}

const paramText = (name: string) => `params.${name}`;

const NAMED_MAX = 12;

function nothing(whole: string, name: string, known: readonly string[], why: string): string {
  const near = nearestName(name, known);
  const few = known.slice(0, NAMED_MAX).join(", ");
  const there = known.length === 0 ? why : `there are ${few}${known.length > NAMED_MAX ? " and more" : ""}`;
  const advice = near === undefined ? there : `did you mean $(${near})?`;
  return `${whole} stands for nothing; ${advice} ($$( begins a text that is no expression)`;
}

function takesFormat(name: string, { params = {} }: Scope): boolean {
  const read = readName(name);
  if (read?.of === "params") return params[read.param]?.type === "date";
  return read?.of === "run" || (read?.of === "nodes" && MOMENT_FIELDS.includes(read.field));
}

/** The text with its expressions in their places: times in UTC, and formats by the clock of the run's zone. What has no value stays as it is. */
export function resolveText(text: string, run: RunValues): string {
  return text.replaceAll(EXPRESSION, (whole, dollar: string, name: string, format: string | undefined) => {
    if (dollar !== "") return whole.slice(1);
    const value = runValue(name, run);
    return value === undefined ? whole : textOf(value, format, run);
  });
}

/**
 * What a text stands for that is one expression: its value with its type, and null where that is missing. Undefined for any other text, and
 * for an expression without a value.
 */
export function resolveWhole(text: string, run: RunValues): ParamValue | null | undefined {
  const [, dollar, name = "", format] = WHOLE.exec(text) ?? [];
  const value = dollar === "" ? runValue(name, run) : undefined;
  if (value === undefined) return undefined;
  if (value.is === "nothing") return null;
  return value.is === "data" && format === undefined ? value.data : textOf(value, format, run);
}

/** Whether a text is one expression and nothing else. */
export function isWhole(text: string): boolean {
  return WHOLE.exec(text)?.[1] === "";
}

/** What the expressions of a text stand for, as they stand in it. */
export function piecesOf(
  text: string,
  run: RunValues,
): readonly { readonly expression: string; readonly piece: string }[] {
  return [...text.matchAll(EXPRESSION)].flatMap(([expression, dollar, name = "", format]) => {
    const value = dollar === "" ? runValue(name, run) : undefined;
    return value === undefined ? [] : [{ expression, piece: textOf(value, format, run) }];
  });
}

export function textOf(value: Value, format: string | undefined, { timeZone = "UTC" }: RunValues): string {
  if (value.is === "nothing") return "";
  if (value.is === "moment") {
    if (format !== undefined) return formatTime(format, timeIn(timeZone, value.at));
    return new Date(value.at).toISOString().replace(".000Z", "Z");
  }
  const { data } = value;
  if (typeof data === "object") return JSON.stringify(data);
  // A day is the same in every zone.
  const day = format === undefined ? Number.NaN : Date.parse(`${data}T00:00:00Z`);
  return format === undefined || Number.isNaN(day) ? String(data) : formatTime(format, timeIn("UTC", day));
}
