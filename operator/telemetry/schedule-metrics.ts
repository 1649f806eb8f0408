import type { Metrics } from "./metrics.ts";
import type { PipelineLabels } from "./pipeline-series.ts";

export const SLOT_RESULTS = ["started", "missed", "skipped"] as const;
type SlotResult = (typeof SLOT_RESULTS)[number];

/** Counts slots of a schedule that got a run, or got none. */
export function countSlots(metrics: Metrics, labels: PipelineLabels, result: SlotResult, count: number): void {
  const series = metrics.pipelines.of(metrics.slots, labels, { result });
  if (series !== undefined) metrics.slots.inc(series, count);
}

/** How long after its slot a run was made, in ms: the jitter and the time in a queue are in it. */
export function observeDelay(metrics: Metrics, labels: PipelineLabels, delayMs: number): void {
  const series = metrics.pipelines.of(metrics.slotDelay, labels);
  if (series !== undefined) metrics.slotDelay.observe(series, Math.max(0, delayMs) / 1000);
}

/** When the next slot comes; nothing while there is none. */
export function setNextSlot(metrics: Metrics, labels: PipelineLabels, next: number | undefined): void {
  const series = metrics.pipelines.hasOwn(labels) ? metrics.pipelines.of(metrics.nextSlot, labels) : undefined;
  if (series === undefined) return;
  if (next === undefined) metrics.nextSlot.remove(series);
  else metrics.nextSlot.set(series, next / 1000);
}
