import { durationMs } from "../../api/duration.ts";
import { splitUnitKey } from "../../api/packing.ts";
import type { PipelineSpec } from "../../api/pipeline.ts";
import { othersThanFinally } from "../../graph/before.ts";
import type { Facts } from "../facts.ts";
import type { ReadinessRule } from "../readiness.ts";
import { isLive } from "../stop-jobs.ts";
import { parseTime } from "../time.ts";
import { ENDS } from "./trigger-rules.ts";

/*
 * When finally nodes run. The others are all nodes that are not finally.
 *
 * | what is true                                                | a finally node                                              |
 * |-------------------------------------------------------------|-------------------------------------------------------------|
 * | another one has not ended by what is stored, or a Job of one that did not succeed lives | waits                           |
 * | else                                                        | begins by its rule and condition, in a run that was stopped as well |
 * | finallyTimeout has passed since the last other one's end    | has failed, if it has not ended                             |
 * | the run is being deleted, or its copy cannot be read        | is stopped with the others                                  |
 */

/** What finally nodes wait for, and by when they are to have ended. */
export interface FinallyGate {
  readonly open: readonly string[];
  readonly endsAt?: number;
}

/** Whether a node, or a part of a packed one, is a finally node. */
export function isFinally({ nodes }: Pick<PipelineSpec, "nodes">, name: string): boolean {
  return nodes[splitUnitKey(name).node]?.finally === true;
}

export function hasFinally({ nodes }: Pick<PipelineSpec, "nodes">): boolean {
  return Object.values(nodes).some((node) => node.finally === true);
}

/** `living`: nodes without Jobs of which something works. */
export function finallyGate(spec: PipelineSpec, { run, attempts }: Facts, living: ReadonlySet<string>): FinallyGate {
  const others = othersThanFinally(spec.nodes);
  const stored = run.status.nodes ?? {};
  const lives = new Set([
    ...living,
    ...[...attempts].flatMap(([name, list]) => (list.some(isLive) ? [splitUnitKey(name).node, name] : [])),
  ]);
  const open = others.filter((name) => {
    const state = stored[name]?.state ?? "Pending";
    return !ENDS.includes(state) || (state !== "Succeeded" && lives.has(name));
  });
  if (open.length > 0) return { open };
  // Where there is no other one, from the run's beginning.
  const ends = [run.status.started, ...others.map((name) => stored[name]?.finished)].flatMap(
    (at) => parseTime(at) ?? [],
  );
  return { open, ...(ends.length === 0 ? {} : { endsAt: Math.max(...ends) + durationMs(spec.finallyTimeout) }) };
}

/** The rule of a finally node at this moment. */
export function finallyRule(rule: ReadinessRule, { open, endsAt }: FinallyGate, spec: PipelineSpec, now: number) {
  if (open.length > 0) return { ...rule, readinessOf: () => ({ is: "waits", for: open }) } satisfies ReadinessRule;
  if (endsAt === undefined || now < endsAt) return rule;
  const why = finallyOverdue(spec);
  return {
    ...rule,
    readinessOf: () => ({ is: "never", why, reason: "TimedOut", fails: true }),
  } satisfies ReadinessRule;
}

export function finallyOverdue({ finallyTimeout }: Pick<PipelineSpec, "finallyTimeout">): string {
  return `the finally nodes took longer than finallyTimeout (${finallyTimeout}) after the last other node had ended`;
}
