import { PipelineStatus } from "#api/pipeline.ts";
import { PipelineRunStatus } from "#api/pipeline-run.ts";
import type { CustomObject } from "../../kinds/objects.ts";
import { outlineOf } from "../../kinds/pipeline.ts";
import { isConflict, isNotFound } from "../../kube/api-error.ts";
import { parseKey } from "../../kube/object-key.ts";
import {
  decidePipeline,
  judgePipeline,
  type PipelineDecision,
  type PipelineDecisionFacts,
  type PipelineJudgement,
} from "../../run/decide-pipeline.ts";
import type { FinishedRun } from "../../run/history.ts";
import { earliest } from "../../run/time.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { PipelineLabels } from "../../telemetry/pipeline-series.ts";
import { forgetPipeline, knowPipeline, setPipelineGauge } from "../../telemetry/run-metrics.ts";
import { soundConnections } from "../copies/definitions.ts";
import { UnusedCopies } from "../copies/unused-copies.ts";
import { type Done, type Found, KindController, type Look, type Steps } from "../loop/kind-controller.ts";
import type { Reconciler } from "../loop/loop.ts";
import type { ControllerServices } from "../loop/services.ts";
import { StatusStore, type StatusWait, StatusWrites } from "../loop/status-store.ts";

export interface PipelineServices extends ControllerServices {
  readonly metrics: Metrics;
}

/** The part of a run's status that its Pipeline speaks of; the nodes of a thousand runs are not read for it. */
const SummarizedStatus = PipelineRunStatus.pick({
  conditions: true,
  started: true,
  finished: true,
  pipelineUid: true,
  pipelineRevision: true,
});

/** A Pipeline; undefined where only runs are left of it. */
interface PipelineFound extends Found {
  readonly key: string;
  readonly pipeline: CustomObject | undefined;
}

interface PipelineObserved {
  readonly facts: PipelineDecisionFacts;
  /** Whether the status of every run could be read: what the others follow is not known. */
  readonly knowsAllRuns: boolean;
}

interface PipelineMemory {
  readonly writes: StatusWrites;
  /** What was judged last, and of which spec and Connections: see {@link PipelineSteps.read}. */
  judged?: { readonly of: string; readonly judgement: PipelineJudgement };
}

type Judged = PipelineDecisionFacts["pipeline"];
type PipelineLook = Look<PipelineFound, PipelineMemory, Judged, PipelineObserved, PipelineDecision>;

/** Decides about Pipelines: whether they can run, what their runs did, and which finished runs are given up. */
export function pipelineController(services: PipelineServices): Reconciler {
  return new KindController(new PipelineSteps(services), services);
}

class PipelineSteps implements Steps<PipelineFound, PipelineMemory, Judged, PipelineObserved, PipelineDecision> {
  readonly name = "pipeline";
  readonly kind = "Pipeline";
  readonly #services: PipelineServices;
  readonly #unusedCopies: UnusedCopies;
  readonly #store: StatusStore<PipelineStatus>;

  constructor(services: PipelineServices) {
    this.#services = services;
    this.#unusedCopies = new UnusedCopies(services);
    this.#store = new StatusStore(this.kind, services);
  }

  find(key: string): PipelineFound | undefined {
    const { caches } = this.#services;
    const pipeline = caches.pipelines.get(parseKey(key));
    if (pipeline === undefined && caches.runs.by("pipeline", key).length === 0) return undefined;
    return { uid: pipeline?.metadata.uid ?? "", key, pipeline };
  }

  newMemory(): PipelineMemory {
    return { writes: new StatusWrites() };
  }

