import { isRangeBound } from "../api/load/range.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { expressionProblems, namesIn, resolveText } from "../expressions/expression.ts";
import { PLACES_TEXT, takesExpressions, textsIn } from "../expressions/places.ts";
import type { Problem } from "./problem.ts";

/** Any run will do to see what a format makes of a time. */
const SOME_RUN = {
  scheduled: "2026-12-01T06:00:00Z",
  interval: { start: "2026-11-30T06:00:00Z", end: "2026-12-01T06:00:00Z" },
};

/** Expressions that stand for nothing, or where none is resolved. */
export function findExpressionProblems(spec: PipelineSpec): Problem[] {
  return Object.entries(spec.nodes).flatMap(([name, node]) => nodeProblems(name, node));
}

function nodeProblems(name: string, node: PipelineNode): Problem[] {
  return textsIn(node).flatMap(({ path, text }): Problem[] => {
    if (!text.includes("$(")) return [];
    const problem = (message: string): Problem => ({
      reason: "InvalidSpec",
      path: ["spec", "nodes", name, ...path],
      message,
    });
    if (!takesExpressions(path))
      return namesIn(text)
        .filter(isOfRun)
        .slice(0, 1)
        .map((each) => problem(misplaced(each)));
    const problems = expressionProblems(text);
    if (problems.length > 0) return problems.map(problem);
    const isBound = path[1] === "range" && path[0] === "load";
    const value = resolveText(text, SOME_RUN);
    if (!isBound || isRangeBound(value)) return [];
    return [
      problem(`expected a number, a date or a time of ISO 8601 for a range, and ${text} makes one such as ${value}`),
    ];
  });
}

/** Elsewhere `$(a.b)` may be a word of another language. */
function isOfRun(name: string): boolean {
  return name.startsWith("run.");
}

function misplaced(name: string): string {
  return `$(${name}) has no value here, because it would be pasted into a program or a name; expressions stand in ${PLACES_TEXT}`;
}
