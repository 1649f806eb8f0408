import { PipelineStatus } from "#api/pipeline.ts";
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
import { earliest, parseTime } from "../../run/time.ts";
import type { PipelineLabels } from "../../telemetry/pipeline-series.ts";
import { forgetPipeline, knowPipeline, setPipelineGauge, setPipelineHealth } from "../../telemetry/run-metrics.ts";
import { setNextSlot } from "../../telemetry/schedule-metrics.ts";
import { soundConnections } from "../copies/definitions.ts";
import { UnusedCopies } from "../copies/unused-copies.ts";
import { type Done, type Found, KindController, type Look, type Steps } from "../loop/kind-controller.ts";
import type { Reconciler } from "../loop/loop.ts";
import { StatusStore, type StatusWait, StatusWrites } from "../loop/status-store.ts";
import { runFacts, runsOf } from "./pipeline-runs.ts";
import { tellOfSlots } from "./slot-news.ts";
import { SlotMemory, type SlotRunServices, SlotRuns } from "./slot-runs.ts";

export type PipelineServices = SlotRunServices;

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
  readonly slots: SlotMemory;
  /** What was judged last, and of which spec and Connections: see {@link PipelineSteps.read}. */
  judged?: { readonly of: string; readonly judgement: PipelineJudgement };
}

type Judged = PipelineDecisionFacts["pipeline"];
/** What a decision rests on beside the caches. */
interface PipelineSources {
  readonly pipeline: Judged;
  /** The runs as the API server has them, where a slot is to begin: there may be one that the caches do not show yet. */
  readonly runs?: readonly CustomObject[];
}
type PipelineLook = Look<PipelineFound, PipelineMemory, PipelineSources, PipelineObserved, PipelineDecision>;

/** Decides about Pipelines: whether they can run, what their runs did, and which finished runs are given up. */
export function pipelineController(services: PipelineServices): Reconciler {
  return new KindController(new PipelineSteps(services), services);
}

