import {
  COUNTED_KINDS,
  type Counted,
  HEALTH_KINDS,
  type HealthKind,
  type NodeHealth,
  type RunHealth,
  type Share,
  type TaskHealth,
} from "../api/health.ts";
import type { NodeStatus, PipelineRunStatus, TestCounts } from "../api/pipeline-run.ts";
import { isFinished, succeededCondition } from "./succeeded.ts";

/** The counts of a task as a node's status has them, in few bytes: `9/10`. */
export function nodeHealth(health: TaskHealth): NodeHealth {
  const texts = COUNTED_KINDS.flatMap((kind) => {
    const counted = health[kind];
    return counted === undefined ? [] : [[kind, `${counted.good}/${counted.of}`] as const];
  });
  return Object.fromEntries(texts);
}

/** The health of a node, of what its parts say. */
export function partsHealth(parts: readonly (NodeHealth | undefined)[]): NodeHealth | undefined {
  const sums = COUNTED_KINDS.flatMap((kind) => {
    const counted = sumOf(parts.map((each) => each?.[kind]));
    return counted === undefined ? [] : [[kind, counted] as const];
  });
  return sums.length === 0 ? undefined : nodeHealth(Object.fromEntries(sums));
}

/** The health of a run that has ended, over all of its nodes; nothing where no node says anything of it. */
export function runHealth(
  nodes: readonly NodeStatus[],
  tests: TestCounts | undefined,
): { readonly health?: RunHealth } {
  const shares = HEALTH_KINDS.flatMap((kind) => {
    const counted = kind === "tests" ? testsCounted(tests) : sumOf(nodes.map(({ health }) => health?.[kind]));
    const share = counted === undefined ? undefined : shareOf(counted);
    return share === undefined ? [] : [[kind, share] as const];
  });
  return shares.length === 0 ? {} : { health: Object.fromEntries(shares) };
}

function testsCounted(tests: TestCounts | undefined): Counted | undefined {
  if (tests === undefined) return undefined;
  const { passed, warned, failed, errored } = tests;
  return { good: passed, of: Math.min(passed + warned + failed + errored, Number.MAX_SAFE_INTEGER) };
}

function sumOf(texts: readonly (string | undefined)[]): Counted | undefined {
  const counts = texts.flatMap((text) => {
    const [, good, of] = /^(\d+)\/(\d+)$/.exec(text ?? "") ?? [];
    return of === undefined ? [] : [{ good: Number(good), of: Number(of) }];
  });
  if (counts.length === 0) return undefined;
  return counts.reduce((sum, each) => ({ good: sum.good + each.good, of: sum.of + each.of }));
}

/** Nothing of nothing has no share. */
function shareOf({ good, of }: Counted): Share | undefined {
  return of === 0 ? undefined : { good, of, percent: Math.floor((100 * good) / of) };
}

type EndedRun = Pick<PipelineRunStatus, "conditions" | "finished" | "health">;

/**
 * How healthy a Pipeline is, from 0 to 1: each kind by the latest run that says something of it. A run that was cancelled has not seen
 * all, and does not count.
 */
export function pipelineHealth(runs: readonly EndedRun[]): Readonly<Partial<Record<HealthKind, number>>> {
  const newestFirst = runs
    .filter((run) => isFinished(run) && succeededCondition(run)?.reason !== "Cancelled")
    .toSorted((a, b) => ((a.finished ?? "") < (b.finished ?? "") ? 1 : -1));
  const ratios = HEALTH_KINDS.flatMap((kind) => {
    const share = newestFirst.find(({ health }) => health?.[kind] !== undefined)?.health?.[kind];
    return share === undefined || share.of === 0 ? [] : [[kind, share.good / share.of] as const];
  });
  return Object.fromEntries(ratios);
}
