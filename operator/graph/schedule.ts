import type { PipelineSpec } from "../api/pipeline.ts";
import { readTimetable } from "../schedule/timetable.ts";
import type { Problem } from "./problem.ts";

/** Times that a schedule names and that do not exist: crons that cannot be read, zones that no clock follows. */
export function findScheduleProblems({ schedule }: Pick<PipelineSpec, "schedule">): Problem[] {
  if (schedule === undefined) return [];
  const read = readTimetable(schedule);
  if (read.ok) return [];
  return read.problems.map(({ field, message }) => ({
    reason: "InvalidSpec",
    path: ["spec", "schedule", ...field],
    message,
  }));
}
