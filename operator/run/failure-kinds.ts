import type { NodeStatus } from "../api/pipeline-run.ts";
import { type FullRetries, RETRY_KINDS, type RetryKind } from "../api/retries.ts";
import type { Failure } from "./attempt/attempt-state.ts";

/*
 * Of which kind a failure of an attempt is. A kind may have a budget of its own (`retries.limitByKind`), so that lost nodes do not use up
 * what is meant for a server that is away; the other kinds share `retries.limit`.
 *
 * | kind           | reasons                                                                                            |
 * |----------------|----------------------------------------------------------------------------------------------------|
 * | configuration  | ConfigurationError                                                                                 |
 * | data           | DataError                                                                                          |
 * | transient      | TransientError, and what a program's exit does not tell: ExitCode, InvalidResult                   |
 * | timeout        | AttemptTimedOut, TimedOut                                                                          |
 * | infrastructure | every other one: a pod that was killed for its memory, deleted, lost with its node, refused, not started |
 */
const KINDS: Readonly<Partial<Record<Failure["reason"], RetryKind>>> = {
  ConfigurationError: "configuration",
  DataError: "data",
  TransientError: "transient",
  ExitCode: "transient",
  InvalidResult: "transient",
  AttemptTimedOut: "timeout",
  TimedOut: "timeout",
};

export function kindOfFailure({ reason }: Pick<Failure, "reason">): RetryKind {
  return KINDS[reason] ?? "infrastructure";
}

/**
 * The failures of a node by their kinds, with that of its attempt. One that does not count is in none of them. Attempts of which nothing
 * is said, as version 0.1.0 said nothing, count as failures of the kind at hand.
 */
export function countFailure(
  { failures = {}, evictions = 0 }: Pick<NodeStatus, "failures" | "evictions">,
  attempt: number,
  end: Pick<Failure, "reason" | "uncounted">,
): NonNullable<NodeStatus["failures"]> {
  if (end.uncounted === true) return failures;
  const kind = kindOfFailure(end);
  const known = RETRY_KINDS.reduce((sum, each) => sum + (failures[each] ?? 0), evictions);
  const untold = Math.max(0, attempt - 1 - known);
  const killed = end.reason === "OOMKilled" ? { outOfMemory: (failures.outOfMemory ?? 0) + 1 } : {};
  return { ...failures, ...killed, [kind]: (failures[kind] ?? 0) + untold + 1 };
}

/** Whether another attempt may follow a failure of the kind, which `failures` has counted already. */
export function isLeft(
  failures: NonNullable<NodeStatus["failures"]>,
  kind: RetryKind,
  { limit, limits }: Pick<FullRetries, "limit" | "limits">,
): boolean {
  const own = limits[kind];
  if (own !== undefined) return (failures[kind] ?? 0) <= own;
  const shared = RETRY_KINDS.filter((each) => limits[each] === undefined);
  return shared.reduce((sum, each) => sum + (failures[each] ?? 0), 0) <= limit;
}
