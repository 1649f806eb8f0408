import { COPY_BYTES_MAX, type PipelineNode, PipelineSpec, SPEC_BYTES_MAX } from "../api/pipeline.ts";
import { NODE_SPEC_BYTES_MAX } from "../api/task.ts";
import type { RunValues } from "../expressions/expression.ts";
import { namedBySpec, resolveSpec } from "../expressions/resolve-node.ts";
import { readName } from "../expressions/values.ts";
import { findCheckProblems } from "./checks.ts";
import { findCleanupProblems } from "./cleanup.ts";
import { findComputeProblems } from "./compute.ts";
import { findContainerProblems } from "./container.ts";
import { findExpressionProblems, findPieceProblems } from "./expressions.ts";
import { findFanOutProblems } from "./fan-out.ts";
import { type Graph, sortSpec } from "./graph.ts";
import { findHttpParameterProblems } from "./http-parameters.ts";
import { judgeableRest } from "./judgeable.ts";
import { findStatusProblems } from "./largest-status.ts";
import { findLoadColumnProblems } from "./load-columns.ts";
import { findObjectWarehouseProblems } from "./object-warehouse.ts";
import { findParamProblems, someRun } from "./params.ts";
import { findPodProblems } from "./pod.ts";
import type { Problem } from "./problem.ts";
import { findProjectProblems } from "./project.ts";
import { findReferenceProblems } from "./references.ts";
import { findRuleProblems } from "./rules.ts";
import { findScheduleProblems } from "./schedule.ts";
import { checkSchema } from "./schema-problem.ts";
import { findSharedTargetProblems } from "./shared-targets.ts";
import { findTimingProblems } from "./timing.ts";

export type Validation =
  | { readonly ok: true; readonly spec: PipelineSpec; readonly graph: Graph }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

/** Checks a Pipeline's spec as the operator and a run's beginning do: size, then schema, times, compute, references, cycles. */
export function validatePipeline(spec: unknown): Validation {
  const large = findSizeProblem(spec);
  return large === undefined ? validateSpec(spec) : invalid([large]);
}

/** A spec that is too large for the operator to look at it. */
export function findSizeProblem(spec: unknown): Problem | undefined {
  return findOversize(spec, SPEC_BYTES_MAX, "JSON");
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

/** What {@link validatePipeline} checks besides the size. What one stage finds keeps no other stage from the rest of the spec. */
export function validateSpec(spec: unknown): Validation {
  const checked = checkSchema(PipelineSpec, spec, ["spec"]);
  if (!checked.ok) {
    const rest = judgeableRest(PipelineSpec, spec, ["spec"], checked.problems);
    const more = rest === undefined ? [] : findProblems(rest.value).filter((problem) => !rest.isDoubtful(problem));
    return invalid([...checked.problems, ...(rest?.problems ?? []), ...more]);
  }
  const written = findProblems(checked.value);
  const some = written.length > 0 ? undefined : someRun(checked.value.params, paramsNamed(checked.value));
  const problems = some === undefined ? written : findRunProblems(checked.value, some);
  const graph = graphOf(checked.value);
  return problems.length > 0 || "path" in graph ? invalid(problems) : { ok: true, spec: checked.value, graph };
}

/** What is wrong with a valid spec once a run's parameters and times stand in it. */
export function findRunProblems(spec: PipelineSpec, run: RunValues): readonly Problem[] {
  const pieces = findPieceProblems(spec, run);
  if (pieces.length > 0) return pieces;
  const resolved = resolveSpec(spec, run);
  if (resolved === spec) return [];
  const checked = checkSchema(PipelineSpec, resolved, ["spec"]);
  return checked.ok ? findResolvedProblems(checked.value) : checked.problems;
}

function paramsNamed(spec: PipelineSpec): ReadonlySet<string> {
  const names = namedBySpec(spec).flatMap(({ name }) => {
    const read = readName(name);
    return read?.of === "params" ? [read.param] : [];
  });
  return new Set(names);
}

/** Everything that is wrong with a spec whose schema is content. */
function findProblems(spec: PipelineSpec): readonly Problem[] {
  return [...findParamProblems(spec), ...findExpressionProblems(spec), ...findResolvedProblems(spec)];
}

/** What is wrong with a spec whatever its expressions stand for, or once they are resolved. */
function findResolvedProblems(spec: PipelineSpec): readonly Problem[] {
  const nodes = Object.entries(spec.nodes);
  return [
    ...nodes.flatMap(([name, node]) => sizeProblems(name, node)),
    ...findStatusProblems(spec),
    ...findTimingProblems(spec),
    ...findScheduleProblems(spec),
    ...findComputeProblems(spec),
    ...findContainerProblems(spec),
    ...findPodProblems(spec),
    ...findProjectProblems(spec),
    ...findReferenceProblems(spec),
    ...findRuleProblems(spec),
    ...findCheckProblems(spec),
    ...findCleanupProblems(spec),
    ...findFanOutProblems(spec),
    ...findLoadColumnProblems(spec),
    ...findHttpParameterProblems(spec),
    ...findSharedTargetProblems(spec),
    ...findObjectWarehouseProblems(spec),
    ...findCycleProblems(spec),
  ];
}

function graphOf(spec: PipelineSpec) {
  return sortSpec(spec.nodes);
}

/** A node that needs itself is a problem of its references. */
function findCycleProblems(spec: PipelineSpec): readonly Problem[] {
  const graph = graphOf(spec);
  if (!("path" in graph)) return [];
  const { path } = graph;
  const [first = "", second] = path;
  if (first === second) return [];
  const message = `the nodes need each other in a circle: ${path.join(" → ")}; remove one of these needs`;
  return [{ reason: "InvalidGraph", path: ["spec", "nodes", first, "needs"], message }];
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
