import { BY_SCHEDULE, LABEL, MANAGER, type ObjectMeta } from "#api/metadata.ts";
import { cutAtWord } from "../../graph/listing.ts";
import { labelValue } from "../../job/names.ts";
import type { CustomObject } from "../../kinds/objects.ts";
import { ApiError, isAlreadyExists, isConflict, isNotFound, isOfThePort, NO_ANSWER } from "../../kube/api-error.ts";
import { formatKey } from "../../kube/object-key.ts";
import { writerKey } from "../../kube/own-writes.ts";
import type { ScheduleDecision, SlotToBegin } from "../../run/schedule/schedule-facts.ts";
import { timeText } from "../../run/time.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { countSlots, observeDelay } from "../../telemetry/schedule-metrics.ts";
import type { EventWriter } from "../loop/event-writer.ts";
import type { ControllerServices } from "../loop/services.ts";

export interface SlotRunServices extends ControllerServices {
  readonly metrics: Metrics;
  readonly events: EventWriter;
}

/** What this process remembers of the slots of one Pipeline. */
export class SlotMemory {
  /** Slots whose name another's run has. */
  readonly occupied = new Set<number>();
  /** Slots whose run was refused, and of which an Event says so. */
  readonly refused = new Set<number>();
}

/** What came of a decision's slots. */
export interface SlotOutcome {
  /** Another's run has the name of a slot: the decision does not stand. */
  readonly occupied: boolean;
  /** What failed: not every slot has its run. */
  readonly error?: unknown;
}

/** Makes the runs of slots, each once whatever happens: its name is its slot. */
export class SlotRuns {
  readonly #services: SlotRunServices;

  constructor(services: SlotRunServices) {
    this.#services = services;
  }

  async carryOut(meta: ObjectMeta, decision: ScheduleDecision, memory: SlotMemory): Promise<SlotOutcome> {
    const cancelled = await Promise.allSettled(decision.cancel.map((run) => this.#cancel(meta, run)));
    const made = await Promise.allSettled(decision.begin.map((slot) => this.#begin(meta, slot, memory)));
    const failed = [...cancelled, ...made].find((outcome) => outcome.status === "rejected");
    const occupied = made.some((outcome) => outcome.status === "fulfilled" && !outcome.value);
    return { occupied, ...(failed === undefined ? {} : { error: failed.reason as unknown }) };
  }

  /** False where another's run has the name. */
  async #begin(meta: ObjectMeta, slot: SlotToBegin, memory: SlotMemory): Promise<boolean> {
    const { kube, clock, log, metrics } = this.#services;
    const { namespace, name: pipeline } = meta;
    try {
      const run = await kube.create("PipelineRun", namespace, runOf(meta, slot));
      this.#wrote(meta, run);
      log.info({ pipeline: formatKey(meta), run: slot.name }, "a slot of the schedule has come: its run was made");
      countSlots(metrics, { namespace, pipeline }, "started", 1);
      observeDelay(metrics, { namespace, pipeline }, clock.now() - slot.slot);
    } catch (error) {
      if (!isAlreadyExists(error)) throw this.#refused(meta, slot, memory, error);
      const found = await kube.get("PipelineRun", { namespace, name: slot.name });
      if (!isRunOf(found, pipeline, slot.slot)) {
        memory.occupied.add(slot.slot);
        return false;
      }
      this.#wrote(meta, found);
    }
    memory.refused.delete(slot.slot);
    return true;
  }

  /** Decisions wait until the caches show the run. */
  #wrote(meta: ObjectMeta, { metadata }: CustomObject): void {
    const writer = writerKey("Pipeline", formatKey(meta));
    this.#services.ownWritesIn(meta.namespace).wrote(writer, "PipelineRun", metadata.resourceVersion);
  }

  /** Says once for each slot that the API server does not take its run, where it has said so. */
  #refused(meta: ObjectMeta, { slot, name }: SlotToBegin, memory: SlotMemory, error: unknown): unknown {
    const says = error instanceof ApiError && ![NO_ANSWER, 429].includes(error.status) && !isOfThePort(error);
    if (!says || memory.refused.has(slot)) return error;
    memory.refused.add(slot);
    const note = cutAtWord(`run ${name} of the slot ${timeText(slot)} is tried again: ${error.message}`, 1000);
    const event = { type: "Warning", reason: "RunRefused", action: "Schedule", note } as const;
    this.#services.events.write(targetOf(meta), [event]);
    return error;
  }

  async #cancel(meta: ObjectMeta, { name }: ScheduleDecision["cancel"][number]): Promise<void> {
    const { kube, caches, log } = this.#services;
    const { namespace } = meta;
    const resourceVersion = caches.runs.get({ namespace, name })?.metadata.resourceVersion;
    const options = resourceVersion === undefined ? {} : { resourceVersion };
    try {
      this.#wrote(meta, await kube.patch("PipelineRun", { namespace, name }, { spec: { cancelled: true } }, options));
      log.info({ pipeline: formatKey(meta), run: name }, "a run makes room for that of a later slot: cancelled");
    } catch (error) {
      // It is gone, or has changed, perhaps to its end: the next look says.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

export function targetOf({ namespace, name, uid }: ObjectMeta) {
  return { kind: "Pipeline", namespace, name, uid } as const;
}

function runOf({ name: pipeline, uid }: ObjectMeta, { slot, name, interval, params }: SlotToBegin) {
  const labels = {
    [LABEL.managedBy]: MANAGER,
    [LABEL.pipeline]: labelValue(pipeline),
    [LABEL.pipelineUid]: uid,
    [LABEL.trigger]: BY_SCHEDULE,
  };
  const span = { start: timeText(interval.start), end: timeText(interval.end) };
  const values = params === undefined ? {} : { params };
  return { metadata: { name, labels }, spec: { pipeline, scheduled: timeText(slot), interval: span, ...values } };
}

/** Whether a run that has a slot's name is the run of that slot. */
function isRunOf({ spec, metadata }: CustomObject, pipeline: string, slot: number): boolean {
  const said = spec as { readonly pipeline?: unknown; readonly scheduled?: unknown } | undefined;
  const isOurs = metadata.labels?.[LABEL.trigger] === BY_SCHEDULE && said?.pipeline === pipeline;
  return isOurs && Date.parse(String(said?.scheduled)) === slot;
}
