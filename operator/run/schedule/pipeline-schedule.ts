import { BY_SCHEDULE, LABEL } from "../../api/metadata.ts";
import { Schedule } from "../../api/schedule.ts";
import { readTimetable } from "../../schedule/timetable.ts";
import type { PipelineDecisionFacts } from "../decide-pipeline.ts";
import type { RunSummary } from "../own-runs.ts";
import { isFinished } from "../succeeded.ts";
import { parseTime } from "../time.ts";
import { decideSchedule } from "./decide-schedule.ts";
import type { RunOfPipeline, ScheduleDecision, ScheduleFacts } from "./schedule-facts.ts";

type Pipeline = NonNullable<PipelineDecisionFacts["pipeline"]>;

/**
 * What a Pipeline's schedule asks for; undefined where it has none, which ends its status too. A schedule that cannot be read decides
 * nothing: what is wrong with it stands in the condition Ready.
 */
export function decideScheduleOf(
  pipeline: Pipeline,
  runs: readonly RunSummary[],
  { now, occupied = new Set() }: Pick<PipelineDecisionFacts, "now" | "occupied">,
): ScheduleDecision | undefined {
  if (pipeline.schedule === undefined) return undefined;
  const stored = pipeline.status.schedule ?? {};
  const schedule = Schedule.safeParse(pipeline.schedule).data;
  const read = schedule === undefined ? undefined : readTimetable(schedule);
  if (schedule === undefined || read?.ok !== true || pipeline.meta.deletionTimestamp !== undefined) {
    const { next: _, ...status } = stored;
    return { status, begin: [], cancel: [], notes: [] };
  }
  const facts: ScheduleFacts = {
    now,
    pipeline: pipeline.meta,
    schedule,
    timetable: read.timetable,
    suspended: schedule.suspend || pipeline.suspend === true,
    stored,
    unseen: pipeline.status.observedGeneration === undefined,
    runs: runs.map(runOfPipeline),
    occupied,
  };
  return decideSchedule(facts);
}

function runOfPipeline({ meta, spec, status }: RunSummary): RunOfPipeline {
  const scheduled = parseTime(spec?.scheduled);
  return {
    name: meta.name,
    uid: meta.uid,
    active: !isFinished(status),
    ending: spec?.cancelled === true || meta.deletionTimestamp !== undefined,
    bySchedule: meta.labels?.[LABEL.trigger] === BY_SCHEDULE,
    ...(scheduled === undefined ? {} : { scheduled }),
  };
}

/** Whether the stored status says all of a run's slot: until then its run is proof that the slot has had one. */
export function isSettled(
  { meta, spec }: RunSummary,
  { schedule, status }: Pick<Pipeline, "schedule" | "status">,
): boolean {
  const slot = parseTime(spec?.scheduled);
  if (slot === undefined || meta.labels?.[LABEL.trigger] !== BY_SCHEDULE || schedule === undefined) return true;
  const { decidedUntil, waiting = [] } = status.schedule ?? {};
  const until = parseTime(decidedUntil);
  return until !== undefined && slot <= until && !waiting.some((time) => parseTime(time) === slot);
}
