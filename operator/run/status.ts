import { formatDuration } from "../api/duration.ts";
import type { NodeStatus, PipelineRunStatus, TestCounts } from "../api/pipeline-run.ts";
import type { Condition } from "../api/status.ts";
import type { Verdict } from "./decide.ts";
import type { Facts } from "./facts.ts";
import { parseTime, timeText } from "./time.ts";

/** The whole status that says a verdict. Times that tell of the past are kept from the stored status. */
export function statusOf(verdict: Verdict, { run, now }: Facts): PipelineRunStatus {
  const stored = run.status;
  const begun = verdict.begin;
  const started = stored.started ?? (begun === undefined ? undefined : timeText(now));
  const startedAt = parseTime(started);
  const ended = verdict.succeeded !== "Unknown";
  const nodes = Object.values(verdict.nodes);
  const counts = countStates(nodes);
  const done = counts.total - counts.active - nodes.filter(({ state }) => state === "Pending").length;
  return {
    ...stored,
    ...(begun === undefined ? {} : { pipelineSpec: begun.spec, pipelineGeneration: begun.generation }),
    observedGeneration: run.meta.generation ?? 0,
    conditions: [condition(verdict, stored, run.meta.generation ?? 0, now)],
    ...(started === undefined ? {} : { started }),
    ...(ended
      ? {
          finished: timeText(now),
          ...(startedAt === undefined ? {} : { duration: formatDuration(now - startedAt) }),
        }
      : {}),
    progress: `${done}/${counts.total}`,
    counts,
    rows: total(nodes.map((node) => node.rows ?? 0)),
    ...testsOf(nodes),
    nodes: { ...verdict.nodes },
  };
}

function countStates(nodes: readonly NodeStatus[]): NonNullable<PipelineRunStatus["counts"]> {
  const count = (...states: readonly NodeStatus["state"][]) =>
    nodes.filter(({ state }) => states.includes(state)).length;
  return {
    total: nodes.length,
    succeeded: count("Succeeded"),
    failed: count("Failed"),
    skipped: count("Skipped"),
    cancelled: count("Cancelled"),
    active: count("Starting", "Running", "Retrying"),
  };
}

/** A sum that the status can hold, whatever the containers of a run claim. */
function total(counts: readonly number[]): number {
  return Math.min(
    counts.reduce((sum, count) => sum + count, 0),
    Number.MAX_SAFE_INTEGER,
  );
}

function testsOf(nodes: readonly NodeStatus[]): { tests?: TestCounts } {
  const tested = nodes.flatMap(({ tests }) => (tests === undefined ? [] : [tests]));
  if (tested.length === 0) return {};
  const sum = (key: keyof TestCounts) => total(tested.map((tests) => tests[key]));
  return { tests: { passed: sum("passed"), warned: sum("warned"), failed: sum("failed"), errored: sum("errored") } };
}

function condition(verdict: Verdict, stored: PipelineRunStatus, generation: number, now: number): Condition {
  const before = stored.conditions?.find(({ type }) => type === "Succeeded");
  return {
    type: "Succeeded",
    status: verdict.succeeded,
    observedGeneration: generation,
    lastTransitionTime: before?.status === verdict.succeeded ? before.lastTransitionTime : timeText(now),
    reason: verdict.reason,
    message: verdict.message.slice(0, 4096),
  };
}

/** A node that changed its state between two statuses. */
export interface NodeTransition {
  readonly name: string;
  readonly before: NodeStatus | undefined;
  readonly after: NodeStatus;
}

/** The nodes whose state or attempt differs: what events and metrics tell of. */
export function nodeTransitions(before: PipelineRunStatus, after: PipelineRunStatus): NodeTransition[] {
  const known = new Map(Object.entries(before.nodes ?? {}));
  return Object.entries(after.nodes ?? {}).flatMap(([name, node]) => {
    const old = known.get(name);
    const same =
      old !== undefined && old.state === node.state && old.attempt === node.attempt && old.reason === node.reason;
    return same ? [] : [{ name, before: old, after: node }];
  });
}

/** Whether two statuses differ in anything that is worth a write. */
export function statusDiffers(before: object, after: object): boolean {
  return JSON.stringify(sorted(before)) !== JSON.stringify(sorted(after));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}

/**
 * Whether somebody waits for the change: the run's own reason, a failure, a retry, a reason to wait. What goes as it should, a
 * node's start and success among it, is said every other second, so that a chain of short nodes costs few writes.
 */
export function isUrgent(before: PipelineRunStatus, after: PipelineRunStatus): boolean {
  const is = after.conditions?.[0];
  const was = before.conditions?.[0];
  if (is?.status !== was?.status || is?.reason !== was?.reason) return true;
  return nodeTransitions(before, after).some(
    ({ after: node }) =>
      node.state === "Failed" || node.state === "Retrying" || (node.state === "Starting" && node.reason !== undefined),
  );
}