class PipelineSteps
  implements Steps<PipelineFound, PipelineMemory, PipelineSources, PipelineObserved, PipelineDecision>
{
  readonly name = "pipeline";
  readonly kind = "Pipeline";
  readonly #services: PipelineServices;
  readonly #unusedCopies: UnusedCopies;
  readonly #store: StatusStore<PipelineStatus>;
  readonly #slots: SlotRuns;

  constructor(services: PipelineServices) {
    this.#services = services;
    this.#unusedCopies = new UnusedCopies(services);
    this.#store = new StatusStore(this.kind, services);
    this.#slots = new SlotRuns(services);
  }

  find(key: string): PipelineFound | undefined {
    const { caches } = this.#services;
    const pipeline = caches.pipelines.get(parseKey(key));
    if (pipeline === undefined && caches.runs.by("pipeline", key).length === 0) return undefined;
    return { uid: pipeline?.metadata.uid ?? "", key, pipeline };
  }

  newMemory(): PipelineMemory {
    return { writes: new StatusWrites(), slots: new SlotMemory() };
  }

  async read({ pipeline }: PipelineFound, memory: PipelineMemory): Promise<PipelineSources> {
    return { pipeline: pipeline === undefined ? undefined : await this.#judge(pipeline, memory) };
  }

  observe({ key }: PipelineFound, memory: PipelineMemory, { pipeline, runs: live }: PipelineSources): PipelineObserved {
    const { caches, clock } = this.#services;
    const named = live ?? caches.runs.by("pipeline", key);
    const runs = named.flatMap(runFacts);
    const { occupied } = memory.slots;
    const facts = { now: clock.now(), runs, occupied, ...(pipeline === undefined ? {} : { pipeline }) };
    return { facts, knowsAllRuns: runs.length === named.length };
  }

  decide({ facts }: PipelineObserved): PipelineDecision {
    return decidePipeline(facts);
  }

  /** A slot begins by the newest schedule, and where no run is in its way by the API server's own word. */
  doubt({ found, memory, sources, decision }: PipelineLook): (() => Promise<PipelineSources>) | undefined {
    const slots = decision.schedule?.begin.length ?? 0;
    const { pipeline } = found;
    if (slots === 0 || sources.runs !== undefined || pipeline === undefined) return undefined;
    return async () => {
      const [live, runs] = await Promise.all([
        this.#readLive(pipeline),
        runsOf(this.#services.kube, pipeline.metadata),
      ]);
      const isSame = live?.metadata.uid === pipeline.metadata.uid;
      return { pipeline: isSame ? this.#judgeLive(live, memory) : undefined, runs };
    };
  }

  settle({ key, observed, decision }: PipelineLook): void {
    const { namespace, name: pipeline } = parseKey(key);
    const labels = { namespace, pipeline };
    this.#measure(labels, observed.facts.pipeline?.meta.uid, decision);
    setNextSlot(this.#services.metrics, labels, parseTime(decision.status?.schedule?.next?.[0]));
  }

  async act({ key, memory, observed, decision }: PipelineLook): Promise<Done<PipelineDecision>> {
    const { facts, knowsAllRuns } = observed;
    const { runs, pipeline } = facts;
    const { decision: stands, error } = await this.#beginSlots(facts, decision, memory.slots);
    const sweepAt = knowsAllRuns ? await this.#unusedCopies.sweep(key, runs, pipeline?.meta) : undefined;
    for (const run of decision.expired) await this.#deleteRun(key, run);
    return { decision: stands, wakeAt: earliest(stands.wakeAt, sweepAt), error };
  }

  /** Until every slot has its run, the status says nothing new of the schedule: it is decided again. */
  async #beginSlots(
    facts: PipelineDecisionFacts,
    decision: PipelineDecision,
    memory: SlotMemory,
  ): Promise<Pick<Done<PipelineDecision>, "decision" | "error">> {
    const { pipeline } = facts;
    if (pipeline === undefined || decision.schedule === undefined) return { decision };
    const { occupied, error } = await this.#slots.carryOut(pipeline.meta, decision.schedule, memory);
    if (error === undefined && !occupied) return { decision };
    const { schedule: _, ...status } = decision.status ?? {};
    const { schedule } = pipeline.status;
    const { schedule: __, ...rest } = decision;
    const stands = { ...rest, status: schedule === undefined ? status : { ...status, schedule } };
    return occupied ? { decision: { ...stands, wakeAt: facts.now } } : { decision: stands, error };
  }

  async store({
    memory: { writes, slots },
    observed: {
      facts: { pipeline },
    },
    decision: { status, schedule },
  }: PipelineLook): Promise<StatusWait> {
    if (pipeline === undefined || status === undefined) return {};
    const { namespace, name } = pipeline.meta;
    if (status.lastSuccessTime !== undefined) {
      const seconds = Date.parse(status.lastSuccessTime) / 1000;
      setPipelineGauge(this.#services.metrics, "lastSuccess", { namespace, pipeline: name }, seconds);
    }
    const before = pipeline.status;
    const put = async () => {
      const stored = await this.#store.patch(pipeline.meta, before, status);
      slots.occupied.clear();
      if (stored) tellOfSlots(pipeline.meta, { before, after: status, decision: schedule }, this.#services);
      return {};
    };
    return await this.#store.write({ meta: pipeline.meta, before, after: status, writes, put });
  }

  async forget(key: string): Promise<number | undefined> {
    const { namespace, name: pipeline } = parseKey(key);
    forgetPipeline(this.#services.metrics, { namespace, pipeline });
    return await this.#unusedCopies.sweep(key, [], undefined);
  }

  /** The Pipeline with what its spec is worth. The spec is read when it is new, or when a Connection that it names is. */
  async #judge(pipeline: CustomObject, memory: PipelineMemory): Promise<Judged> {
    const known = memory.judged;
    if (known?.of === this.#basisOf(pipeline)) return pipelineFacts(pipeline, known.judgement);
    const found = await this.#readLive(pipeline);
    return found === undefined ? undefined : this.#judgeLive(found, memory);
  }

  #judgeLive(found: CustomObject, memory: PipelineMemory): Judged {
    const live = { ...found, outline: outlineOf(found.spec) };
    const known = memory.judged;
    const basis = this.#basisOf(live);
    if (known?.of === basis) return pipelineFacts(live, known.judgement);
    const judgement = judgePipeline(live.spec, soundConnections(this.#connectionsOf(live)));
    memory.judged = { of: basis, judgement };
    return pipelineFacts(live, judgement);
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
  #measure(labels: PipelineLabels, uid: string | undefined, { activeRuns, health }: PipelineDecision): void {
    const { metrics } = this.#services;
    if (uid === undefined) {
      forgetPipeline(metrics, labels);
      return;
    }
    knowPipeline(metrics, labels, uid);
    setPipelineGauge(metrics, "activeRuns", labels, activeRuns);
    setPipelineHealth(metrics, labels, health);
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

/** Nothing of a Pipeline's status is needed to write it anew. */
function pipelineFacts(
  { metadata, outline, status }: CustomObject,
  judgement: PipelineJudgement,
): NonNullable<PipelineDecisionFacts["pipeline"]> {
  const stored = PipelineStatus.safeParse(status ?? {}).data ?? {};
  const { history, schedule, suspend } = outline ?? {};
  return { meta: metadata, history, schedule, suspend, judgement, status: stored };
}
