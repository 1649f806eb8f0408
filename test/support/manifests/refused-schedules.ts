import { manifest, pipeline, type RefusedManifest, refused } from "./refused-manifest.ts";

const CONTAINER = "nodes: {a: {container: {}}}";
const FIELDS = "five fields (minute, hour, day of month, month, day of week), or is a name such as @daily";

export const REFUSED_SCHEDULES: readonly RefusedManifest[] = [
  refused(
    "a cron with seconds",
    pipeline(`schedule: {cron: "0 0 6 * * *"}, ${CONTAINER}`),
    "spec.schedule.cron: expected five fields",
    `spec.schedule: Invalid value: "object": cron has ${FIELDS}`,
  ),
  refused(
    "one of several crons that has four fields",
    pipeline(`schedule: {crons: ["@daily", "0 6 * *"]}, ${CONTAINER}`),
    "spec.schedule.crons[1]: expected five fields",
    `spec.schedule: Invalid value: "object": each of crons has ${FIELDS}`,
  ),
  refused(
    "a schedule without a time",
    pipeline(`schedule: {timeZone: Europe/Berlin}, ${CONTAINER}`),
    "spec.schedule: exactly one of cron, crons must be set",
  ),
  refused(
    "a catch-up in which each run would cancel the one before",
    pipeline(`schedule: {cron: "@hourly", catchUp: all, concurrency: Replace}, ${CONTAINER}`),
    "spec.schedule: with concurrency Replace each run of catchUp all would cancel the one before: use last, or Queue",
  ),
  refused(
    "a run whose interval ends before it starts",
    manifest("PipelineRun", "{pipeline: p, interval: {start: 2026-12-02T00:00:00Z, end: 2026-12-01T00:00:00Z}}"),
    "spec.interval: an interval ends after it starts",
  ),
  refused(
    "a run for a day that is no time",
    manifest("PipelineRun", "{pipeline: p, scheduled: tomorrow}"),
    "spec.scheduled: expected a time such as 2026-12-01T06:00:00Z",
    "spec.scheduled",
  ),
];
