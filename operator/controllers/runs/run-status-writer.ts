import { LABEL } from "#api/metadata.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { STATUS_BYTES_MAX } from "../../graph/largest-status.ts";
import { cutAtWord } from "../../graph/listing.ts";
import { labelValue } from "../../job/names.ts";
import { ApiError, isOfThePort, NO_ANSWER } from "../../kube/api-error.ts";
import { formatKey } from "../../kube/object-key.ts";
import { decideUnstored } from "../../run/begin.ts";
import type { Decision } from "../../run/decide.ts";
import type { Facts } from "../../run/facts.ts";
import { expandStatus, packStatus } from "../../run/packing/packed-status.ts";
import { isUrgent, statusDiffers, statusOf } from "../../run/status.ts";
import type { Begin, Verdict } from "../../run/verdict.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { runEvents } from "../../telemetry/run-events.ts";
import { countRun, knowPipeline } from "../../telemetry/run-metrics.ts";
import type { SpecCopies } from "../copies/spec-copies.ts";
import type { EventWriter } from "../loop/event-writer.ts";
import type { ControllerServices } from "../loop/services.ts";
import { STATUS_INTERVAL_MS, StatusStore, type StatusWait, StatusWrites } from "../loop/status-store.ts";

export interface RunStatusServices extends ControllerServices {
  readonly metrics: Metrics;
  readonly events: EventWriter;
  readonly copies: SpecCopies;
  /** Called with every status that has been stored, and with the facts that it follows from. */
  readonly stored: (facts: Facts) => void;
}

/** What this process remembers of the writes of one run's status. */
export class RunStatusWrites extends StatusWrites {
  /** How large the status may be: less, once the API server has called one too large. */
  bytesMax = STATUS_BYTES_MAX;
  /** When an Event last reported a refusal, by its HTTP status. */
  readonly reported = new Map<number, number>();
}

const BYTES_MIN = 16 * 1024;
/** After so many writes that failed one after the other, an Event says so, and says it again after a while: nothing else can. */
const REPORTED_AFTER = 2;
const REPORT_AGAIN_MS = 10 * 60_000;

/**
 * Stores what is decided of runs: at most once a second, changes that nobody waits for every other second, and at once where a node can
 * begin only after it.
 */
export class RunStatusWriter {
  readonly #services: RunStatusServices;
  readonly #store: StatusStore<PipelineRunStatus>;

  constructor(services: RunStatusServices) {
    this.#services = services;
    this.#store = new StatusStore("PipelineRun", services);
  }

  /** Rejects with the ApiError of a write that failed. */
  async write(facts: Facts, { verdict, storeFirst }: Decision, writes: RunStatusWrites): Promise<StatusWait> {
    if (verdict === undefined) return {};
    const { meta } = facts.run;
    const before = packStatus(facts.run.status);
    const after = statusOf(verdict, facts, { bytesMax: writes.bytesMax });
    const pauseMs = storeFirst === true ? 0 : STATUS_INTERVAL_MS * (isUrgent(before, after) ? 1 : 2);
    const put = () =>
      verdict.begin === undefined ? this.#patch(facts, after) : this.#begin(facts, verdict, verdict.begin, writes);
    try {
      return await this.#store.write({ meta, before, after, writes, pauseMs, put });
    } catch (error) {
      if (writes.failures >= REPORTED_AFTER) this.#reportRefused(facts, error, writes);
      if (isTooLarge(error)) writes.bytesMax = Math.max(BYTES_MIN, Math.floor(sizeOf(after, writes) / 2));
      throw error;
    }
  }