  /** The Pipeline with what its spec is worth. The spec is read when it is new, or when a Connection that it names is. */
  async read({ pipeline }: PipelineFound, memory: PipelineMemory): Promise<Judged> {
    if (pipeline === undefined) return undefined;
    const known = memory.judged;
    if (known?.of === this.#basisOf(pipeline)) return pipelineFacts(pipeline, known.judgement);
    const found = await this.#readLive(pipeline);
    if (found === undefined) return undefined;
    const live = { ...found, outline: outlineOf(found.spec) };
    const judgement = judgePipeline(live.spec, soundConnections(this.#connectionsOf(live)));
    memory.judged = { of: this.#basisOf(live), judgement };
    return pipelineFacts(live, judgement);
  }

  observe({ key }: PipelineFound, _memory: PipelineMemory, pipeline: Judged): PipelineObserved {
    const { caches, clock } = this.#services;
    const named = caches.runs.by("pipeline", key);
    const runs = named.flatMap(runFacts);
    const facts = { now: clock.now(), runs, ...(pipeline === undefined ? {} : { pipeline }) };
    return { facts, knowsAllRuns: runs.length === named.length };
  }

  decide({ facts }: PipelineObserved): PipelineDecision {
    return decidePipeline(facts);
  }

  doubt(): undefined {
    return undefined;
  }

  settle({ key, observed, decision }: PipelineLook): void {
    const { namespace, name: pipeline } = parseKey(key);
    this.#measure({ namespace, pipeline }, observed.facts.pipeline?.meta.uid, decision.activeRuns);
  }

  async act({ key, observed: { facts, knowsAllRuns }, decision }: PipelineLook): Promise<Done<PipelineDecision>> {
    const { runs, pipeline } = facts;
    const sweepAt = knowsAllRuns ? await this.#unusedCopies.sweep(key, runs, pipeline?.meta) : undefined;
    for (const run of decision.expired) await this.#deleteRun(key, run);
    return { decision, wakeAt: earliest(decision.wakeAt, sweepAt) };
  }

  async store({
    memory: { writes },
    observed: {
      facts: { pipeline },
    },
    decision: { status },
  }: PipelineLook): Promise<StatusWait> {
    if (pipeline === undefined || status === undefined) return {};
    const { namespace, name } = pipeline.meta;
    if (status.lastSuccessTime !== undefined) {
      const seconds = Date.parse(status.lastSuccessTime) / 1000;
      setPipelineGauge(this.#services.metrics, "lastSuccess", { namespace, pipeline: name }, seconds);
    }
    return await this.#store.write({ meta: pipeline.meta, before: pipeline.status, after: status, writes });
  }

  async forget(key: string): Promise<number | undefined> {
    const { namespace, name: pipeline } = parseKey(key);
    forgetPipeline(this.#services.metrics, { namespace, pipeline });
    return await this.#unusedCopies.sweep(key, [], undefined);
  }

  async #readLive({ metadata: { namespace, name } }: CustomObject): Promise<CustomObject | undefined> {
    try {
      return await this.#services.kube.get("Pipeline", { namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Which spec and which Connections a judgement is about. */
  #basisOf(pipeline: CustomObject): string {
    const version = ({ metadata }: CustomObject) => `${metadata.name}/${metadata.uid}/${metadata.generation ?? 0}`;
    return [version(pipeline), ...this.#connectionsOf(pipeline).map(version)].join(" ");
  }

  #connectionsOf({ metadata: { namespace }, outline }: CustomObject): readonly CustomObject[] {
    const { connections } = this.#services.caches;
    return (outline?.references ?? []).flatMap((name) => connections.get({ namespace, name }) ?? []);
  }

  /** A Pipeline that is gone has no series, also while runs of it are still there. */
  #measure(labels: PipelineLabels, uid: string | undefined, activeRuns: number): void {
    const { metrics } = this.#services;
    if (uid === undefined) {
      forgetPipeline(metrics, labels);
      return;
    }
    knowPipeline(metrics, labels, uid);
    setPipelineGauge(metrics, "activeRuns", labels, activeRuns);
  }

  async #deleteRun(key: string, run: FinishedRun): Promise<void> {
    const { kube, log } = this.#services;
    const { namespace } = parseKey(key);
    try {
      await kube.delete("PipelineRun", { namespace, name: run.name }, { propagation: "Background", uid: run.uid });
      log.info({ pipeline: key, run: `${namespace}/${run.name}` }, "deleted a finished run that the history gives up");
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

/** A run whose status cannot be read is its own reconcile's trouble: the Pipeline and its other runs go on. */
function runFacts({ metadata, status }: CustomObject): PipelineDecisionFacts["runs"] {
  const parsed = SummarizedStatus.safeParse(status ?? {});
  return parsed.success ? [{ meta: metadata, status: parsed.data }] : [];
}

/** Nothing of a Pipeline's status is needed to write it anew. */
function pipelineFacts(
  { metadata, outline, status }: CustomObject,
  judgement: PipelineJudgement,
): NonNullable<PipelineDecisionFacts["pipeline"]> {
  const stored = PipelineStatus.safeParse(status ?? {}).data ?? {};
  return { meta: metadata, history: outline?.history, judgement, status: stored };
}
