import { PipelineSpec } from "../api/pipeline.ts";
import { sortSpec } from "../graph/graph.ts";
import { formatProblem } from "../graph/problem.ts";
import { checkSchema } from "../graph/schema-problem.ts";
import type { CopyFacts } from "./facts.ts";

/**
 * The copy of a spec that a run has begun with. It was checked when the run began: what a later version finds wrong with Pipelines
 * does not end a run under way, as long as the copy can be read at all.
 */
export function readCopy(data: unknown): CopyFacts {
  const checked = checkSchema(PipelineSpec, data, ["spec"]);
  if (!checked.ok) {
    const problems = checked.problems.map(formatProblem).join("; ");
    return lost(`this version cannot read the copy of the spec that the run began with: ${problems}`);
  }
  const { value: spec } = checked;
  const graph = sortSpec(spec.nodes);
  if ("path" in graph)
    return lost(`the nodes of the run's copy need each other in a circle: ${graph.path.join(" → ")}`);
  return { state: "read", spec, graph };
}

function lost(message: string): CopyFacts {
  return { state: "lost", reason: "InvalidPipeline", message };
}
