import type { ConnectionSpec } from "../api/connection.ts";
import type { PipelineSpec } from "../api/pipeline.ts";
import type { Graph } from "./graph.ts";
import type { Problem } from "./problem.ts";
import { resolveConnections } from "./references.ts";
import { findCopyProblem, validatePipeline, validateSpec } from "./validate.ts";

/** A Pipeline as a run follows it: valid, with its Connection resources filled in. */
export type Resolved =
  | { readonly ok: true; readonly spec: PipelineSpec; readonly graph: Graph }
  | {
      readonly ok: false;
      /** As far as they are known without the Connections. */
      readonly graph?: Graph;
      readonly problems: readonly [Problem, ...Problem[]];
      /** Nothing but Connections is missing, which may come from the same apply. */
      readonly mayCome: boolean;
    };

/** What shows only with the Connection resources in their places: whether they exist, are of the right kind, and fit each other. */
export function resolvePipeline(stored: unknown, connections: ReadonlyMap<string, ConnectionSpec>): Resolved {
  const validation = validatePipeline(stored);
  if (!validation.ok) return { ok: false, problems: validation.problems, mayCome: false };
  const { graph } = validation;
  const { spec, problems } = resolveConnections(validation.spec, connections);
  const [first, ...others] = problems;
  if (first !== undefined) return { ok: false, graph, problems: [first, ...others], mayCome: true };
  const resolved = spec === validation.spec ? validation : validateSpec(spec);
  if (!resolved.ok) return { ok: false, graph, problems: resolved.problems, mayCome: false };
  const large = findCopyProblem(spec);
  return large === undefined ? { ok: true, spec, graph } : { ok: false, graph, problems: [large], mayCome: false };
}
