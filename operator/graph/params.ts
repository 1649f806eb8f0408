import type { Param, Params } from "../api/params/params.ts";
import type { PipelineSpec } from "../api/pipeline.ts";
import { expressionProblems, type RunValues } from "../expressions/expression.ts";
import { textsIn } from "../expressions/places.ts";
import { compare, isDay, patternProblem, readValue } from "../params/read-value.ts";
import { type ParamFault, resolveParams, withTimes } from "../params/resolve-params.ts";
import type { Problem } from "./problem.ts";

/** Any run will do to see what expressions make of its times. */
export const SOME_RUN: RunValues = {
  scheduled: "2026-12-01T06:00:00Z",
  interval: { start: "2026-11-30T06:00:00Z", end: "2026-12-01T06:00:00Z" },
};

/** A run that says nothing, to see whether defaults fit where they stand; undefined where a parameter that is named has no value in it. */
export function someRun(params: Params = {}, named: ReadonlySet<string>): RunValues | undefined {
  const examples = Object.entries(params).flatMap(([name, param]) => {
    const value = param.default === undefined ? param.enum?.[0] : withTimes(param.default, SOME_RUN);
    const read =
      value === undefined
        ? undefined
        : readValue(param, param.type === "list" && !Array.isArray(value) ? [value] : value);
    return read?.ok === true ? [[name, read.value] as const] : [];
  });
  const values = Object.fromEntries(examples);
  const isOpen = (name: string) => values[name] === undefined && params[name]?.required !== false;
  return [...named].some(isOpen) ? undefined : { ...SOME_RUN, params: values };
}

/** What is wrong with parameters, their defaults, and the values that the schedule sets. */
export function findParamProblems({ params = {}, schedule }: Pick<PipelineSpec, "params" | "schedule">): Problem[] {
  const declared = Object.entries(params).flatMap(([name, param]) =>
    paramFaults(param).map(({ path, why }) => problem(["spec", "params", name, ...path], why)),
  );
  return declared.length > 0 || schedule === undefined ? declared : scheduleProblems(params, schedule.params ?? {});
}

export function problem(path: Problem["path"], message: string): Problem {
  return { reason: "InvalidSpec", path, message };
}

function paramFaults(param: Param): ParamFault[] {
  const { type, pattern, min, max } = param;
  const compiled = pattern === undefined ? undefined : patternProblem(pattern);
  if (compiled !== undefined) return [{ path: ["pattern"], why: compiled }];
  const bounds = [...boundFaults("min", param), ...boundFaults("max", param)];
  if (bounds.length > 0) return bounds;
  if (min !== undefined && max !== undefined && compare(type, min, max) > 0)
    return [{ path: ["min"], why: `expected at most max, which is ${max}, found ${min}` }];
  const values = enumFaults(param);
  return values.length > 0 ? values : defaultFaults(param);
}

function boundFaults(field: "min" | "max", param: Param): ParamFault[] {
  const bound = param[field];
  if (bound === undefined || isDay(bound) === (param.type === "date")) return [];
  const expected = param.type === "date" ? "a day such as 2026-12-01" : "a number";
  return [{ path: [field], why: `expected ${expected}, as type is ${param.type}, found ${bound}` }];
}

function enumFaults({ enum: values = [], ...param }: Param): ParamFault[] {
  return values.flatMap((value, index) => {
    const read = readValue(param, param.type === "list" ? [value] : value);
    return read.ok ? [] : [{ path: ["enum", index], why: read.why }];
  });
}

function defaultFaults(param: Param): ParamFault[] {
  if (param.default === undefined) return [];
  return valueFaults(param, param.default).map((why) => ({ path: ["default"], why }));
}

/** What is wrong with a value that its author may have written with times. */
function valueFaults(param: Param, value: unknown): readonly string[] {
  const unknown = textsIn(value).flatMap(({ text }) => expressionProblems(text, {}));
  if (unknown.length > 0) return unknown;
  const read = readValue(param, withTimes(value, SOME_RUN));
  return read.ok ? [] : [read.why];
}

/** Values of the schedule's runs. A run of a slot says nothing else, so that a value that it needs is to be there. */
function scheduleProblems(params: Params, said: Readonly<Record<string, unknown>>): Problem[] {
  const at = ["spec", "schedule", "params"];
  const written = Object.entries(said).flatMap(([name, value]) => {
    const param = Object.hasOwn(params, name) ? params[name] : undefined;
    return param === undefined ? [] : valueFaults(param, value).map((why) => problem([...at, name], why));
  });
  if (written.length > 0) return written;
  const timed = Object.fromEntries(Object.entries(said).map(([name, value]) => [name, withTimes(value, SOME_RUN)]));
  const resolved = resolveParams(params, timed, SOME_RUN);
  if (resolved.ok) return [];
  return resolved.faults.map(({ path, why }) =>
    problem([...at, ...path], said[String(path[0])] === undefined ? `${why}, or give the parameter a default` : why),
  );
}
