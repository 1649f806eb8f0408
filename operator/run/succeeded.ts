import type { PipelineRunStatus } from "../api/pipeline-run.ts";
import type { Condition } from "../api/status.ts";

/** The condition that says how a run stands. */
export function succeededCondition({ conditions }: Pick<PipelineRunStatus, "conditions">): Condition | undefined {
  return conditions?.find(({ type }) => type === "Succeeded");
}

/** Whether a run has ended, one way or the other. */
export function isFinished(status: Pick<PipelineRunStatus, "conditions">): boolean {
  return (succeededCondition(status)?.status ?? "Unknown") !== "Unknown";
}
