import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { namesIn, type RunValues, resolveText } from "./expression.ts";
import { mapTexts, takesExpressions, textsIn } from "./places.ts";

/** The spec as one node's Job is made from it: the expressions of that node, and of the node whose files it loads, in their places. */
export function resolveNode(spec: PipelineSpec, name: string, run: RunValues): PipelineSpec {
  const source = spec.nodes[name]?.load?.from.node;
  const names = [name, ...(source === undefined ? [] : [source])];
  const resolved = names.flatMap((key) => {
    const node = spec.nodes[key];
    return node === undefined ? [] : [[key, withValues(node, run)] as const];
  });
  if (resolved.every(([key, node]) => node === spec.nodes[key])) return spec;
  return { ...spec, nodes: { ...spec.nodes, ...Object.fromEntries(resolved) } };
}

function withValues(node: PipelineNode, run: RunValues): PipelineNode {
  return mapTexts(node, (text, path) => (takesExpressions(path) ? resolveText(text, run) : text));
}

/** The first place of a spec that names the run's interval, as `nodes[raw].load.range.from`; undefined where none does. */
export function usesInterval({ nodes }: Pick<PipelineSpec, "nodes">): readonly (string | number)[] | undefined {
  for (const [name, node] of Object.entries(nodes)) {
    const found = textsIn(node).find(
      ({ path, text }) => takesExpressions(path) && namesIn(text).some((each) => each.startsWith("run.interval.")),
    );
    if (found !== undefined) return ["spec", "nodes", name, ...found.path];
  }
  return undefined;
}
