import type { ObjectMeta } from "../api/metadata.ts";
import type { PipelineRunStatus } from "../api/pipeline-run.ts";

/** A run as its Pipeline sees it: nothing of its nodes. */
export interface RunSummary {
  readonly meta: ObjectMeta;
  readonly spec?: {
    /** As stored. */
    readonly scheduled?: string | undefined;
    readonly cancelled?: boolean | undefined;
  };
  readonly status: Pick<
    PipelineRunStatus,
    "conditions" | "started" | "finished" | "health" | "pipelineUid" | "pipelineRevision"
  >;
}

/**
 * The runs that count for a Pipeline, of those that name it. A Pipeline that was deleted and made anew does not take over the runs of
 * the one before.
 *
 * | the run                                   | counts for                                              |
 * |-------------------------------------------|---------------------------------------------------------|
 * | has the uid of a Pipeline in its status   | the Pipeline of this uid                                |
 * | has not begun                             | the one that has the name: it will begin with that one  |
 * | has ended and never found a Pipeline      | the one that has the name: else none would give it up   |
 * | began before versions wrote the uid       | a Pipeline that is not younger than the run             |
 *
 * All of them where there is no Pipeline.
 */
export function ownRuns(runs: readonly RunSummary[], pipeline: ObjectMeta | undefined): readonly RunSummary[] {
  if (pipeline === undefined) return runs;
  return runs.filter(({ meta, status }) => {
    if (status.pipelineUid !== undefined) return status.pipelineUid === pipeline.uid;
    return status.started === undefined || (meta.creationTimestamp ?? "") >= (pipeline.creationTimestamp ?? "");
  });
}
