import type { TaskHealth } from "#api/health.ts";
import type { TestCounts } from "#api/pipeline-run.ts";
import type { NodeResult, NodeStatus } from "../dbt/run/node-result.ts";
import type { Doing } from "../dbt/run/verbs.ts";
import { ConfigurationError, DataError, failureOfKind, foreignCode } from "../errors.ts";
import { kindOfSqlState } from "../postgres/sqlstate.ts";
import type { Outcome } from "./command.ts";

/** Results that a message names; the log and the node's items have all of them. */
const NAMED_MAX = 3;

/**
 * The outcome of all nodes, or the failure that the worst of them means: an error before a failing test. Sources that are too old fail as
 * tests do, and those whose age could not be told as nodes that could not run.
 */
export function conclude(results: readonly NodeResult[], does: Doing, health: TaskHealth = {}): Outcome {
  const of = (...states: readonly NodeStatus[]) => results.filter(({ status }) => states.includes(status));
  const isStale = ({ freshness }: NodeResult) => freshness !== undefined;
  const errors = of("error", "runtime error", "partial success").filter((each) => !isStale(each));
  const failed = [...of("fail"), ...of("error").filter(isStale)];
  const skipped = of("skipped");
  const tests: TestCounts = {
    passed: of("pass").length,
    warned: of("warn").length,
    failed: failed.length,
    errored: errors.filter(({ id }) => /^(?:(?:unit_)?test|source)\./.test(id)).length,
  };
  const rows = results.reduce((sum, each) => sum + (each.rows ?? 0), 0);
  const measured = {
    ...(does === "run" ? { rows } : {}),
    ...(Object.values(tests).some((count) => count > 0) ? { tests } : {}),
    ...(Object.keys(health).length > 0 ? { health } : {}),
  };
  const summary = `${results.length} ${does === "freshness" ? "source" : "node"}${results.length === 1 ? "" : "s"}: ${countsOf(results)}${reusedOf(results)}`;
  if (errors.length + failed.length === 0) return { ...measured, message: summary };
  const named = firstOf([...errors, ...failed].map(({ id, message }) => `${id}: ${message}`));
  const left = skipped.length === 0 ? "" : `; skipped because of it: ${skipped.length}`;
  const message = `${summary}. ${named}${left}`;
  const [error] = errors;
  if (error === undefined) throw new DataError("CheckFailed", message, { measured });
  if (error.sqlState === null) throw new ConfigurationError("InvalidProject", message, { measured });
  throw failureOfKind(kindOfSqlState(error.sqlState), foreignCode(error.sqlState), message, { measured });
}

function reusedOf(results: readonly NodeResult[]): string {
  const count = results.filter(({ isReused }) => isReused === true).length;
  return count === 0 ? "" : `, ${count} of them by an earlier attempt`;
}

function countsOf(results: readonly NodeResult[]): string {
  const counts = new Map<string, number>();
  for (const { status } of results) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
}

/** The first texts, and how many more there are. */
export function firstOf(texts: readonly string[]): string {
  const rest = texts.length - NAMED_MAX;
  return [...texts.slice(0, NAMED_MAX), ...(rest > 0 ? [`${rest} more in the log`] : [])].join("; ");
}
