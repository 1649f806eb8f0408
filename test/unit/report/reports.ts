import type { Report, ReportItem } from "#api/report.ts";
import type { TaskResult } from "#api/task.ts";
import { attemptFixture } from "./world.ts";

/** A message of the fixture's attempt. */
export function report(fields: Partial<Report> = {}): Report {
  return { version: 1, ...attemptFixture, epoch: "e1", seq: 1, kind: "snapshot", phase: "working", ...fields };
}

export function item(name: string, fields: Partial<ReportItem> = {}): ReportItem {
  return { kind: "model", name, state: "Running", ...fields };
}

export function result(outcome: TaskResult["outcome"], fields: Partial<TaskResult> = {}): TaskResult {
  return { version: 1, ...attemptFixture, outcome, message: outcome, ...fields };
}
