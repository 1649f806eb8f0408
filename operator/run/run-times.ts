import type { PipelineSpec } from "../api/pipeline.ts";
import { previousSlot, slotsBefore } from "../schedule/slots.ts";
import { readTimetable } from "../schedule/timetable.ts";
import type { RunFacts } from "./facts.ts";
import { parseTime, timeText } from "./time.ts";

/** The times that a run is about, as its status keeps them and expressions name them. */
export interface RunTimes {
  readonly scheduled: string;
  readonly interval?: { readonly start: string; readonly end: string };
  readonly timeZone: string;
}

/**
 * What a run that begins now is about.
 *
 * | field     | the run of a slot        | another run, where its spec does not say it                                          |
 * |-----------|--------------------------|--------------------------------------------------------------------------------------|
 * | scheduled | the slot                 | its creation                                                                         |
 * | interval  | the slot before, to this | with a schedule the last whole one: from the slot before the last to the last; else nothing |
 * | timeZone  | the schedule's           | the schedule's; UTC without one                                                      |
 *
 * Both times are the API server's or people's words: nothing is decided by them.
 */
export function runTimes(
  { meta, spec }: RunFacts,
  { schedule }: Pick<PipelineSpec, "schedule">,
  now: number,
): RunTimes {
  const scheduled = parseTime(spec.scheduled) ?? parseTime(meta.creationTimestamp) ?? now;
  const timeZone = schedule?.timeZone ?? "UTC";
  const [start, end] = [parseTime(spec.interval?.start), parseTime(spec.interval?.end)];
  const said = start === undefined || end === undefined ? lastInterval(schedule, scheduled) : { start, end };
  const interval = said === undefined ? {} : { interval: { start: timeText(said.start), end: timeText(said.end) } };
  return { scheduled: timeText(scheduled), ...interval, timeZone };
}

function lastInterval(
  schedule: PipelineSpec["schedule"],
  at: number,
): { readonly start: number; readonly end: number } | undefined {
  const read = schedule === undefined ? undefined : readTimetable(schedule);
  if (read?.ok !== true) return undefined;
  const end = slotsBefore(read.timetable, at + 1).next().value ?? undefined;
  const start = end === undefined ? undefined : previousSlot(read.timetable, end);
  return end === undefined || start === undefined ? undefined : { start, end };
}
