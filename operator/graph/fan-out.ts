import type { PipelineSpec } from "../api/pipeline.ts";
import { OBJECT_WAREHOUSES } from "../api/verbs/verb.ts";
import type { Problem } from "./problem.ts";

/** Loads that several pods are to do together into a warehouse that reads objects itself: no pod would have anything to read. */
export function findFanOutProblems({ nodes, connections = {} }: PipelineSpec): Problem[] {
  return Object.entries(nodes).flatMap(([name, { load }]): Problem[] => {
    if (load?.fanOut === undefined) return [];
    const { connection } = load.to;
    // The kind of a Connection resource shows when the run begins; its reference reports one that is not a warehouse.
    const kind = OBJECT_WAREHOUSES.find((one) => connections[connection]?.[one] !== undefined);
    if (kind === undefined) return [];
    const message = `connection ${connection} is of kind ${kind}, which reads the objects itself, several at a time; leave fanOut out`;
    return [{ reason: "InvalidSpec", path: ["spec", "nodes", name, "load", "fanOut"], message }];
  });
}
