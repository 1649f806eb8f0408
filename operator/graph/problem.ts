import type { Reason } from "../api/reasons.ts";

/** Something wrong with a manifest: where, what was found, what was expected and what to do. */
export interface Problem {
  readonly reason: Reason;
  /** Keys from the manifest's root, such as ["spec", "nodes", "raw", "needs", 0]. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Maps whose keys people choose; what is in one stands in brackets. */
const MAPS: readonly unknown[] = ["nodes", "connections", "params", "labels", "annotations", "nodeSelector"];

/** `spec.nodes[raw].needs[0]`, as the API server writes paths. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const [index, key] of path.entries()) {
    const parent = path[index - 1];
    if (typeof key === "number" || MAPS.includes(parent)) text += `[${key}]`;
    else text += index === 0 ? key : `.${key}`;
  }
  return text;
}

export function formatProblem(problem: Problem): string {
  return `${formatPath(problem.path)}: ${problem.message}`;
}
