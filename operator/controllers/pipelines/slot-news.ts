import type { ObjectMeta } from "#api/metadata.ts";
import type { PipelineStatus } from "#api/pipeline.ts";
import { cutAtWord } from "../../graph/listing.ts";
import type { ScheduleDecision } from "../../run/schedule/schedule-facts.ts";
import { countSlots } from "../../telemetry/schedule-metrics.ts";
import { type SlotRunServices, targetOf } from "./slot-runs.ts";

interface Stored {
  readonly before: PipelineStatus;
  readonly after: PipelineStatus;
  readonly decision: ScheduleDecision | undefined;
}

/** An Event holds 1,024 bytes. */
const NOTE_MAX = 1000;

/** What people hear of slots, once the status says it: Events, and counts. */
export function tellOfSlots(
  meta: ObjectMeta,
  { before, after, decision }: Stored,
  { metrics, events }: Pick<SlotRunServices, "metrics" | "events">,
): void {
  const labels = { namespace: meta.namespace, pipeline: meta.name };
  for (const result of ["missed", "skipped"] as const) {
    const more = (after.schedule?.[result] ?? 0) - (before.schedule?.[result] ?? 0);
    if (more > 0) countSlots(metrics, labels, result, more);
  }
  const notes = decision?.notes ?? [];
  events.write(
    targetOf(meta),
    notes.map(({ reason, message }) => ({
      type: reason === "SlotWaits" ? "Normal" : "Warning",
      reason,
      action: "Schedule",
      note: cutAtWord(message, NOTE_MAX),
    })),
  );
}
