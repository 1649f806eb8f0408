import type { ParamValue } from "../api/params/param-values.ts";
import type { PipelineSpec } from "../api/pipeline.ts";
import { namesIn } from "../expressions/expression.ts";
import { textsIn } from "../expressions/places.ts";
import { usesInterval } from "../expressions/resolve-node.ts";
import { listed } from "../graph/listing.ts";
import { formatPath, formatProblem, type Problem } from "../graph/problem.ts";
import { resolvePipeline } from "../graph/resolve.ts";
import { findRunProblems } from "../graph/validate.ts";
import { resolveParams } from "../params/resolve-params.ts";
import type { Decision } from "./decide.ts";
import { end } from "./end.ts";
import type { Facts } from "./facts.ts";
import { type RunTimes, runTimes } from "./run-times.ts";
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
  const place = times.interval === undefined ? intervalNamed(spec, run.spec.params) : undefined;
  if (place !== undefined) return { ...end("InvalidPipeline", withoutInterval(place)), restsOnSpec: true };
  const params = paramsOf(run.spec, spec, times);
  if (!params.ok) return { ...end("InvalidParameters", params.why), restsOnSpec: true };
  const nodes = Object.fromEntries(graph.order.map((name) => [name, { state: "Pending" } as const]));
  const message = `0 of ${graph.order.length} nodes have finished`;
  return {
    verdict: {
      succeeded: "Unknown",
      reason: "Running",
      message,
      nodes,
      begin: { spec, uid: pipeline.uid, generation: pipeline.generation, times, ...params.begin },
    },
    actions: [],
    restsOnSpec: true,
  };
}

type BeginParams =
  | { readonly ok: true; readonly begin: { readonly params?: Readonly<Record<string, ParamValue>> } }
  | { readonly ok: false; readonly why: string };

/** The run's parameters, by which its Pipeline is valid still: a run with others does not begin. */
function paramsOf(
  { pipeline, params: said = {} }: Facts["run"]["spec"],
  spec: PipelineSpec,
  times: RunTimes,
): BeginParams {
  const resolved = resolveParams(spec.params ?? {}, said, times);
  if (!resolved.ok) {
    const faults = resolved.faults.map(({ path, why }) => `${formatPath(["spec", "params", ...path])}: ${why}`);
    return { ok: false, why: `the run does not begin: ${listed(faults, PROBLEMS_MAX, "; ")}` };
  }
  const problems = findRunProblems(spec, { ...times, params: resolved.values });
  if (problems.length > 0) return { ok: false, why: `with the run's parameters ${invalidity(pipeline, problems)}` };
  return { ok: true, begin: spec.params === undefined ? {} : { params: resolved.values } };
}

/** The first place that names the run's interval, among them the defaults that the run takes. */
function intervalNamed(
  spec: PipelineSpec,
  said: Readonly<Record<string, unknown>> = {},
): readonly (string | number)[] | undefined {
  const named = Object.entries(spec.params ?? {}).find(([name, param]) => {
    const names = textsIn(param.default).flatMap(({ text }) => namesIn(text));
    return !Object.hasOwn(said, name) && names.some((each) => each.startsWith("run.interval."));
  });
  return named === undefined ? usesInterval(spec) : ["spec", "params", named[0], "default"];
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