  /** Says on the run that its status is not stored, once for each class of refusal: what `describe` shows is old. */
  #reportRefused({ run: { meta } }: Facts, error: unknown, { reported }: RunStatusWrites): void {
    if (!(error instanceof ApiError) || NO_REFUSALS.includes(error.status) || isOfThePort(error)) return;
    const now = this.#services.clock.now();
    if (now < (reported.get(error.status) ?? Number.NEGATIVE_INFINITY) + REPORT_AGAIN_MS) return;
    reported.set(error.status, now);
    const { namespace, name, uid } = meta;
    const note = cutAtWord(
      `the API server does not store the run's status, which is older than the run; it is tried again twice a minute. Look at policies and webhooks for pipelineruns/status: ${error.message}`,
      NOTE_MAX,
    );
    const event = { type: "Warning", reason: "StatusRefused", action: "Store", note } as const;
    this.#services.events.write({ kind: "PipelineRun", namespace, name, uid }, [event]);
  }

  /** The copy of the spec is stored before the status that names it, so that a run that has begun always finds it. */
  async #begin(facts: Facts, verdict: Verdict, { spec }: Begin, writes: RunStatusWrites): Promise<StatusWait> {
    const { meta, spec: own } = facts.run;
    const status = packStatus(facts.run.status);
    const copy = await this.#services.copies.store(meta, own.pipeline, spec);
    const { bytesMax } = writes;
    if (!("refused" in copy)) return await this.#patch(facts, statusOf(verdict, facts, { revision: copy, bytesMax }));
    this.#services.log.warn({ run: formatKey(meta), reason: copy.refused }, "the copy of the spec was refused");
    const { verdict: waits, wakeAt } = decideUnstored(facts, copy.refused);
    const after = waits === undefined ? status : statusOf(waits, facts, { bytesMax });
    if (statusDiffers(status, after)) await this.#patch(facts, after);
    return { wakeAt };
  }

  async #patch(facts: Facts, after: PipelineRunStatus): Promise<StatusWait> {
    const { caches, metrics, events } = this.#services;
    const { meta, spec } = facts.run;
    const before = packStatus(facts.run.status);
    const { namespace, name, uid } = meta;
    const resourceVersion = await this.#label(facts, after);
    if (!(await this.#store.patch(meta, before, after, resourceVersion))) return {};
    this.#services.stored({ ...facts, run: { ...facts.run, status: expandStatus(after) } });
    const pipeline = { namespace, pipeline: spec.pipeline };
    const known = caches.pipelines.get({ namespace, name: spec.pipeline })?.metadata.uid;
    // The Pipeline's own reconcile may come later than the end of a short run.
    if (known !== undefined) knowPipeline(metrics, pipeline, known);
    const isOfAnother = known !== undefined && after.pipelineUid !== undefined && after.pipelineUid !== known;
    // One that is being deleted ends because it is: nobody counts on what it comes to.
    if (meta.deletionTimestamp === undefined) countRun(metrics, isOfAnother ? undefined : pipeline, before, after);
    events.write({ kind: "PipelineRun", namespace, name, uid }, runEvents(before, after));
    return {};
  }

  /**
   * Labels a run with its Pipeline when that is decided, so that it is found by it, whoever made it. Answers the resourceVersion that the run has
   * then. Labels are for people: where they are refused the run goes on without.
   */
  async #label({ run, pipeline }: Facts, after: PipelineRunStatus): Promise<string> {
    const { namespace, name, resourceVersion, labels = {} } = run.meta;
    if (pipeline === undefined || after.pipelineUid === run.status.pipelineUid) return resourceVersion;
    const wanted = { [LABEL.pipeline]: labelValue(run.spec.pipeline), [LABEL.pipelineUid]: pipeline.uid };
    if (Object.entries(wanted).every(([label, value]) => labels[label] === value)) return resourceVersion;
    const patch = { metadata: { labels: wanted } };
    try {
      const labelled = await this.#services.kube.patch("PipelineRun", { namespace, name }, patch, { resourceVersion });
      return labelled.metadata.resourceVersion;
    } catch (error) {
      if (!(error instanceof ApiError) || [NO_ANSWER, 409, 429].includes(error.status)) throw error;
      this.#services.log.warn(
        { run: formatKey(run.meta), reason: error.message },
        "the labels of the run were refused",
      );
      return resourceVersion;
    }
  }
}

/** No answer, another write that came first, and too many requests: Events would fare no better. */
const NO_REFUSALS: readonly number[] = [NO_ANSWER, 409, 429];
/** An Event holds 1,024 bytes. */
const NOTE_MAX = 900;

/** etcd's limit comes as an internal error (500), the API server's own as 413. */
function isTooLarge(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 413 || /too large/i.test(error.message));
}

function sizeOf(status: PipelineRunStatus, { bytesMax }: RunStatusWrites): number {
  return Math.min(bytesMax, Buffer.byteLength(JSON.stringify(status)));
}
