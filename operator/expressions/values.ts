import type { ParamValue } from "../api/params/param-values.ts";
import type { NodeStatus } from "../api/pipeline-run.ts";

/** What expressions are resolved from: a run's status has all of it. Times are as RFC 3339 writes them. */
export interface RunValues {
  readonly scheduled?: string | undefined;
  readonly interval?: { readonly start: string; readonly end: string } | undefined;
  readonly timeZone?: string | undefined;
  /** Missing where no parameters are resolved yet: expressions that name one stay as they are. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly nodes?: Readonly<Record<string, NodeStatus>> | undefined;
}

/** What a name stands for. A moment and a day can be formatted. */
export type Value =
  | { readonly is: "moment"; readonly at: number }
  | { readonly is: "data"; readonly data: ParamValue }
  /** A parameter that may be missing, and is. */
  | { readonly is: "nothing" };

const RUN: Readonly<Record<string, (run: RunValues) => string | undefined>> = {
  "run.scheduled": ({ scheduled }) => scheduled,
  "run.interval.start": ({ interval }) => interval?.start,
  "run.interval.end": ({ interval }) => interval?.end,
};
export const RUN_NAMES = Object.keys(RUN);

/** What `$(nodes.NODE.FIELD)` can say of a node that has ended, by what its status says. */
const RESULTS: Readonly<Record<string, (node: NodeStatus) => Value | undefined>> = {
  rows: ({ rows }) => data(rows),
  bytes: ({ bytes }) => data(bytes),
  commit: ({ commit }) => data(commit),
  "tests.passed": ({ tests }) => data(tests?.passed),
  "tests.warned": ({ tests }) => data(tests?.warned),
  "tests.failed": ({ tests }) => data(tests?.failed),
  "tests.errored": ({ tests }) => data(tests?.errored),
  state: ({ state }) => data(state),
  started: ({ started }) => moment(started),
  finished: ({ finished }) => moment(finished),
};
export const RESULT_FIELDS = Object.keys(RESULTS);
export const MOMENT_FIELDS: readonly string[] = ["started", "finished"];

/** A name by its parts. */
export type Name =
  | { readonly of: "run"; readonly name: string }
  | { readonly of: "params"; readonly param: string }
  | { readonly of: "nodes"; readonly node: string; readonly field: string };

/** What a name speaks of; undefined where that is not ours. Whether there is such a thing is not looked at. */
export function readName(name: string): Name | undefined {
  const [head, first = "", ...rest] = name.split(".");
  if (head === "run") return { of: "run", name };
  if (head === "params") return { of: "params", param: [first, ...rest].join(".") };
  return head === "nodes" ? { of: "nodes", node: first, field: rest.join(".") } : undefined;
}

/** What a name stands for in a run; undefined where the run has no such value, or not yet. */
export function runValue(name: string, run: RunValues): Value | undefined {
  const read = readName(name);
  switch (read?.of) {
    case "run":
      return moment(own(RUN, read.name)?.(run));
    case "params":
      return run.params === undefined ? undefined : paramValue(own(run.params, read.param));
    case "nodes": {
      const node = own(run.nodes ?? {}, read.node);
      return node === undefined ? undefined : own(RESULTS, read.field)?.(node);
    }
    default:
      return undefined;
  }
}

function paramValue(found: unknown): Value {
  return found === undefined ? { is: "nothing" } : { is: "data", data: found as ParamValue };
}

function own<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function data(found: ParamValue | undefined): Value | undefined {
  return found === undefined ? undefined : { is: "data", data: found };
}

function moment(text: string | undefined): Value | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : { is: "moment", at };
}
