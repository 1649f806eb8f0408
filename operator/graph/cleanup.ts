import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { nodesBefore } from "./before.ts";
import type { Problem } from "./problem.ts";

type Place = NonNullable<PipelineNode["extract"]>["to"];

/**
 * Nodes that could miss what a load with `from.cleanup` removes. Whoever reads or writes there has to be done before:
 *
 * | cleanup | others that have to come before the load                                                       |
 * |---------|------------------------------------------------------------------------------------------------|
 * | files   | loads of the same extract, and of files of its connection whose names may be those of its own  |
 * | bucket  | every extract to the connection and every load from it                                         |
 */
export function findCleanupProblems({ nodes }: PipelineSpec): Problem[] {
  return Object.entries(nodes).flatMap(([name, node]): Problem[] => {
    const { from } = node.load ?? {};
    const to = nodes[from?.node ?? ""]?.extract?.to;
    if (from === undefined || to === undefined || from.cleanup === undefined || from.cleanup === "none") return [];
    const before = nodesBefore(name, nodes);
    const uses = from.cleanup === "bucket" ? usesBucket : readsFiles;
    const others = Object.keys(nodes).filter((other) => other !== name && !before.has(other));
    const late = others.filter((other) => uses(nodes[other], from, to));
    if (late.length === 0) return [];
    const message = `cleanup removes what ${late.join(" and ")} may need; let ${name} need ${late.length === 1 ? "it" : "them"}, or clean up in the last one`;
    return [{ reason: "InvalidSpec", path: ["spec", "nodes", name, "load", "from", "cleanup"], message }];
  });
}

type From = NonNullable<PipelineNode["load"]>["from"];

function usesBucket(other: PipelineNode | undefined, { connection }: From): boolean {
  return other?.load?.from.connection === connection || other?.extract?.to.connection === connection;
}

function readsFiles(other: PipelineNode | undefined, { connection, node }: From, to: Place): boolean {
  const from = other?.load?.from;
  if (from?.connection !== connection) return false;
  const extracted = to.prefix ?? to.key ?? "";
  const mayMeet = (pattern: string) => {
    const [fixed = ""] = pattern.split(/[*?]/, 1);
    return fixed.startsWith(extracted) || extracted.startsWith(fixed);
  };
  return from.node === node || Object.values(from.files ?? {}).some(mayMeet);
}
