import type { PipelineSpec } from "../api/pipeline.ts";
import { needsOf } from "./references.ts";

/** Every node that a node waits for, directly or through others. A finally node waits for all others. */
export function nodesBefore(name: string, nodes: PipelineSpec["nodes"]): ReadonlySet<string> {
  const before = new Set<string>();
  if (nodes[name]?.finally === true) for (const other of othersThanFinally(nodes)) before.add(other);
  const waiting = [nodes[name]];
  for (const node of waiting) {
    const needs = node === undefined ? [] : needsOf(node);
    for (const need of needs.filter((each) => !before.has(each))) {
      before.add(need);
      waiting.push(nodes[need]);
    }
  }
  return before;
}

/** The nodes of a run that its finally nodes wait for. */
export function othersThanFinally(nodes: PipelineSpec["nodes"]): readonly string[] {
  return Object.keys(nodes).filter((name) => nodes[name]?.finally !== true);
}
