import { COPY_BYTES_MAX, type PipelineNode, PipelineSpec, SPEC_BYTES_MAX } from "../api/pipeline.ts";
import { NODE_SPEC_BYTES_MAX } from "../api/task.ts";
import { findCheckProblems } from "./checks.ts";
import { findCleanupProblems } from "./cleanup.ts";
import { findComputeProblems } from "./compute.ts";
import { findContainerProblems } from "./container.ts";
import { findExpressionProblems } from "./expressions.ts";
import { findFanOutProblems } from "./fan-out.ts";
import { type Graph, sortNodes } from "./graph.ts";
import { findHttpParameterProblems } from "./http-parameters.ts";
import { findStatusProblems } from "./largest-status.ts";
import { findLoadColumnProblems } from "./load-columns.ts";
import { findObjectWarehouseProblems } from "./object-warehouse.ts";
import { findPodProblems } from "./pod.ts";
import type { Problem } from "./problem.ts";
import { findProjectProblems } from "./project.ts";
import { findReferenceProblems, needsOf } from "./references.ts";
import { findScheduleProblems } from "./schedule.ts";
import { checkSchema } from "./schema-problem.ts";
import { findSharedTargetProblems } from "./shared-targets.ts";
import { findTimingProblems } from "./timing.ts";

export type Validation =
  | { readonly ok: true; readonly spec: PipelineSpec; readonly graph: Graph }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

/** Checks a Pipeline's spec as the operator, the lint script and a run's beginning do: schema, sizes, times, compute, references, cycles. */
export function validatePipeline(spec: unknown): Validation {
  const large = findOversize(spec, SPEC_BYTES_MAX, "JSON");
  return large === undefined ? validateSpec(spec) : invalid([large]);
}

/** Whether a run can keep this copy of a spec. */
export function findCopyProblem(spec: PipelineSpec): Problem | undefined {
  return findOversize(spec, COPY_BYTES_MAX, "JSON, with defaults and Connection resources filled in");
}

function findOversize(spec: unknown, bytesMax: number, what: string): Problem | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(spec) ?? "");
  if (bytes <= bytesMax) return undefined;
  const message = `expected at most ${bytesMax} bytes of ${what}, found ${bytes}; split the pipeline in two, or move long SQL into models`;
  return { reason: "InvalidSpec", path: ["spec"], message };
}

/** What {@link validatePipeline} checks besides the size. */
export function validateSpec(spec: unknown): Validation {
  const checked = checkSchema(PipelineSpec, spec, ["spec"]);
  if (!checked.ok) return checked;
  const nodes = Object.entries(checked.value.nodes);
  const problems = [
    ...nodes.flatMap(([name, node]) => sizeProblems(name, node)),
    ...findStatusProblems(checked.value),
    ...findTimingProblems(checked.value),
    ...findScheduleProblems(checked.value),
    ...findExpressionProblems(checked.value),
    ...findComputeProblems(checked.value),
    ...findContainerProblems(checked.value),
    ...findPodProblems(checked.value),
    ...findProjectProblems(checked.value),
    ...findReferenceProblems(checked.value),
    ...findCheckProblems(checked.value),
    ...findCleanupProblems(checked.value),
    ...findFanOutProblems(checked.value),
    ...findLoadColumnProblems(checked.value),
    ...findHttpParameterProblems(checked.value),
    ...findSharedTargetProblems(checked.value),
    ...findObjectWarehouseProblems(checked.value),
  ];
  if (problems.length > 0) return invalid(problems);
  const graph = sortNodes(new Map(nodes.map(([name, node]) => [name, needsOf(node)] as const)));
  if ("path" in graph) {
    const [first] = graph.path;
    return invalid([
      {
        reason: "InvalidGraph",
        path: ["spec", "nodes", first ?? "", "needs"],
        message: `the nodes need each other in a circle: ${graph.path.join(" → ")}; remove one of these needs`,
      },
    ]);
  }
  return { ok: true, spec: checked.value, graph };
}

function invalid(problems: readonly Problem[]): Validation {
  return { ok: false, problems: problems as [Problem, ...Problem[]] };
}

/** A node travels to its task in one environment variable. */
function sizeProblems(name: string, node: PipelineNode): Problem[] {
  const bytes = Buffer.byteLength(JSON.stringify(node));
  if (bytes <= NODE_SPEC_BYTES_MAX) return [];
  const message = `expected at most ${NODE_SPEC_BYTES_MAX} bytes of JSON, found ${bytes}; split the node in two, or move long SQL into models`;
  return [{ reason: "InvalidSpec", path: ["spec", "nodes", name], message }];
}
