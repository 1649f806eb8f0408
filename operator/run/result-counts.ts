import type { NodeStatus } from "../api/pipeline-run.ts";
import type { TaskResult } from "../api/task.ts";
import { nodeHealth } from "./health.ts";

/** What a task has counted, as its node's status has it. */
export function resultCounts(result: TaskResult): Pick<NodeStatus, "rows" | "bytes" | "tests" | "health"> {
  const { rows, bytes, tests, health } = result;
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(tests === undefined ? {} : { tests }),
    ...(health === undefined ? {} : { health: nodeHealth(health) }),
  };
}
