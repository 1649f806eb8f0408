import { usesInterval } from "../expressions/resolve-node.ts";
import { listed } from "../graph/listing.ts";
import { formatPath, formatProblem, type Problem } from "../graph/problem.ts";
import { resolvePipeline } from "../graph/resolve.ts";
import type { Decision } from "./decide.ts";
import { end } from "./end.ts";
import type { Facts } from "./facts.ts";
import { runTimes } from "./run-times.ts";
import { succeededCondition } from "./succeeded.ts";
import { parseTime } from "./time.ts";
import { whoStops } from "./who-stops.ts";

/*
 * The rules of a run that has not begun. They look at the Pipeline and its Connections, and none of them looks at nodes.
 */

/** How long a run waits for a Pipeline that does not exist, because both may come from one apply in any order. */
const PIPELINE_WAIT_MS = 60_000;
/** How long a run waits for its copy to be stored, as long as an attempt waits for its Job by default. */
const STORE_WAIT_MS = 300_000;
const STORE_RETRY_MS = 5_000;

/** Of the problems of a Pipeline, as many as a person reads; the Pipeline's own conditions and lint have them all. */
const PROBLEMS_MAX = 3000;

export function stoppedBeforeBegin(facts: Facts): Decision | undefined {
  const why = whoStops(facts);
  return why === undefined ? undefined : end("Cancelled", `stopped ${why} before it began`);
}

/** Since when the run is said to wait: by the operator's own clock, which the run's creation is not. */
function waitsSince({ status }: Facts["run"]): number | undefined {
  return parseTime(succeededCondition(status)?.lastTransitionTime);
}

export function missing({ run, copy, pipeline, now }: Facts): Decision | undefined {
  if (copy !== undefined || pipeline !== undefined) return undefined;
  const message = `no Pipeline called ${run.spec.pipeline} exists in namespace ${run.meta.namespace}`;
  const giveUpAt = (waitsSince(run) ?? now) + PIPELINE_WAIT_MS;
  if (now >= giveUpAt) {
    return { ...end("PipelineNotFound", `${message}; create it, then create another run`), restsOnSpec: true };
  }
  return {
    verdict: { succeeded: "Unknown", reason: "PipelineNotFound", message, nodes: {} },
    actions: [],
    wakeAt: giveUpAt,
  };
}

export function suspended({ run, copy, pipeline }: Facts): Decision | undefined {
  if (copy !== undefined || pipeline === undefined) return undefined;
  const spec = pipeline.spec as { readonly suspend?: unknown } | null | undefined;
  const isSuspended = spec === undefined ? pipeline.suspended === true : spec?.suspend === true;
  if (!isSuspended) return undefined;
  const message = `Pipeline ${run.spec.pipeline} is suspended; the run begins when spec.suspend is false`;
  return { verdict: { succeeded: "Unknown", reason: "Suspended", message, nodes: {} }, actions: [] };
}

/** Takes the copy of the spec that the run follows. Nothing else happens until that copy is stored. */
export function begin(facts: Facts): Decision | undefined {
  const { run, copy, pipeline, connections } = facts;
  if (copy !== undefined || pipeline === undefined) return undefined;
  if (pipeline.spec === undefined) return { actions: [], restsOnSpec: true };
  const resolved = resolvePipeline(pipeline.spec, connections);
  if (!resolved.ok) {
    const message = invalidity(run.spec.pipeline, resolved.problems);
    return resolved.mayCome
      ? awaitConnections(facts, message)
      : { ...end("InvalidPipeline", message), restsOnSpec: true };
  }
  const { spec, graph } = resolved;
  const times = runTimes(run, spec, facts.now);
  const place = times.interval === undefined ? usesInterval(spec) : undefined;
  if (place !== undefined) return { ...end("InvalidPipeline", withoutInterval(place)), restsOnSpec: true };
  const nodes = Object.fromEntries(graph.order.map((name) => [name, { state: "Pending" } as const]));
  const message = `0 of ${graph.order.length} nodes have finished`;
  return {
    verdict: {
      succeeded: "Unknown",
      reason: "Running",
      message,
      nodes,
      begin: { spec, uid: pipeline.uid, generation: pipeline.generation, times },
    },
    actions: [],
    restsOnSpec: true,
  };
}

/** A Connection that the Pipeline names may come from the same apply, and by another watch. */
function awaitConnections({ run, now }: Facts, message: string): Decision {
  const giveUpAt = (waitsSince(run) ?? now) + PIPELINE_WAIT_MS;
  if (now >= giveUpAt) return { ...end("InvalidPipeline", message), restsOnSpec: true };
  return {
    verdict: { succeeded: "Unknown", reason: "UnknownReference", message, nodes: {} },
    actions: [],
    wakeAt: giveUpAt,
  };
}

/** The API server would not store the copy: the run has not begun. It is tried again for a while. */
export function decideUnstored({ run, now }: Pick<Facts, "run" | "now">, message: string): Decision {
  const giveUpAt = (waitsSince(run) ?? now) + STORE_WAIT_MS;
  if (now >= giveUpAt) return end("SpecNotStored", message);
  const verdict = { succeeded: "Unknown", reason: "SpecNotStored", message, nodes: {} } as const;
  return { verdict, actions: [], wakeAt: Math.min(now + STORE_RETRY_MS, giveUpAt) };
}

function withoutInterval(place: readonly (string | number)[]): string {
  return `${formatPath(place)} names the run's interval, and the run has none: create it with spec.interval, or give the Pipeline a schedule`;
}

function invalidity(pipeline: string, problems: readonly Problem[]): string {
  return `Pipeline ${pipeline} is not valid: ${listed(problems.map(formatProblem), PROBLEMS_MAX, "; ")}`;
}
