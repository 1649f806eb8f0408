import type { PipelineNode } from "../api/pipeline.ts";
import type { NodeState, NodeStatus } from "../api/pipeline-run.ts";
import { namedByNode } from "../expressions/resolve-node.ts";
import { readName, runValue } from "../expressions/values.ts";
import { formatPath } from "../graph/problem.ts";
import type { NodeContext, NodeDecision } from "./node.ts";
import { settle, words } from "./node-waits.ts";

/**
 * Whether a node that may begin has the results of other nodes that it names.
 *
 * | results  | what is true                                                             | what is done                        |
 * |----------|--------------------------------------------------------------------------|-------------------------------------|
 * | known    | the stored status has all of them: a Job made again has the same         | it begins                           |
 * | unstored | a named node has ended in this pass                                      | the status is stored, then it begins |
 * | missing  | a named node has ended without such a result, or without success         | it fails, with the place that names it |
 */
export type Results =
  | { readonly are: "known" }
  | { readonly are: "unstored" }
  | { readonly are: "missing"; readonly message: string };

const OVER: readonly NodeState[] = ["Succeeded", "Failed", "Skipped", "Cancelled"];

export function resultsFor(node: PipelineNode, stored: Readonly<Record<string, NodeStatus>> = {}): Results {
  let are: "known" | "unstored" = "known";
  for (const { name, path } of namedByNode(node)) {
    const read = readName(name);
    if (read?.of !== "nodes") continue;
    const source = stored[read.node];
    if (source === undefined || !OVER.includes(source.state)) are = "unstored";
    else if (runValue(name, { nodes: stored }) === undefined) {
      const why = source.state === "Succeeded" ? `succeeded and has said no ${read.field}` : `ended as ${source.state}`;
      return { are: "missing", message: `${formatPath(path)} names $(${name}), and node ${read.node} ${why}` };
    }
  }
  return { are };
}

/** What becomes of a node that is due and lacks results; undefined where it has all that it names. */
export function awaitResults(context: NodeContext): NodeDecision | undefined {
  const { node, stored, facts } = context;
  const results = resultsFor(node, facts.run.status.nodes);
  if (results.are === "known") return undefined;
  if (results.are === "unstored") return { status: stored, actions: [], awaitsStore: true };
  const { retryAt: _, ...last } = stored;
  return settle(context, { ...last, state: "Failed", ...words("ResultMissing", results.message) });
}
