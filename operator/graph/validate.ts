import type { z } from "zod";
import { PipelineSpec } from "../api/pipeline.ts";
import { type Graph, sortNodes } from "./graph.ts";
import type { Problem } from "./problem.ts";
import { findReferenceProblems } from "./references.ts";

export type Validation =
  | { readonly ok: true; readonly spec: PipelineSpec; readonly graph: Graph }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

/** Checks a Pipeline's spec as the operator, the lint script and a run's beginning do: schema, references, cycles. */
export function validatePipeline(spec: unknown): Validation {
  const parsed = PipelineSpec.safeParse(spec);
  if (!parsed.success) return invalid(parsed.error.issues.map((issue) => schemaProblem(issue, ["spec"])));
  const problems = findReferenceProblems(parsed.data);
  if (problems.length > 0) return invalid(problems);
  const graph = sortNodes(
    new Map(Object.entries(parsed.data.nodes).map(([name, node]) => [name, node.needs ?? []] as const)),
  );
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
  return { ok: true, spec: parsed.data, graph };
}

function invalid(problems: readonly Problem[]): Validation {
  return { ok: false, problems: problems as [Problem, ...Problem[]] };
}

/** A finding of the schema as a problem; unknown fields are named with the fields that exist beside them. */
export function schemaProblem(issue: z.core.$ZodIssue, root: readonly string[]): Problem {
  const path = [...root, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
  if (issue.code === "unrecognized_keys") {
    return {
      reason: "InvalidSpec",
      path: [...path, issue.keys[0] ?? ""],
      message: `unknown field ${issue.keys.join(", ")}`,
    };
  }
  return { reason: "InvalidSpec", path, message: issue.message };
}
