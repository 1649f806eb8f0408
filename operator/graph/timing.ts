import { DURATION_MAX_DAYS, durationMs } from "../api/duration.ts";
import { type PipelineNode, type PipelineSpec, WAIT_DEFAULTS } from "../api/pipeline.ts";
import { retriesOf } from "../api/retries.ts";
import type { Problem } from "./problem.ts";

type Path = Problem["path"];

/**
 * Times under which nothing could ever succeed, or that contradict each other.
 *
 * | field                                      | what is wrong                                           |
 * |--------------------------------------------|---------------------------------------------------------|
 * | timeout, attemptTimeout and the waits      | nothing is allowed no time at all: 0s                   |
 * | attemptTimeout                             | longer than the node's timeout, which ends it before    |
 * | timeout, attemptTimeout of a node          | longer than the pipeline's timeout: the same            |
 * | startTimeout, capacityTimeout              | longer than any of these that ends the node before      |
 * | retries.backoff                            | initial is longer than max                              |
 * | history.ttl                                | 0s, where runs are to be kept                           |
 * | all of them                                | longer than a hundred years: a slip of the keyboard     |
 */
export function findTimingProblems(spec: PipelineSpec): Problem[] {
  return [
    ...timeoutProblem(spec.timeout, ["spec", "timeout"]),
    ...backoffProblems({}, spec, ["spec"]),
    ...historyProblems(spec),
    ...Object.entries(spec.nodes).flatMap(([name, node]) => nodeProblems(["spec", "nodes", name], node, spec)),
  ];
}

function nodeProblems(at: Path, node: PipelineNode, spec: PipelineSpec): Problem[] {
  const fields = ["timeout", "attemptTimeout", "startTimeout", "capacityTimeout"] as const;
  const own = fields.flatMap((field) => timeoutProblem(node[field], [...at, field]));
  return [
    ...own,
    ...contradictions(at, node, spec),
    ...waitProblems(at, node, spec),
    ...backoffProblems(node, spec, at),
  ];
}

/** Times that others end before. A run that says a longer timeout of its own is held to this as well: every run without one would be cut. */
function contradictions(
  at: Path,
  { timeout, attemptTimeout }: PipelineNode,
  { timeout: whole }: PipelineSpec,
): Problem[] {
  if (isLonger(timeout, whole)) {
    const message = `the node may take ${timeout}, and the whole run ${whole} (spec.timeout): give the run more time, or the node less`;
    return [invalid([...at, "timeout"], message)];
  }
  if (isLonger(attemptTimeout, timeout)) {
    const message = `an attempt may take ${attemptTimeout}, and the node with all its attempts ${timeout}: give the node more time, or an attempt less`;
    return [invalid([...at, "attemptTimeout"], message)];
  }
  if (timeout !== undefined || !isLonger(attemptTimeout, whole)) return [];
  const message = `an attempt may take ${attemptTimeout}, and the whole run ${whole} (spec.timeout): give the run more time, or an attempt less`;
  return [invalid([...at, "attemptTimeout"], message)];
}

/** Waits that somebody else ends before they are over. A default is nobody's word: it is cut without one. */
function waitProblems(at: Path, node: PipelineNode, { timeout: whole }: PipelineSpec): Problem[] {
  const limits = [
    ["an attempt", node.attemptTimeout, "attemptTimeout", "startTimeout"],
    ["the node", node.timeout, "timeout", undefined],
    ["the whole run", whole, "spec.timeout", undefined],
  ] as const;
  return (["startTimeout", "capacityTimeout"] as const).flatMap((field) => {
    if (node[field] === WAIT_DEFAULTS[field]) return [];
    const limit = limits.find(([, time, , of = field]) => of === field && isLonger(node[field], time));
    if (limit === undefined) return [];
    const [what, time, name] = limit;
    const waits = field === "startTimeout" ? "the pod may take" : "the node may wait for room for";
    const message = `${waits} ${node[field]}${field === "startTimeout" ? " to start" : ""}, and ${what} may take ${time} in all (${name}): raise ${name}, or shorten ${field}`;
    return [invalid([...at, field], message)];
  });
}

/** A limit of nothing is a problem of its own. */
function isLonger(time: string | undefined, limit: string | undefined): boolean {
  return time !== undefined && limit !== undefined && durationMs(limit) > 0 && durationMs(time) > durationMs(limit);
}

function timeoutProblem(timeout: string | undefined, path: Path): Problem[] {
  if (timeout === undefined) return [];
  if (durationMs(timeout) === 0)
    return [invalid(path, `expected more than 0s, found ${timeout}; leave it out where there is no limit`)];
  return tooLong(timeout, path);
}

function tooLong(duration: string | undefined, path: Path): Problem[] {
  const isLong = duration !== undefined && durationMs(duration) >= durationMs(`${DURATION_MAX_DAYS}d`);
  return isLong ? [invalid(path, `expected less than a hundred years, found ${duration}`)] : [];
}

/** The waiting times of a node, or of the pipeline where no node is given; a problem of the pipeline's is reported once, there. */
function backoffProblems(node: Pick<PipelineNode, "retries">, spec: PipelineSpec, at: Path): Problem[] {
  const isPipeline = at.length === 1;
  const said = (isPipeline ? spec : node).retries?.backoff;
  if (said === undefined) return [];
  const path = [...at, "retries", "backoff"];
  const long = (["initial", "max"] as const).flatMap((field) => tooLong(said[field], [...path, field]));
  const { initial, max } = retriesOf(node, spec).backoff;
  if ((said.initial ?? said.max) === undefined || durationMs(initial) <= durationMs(max)) return long;
  const field = said.initial === undefined ? "max" : "initial";
  return [
    ...long,
    invalid(
      [...path, field],
      `the first waiting time is ${initial}, and the longest one ${max}: initial cannot be more than max`,
    ),
  ];
}

function historyProblems({ history: { succeeded, failed, ttl } }: PipelineSpec): Problem[] {
  const path = ["spec", "history", "ttl"];
  if (durationMs(ttl) > 0 || succeeded + failed === 0) return tooLong(ttl, path);
  const kept = succeeded > 0 ? `history.succeeded keeps ${succeeded}` : `history.failed keeps ${failed}`;
  return [invalid(path, `${ttl} deletes a run the moment it ends, and ${kept}: set a longer time, or keep 0 of both`)];
}

function invalid(path: Path, message: string): Problem {
  return { reason: "InvalidSpec", path, message };
}
