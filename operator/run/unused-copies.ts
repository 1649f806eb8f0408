import type { ObjectMeta } from "../api/metadata.ts";
import { ownRuns, type RunSummary } from "./own-runs.ts";
import { isFinished } from "./succeeded.ts";

/** The copy of a spec, and the run that took it last. */
export interface Copy {
  readonly name: string;
  readonly takenBy?: string | undefined;
}

/**
 * The copies that no run needs. `runs` are all that name the Pipeline.
 *
 * | a copy is kept while                               | because                                                        |
 * |----------------------------------------------------|----------------------------------------------------------------|
 * | a run that has not ended follows it                | it is what the run reads at its next decision                  |
 * | the run that took it last has not ended            | the status that names the copy may be on its way               |
 * | the Pipeline's newest run followed it              | the next run most likely follows it too, and need not store it |
 */
export function unusedCopies<T extends Copy>(
  copies: readonly T[],
  runs: readonly RunSummary[],
  pipeline: ObjectMeta | undefined,
): readonly T[] {
  const live = runs.filter(({ status }) => !isFinished(status));
  const followed = new Set(live.map(({ status }) => status.pipelineRevision?.name));
  const taking = new Set(live.map(({ meta }) => meta.uid));
  const newest = pipeline === undefined ? undefined : newestCopy(ownRuns(runs, pipeline));
  return copies.filter(
    ({ name, takenBy }) => !(followed.has(name) || name === newest || (takenBy !== undefined && taking.has(takenBy))),
  );
}

function newestCopy(runs: readonly RunSummary[]): string | undefined {
  const begun = runs.filter(({ status }) => status.pipelineRevision !== undefined);
  const newest = begun.toSorted((a, b) => ((a.status.started ?? "") < (b.status.started ?? "") ? 1 : -1))[0];
  return newest?.status.pipelineRevision?.name;
}
