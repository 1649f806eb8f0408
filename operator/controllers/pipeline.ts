import { PipelineStatus } from "#api/pipeline.ts";
import { PipelineRunStatus } from "#api/pipeline-run.ts";
import { isConflict, isNotFound } from "../kube/api-error.ts";
import type { CustomObject } from "../kube/kinds.ts";
import { parseKey } from "../kube/object-key.ts";
import { decidePipeline, type PipelineDecisionFacts } from "../run/decide-pipeline.ts";
import type { FinishedRun } from "../run/history.ts";
import { statusDiffers } from "../run/status.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { forgetPipeline } from "../telemetry/run-metrics.ts";
import type { ControllerParts } from "./controller-parts.ts";
import { GATE_RECHECK_MS, type Reconciled, type Reconciler } from "./loop.ts";
import { mergePatchOf } from "./merge-patch.ts";
import { connectionsIn } from "./observe.ts";

export interface PipelineControllerParts extends ControllerParts {
  readonly metrics: Metrics;
}

/** The part of a run's status that its Pipeline speaks of; the nodes of a thousand runs are not read for it. */
const RunSummary = PipelineRunStatus.pick({ conditions: true, started: true, finished: true });

const PATCH_INTERVAL_MS = 1_000;

/** Reconciles Pipelines: whether they can run, what their runs did, and which finished runs are given up. */
export class PipelineController implements Reconciler {
  readonly name = "pipeline";
  readonly #parts: PipelineControllerParts;
  /** When each status was last written, wall clock ms. */
  readonly #patchedAt = new Map<string, number>();

  constructor(parts: PipelineControllerParts) {
    this.#parts = parts;
  }

  async reconcile(key: string): Promise<Reconciled> {
    const { clock } = this.#parts;
    const gate = this.#parts.ownWritesIn(parseKey(key).namespace);
    if (!gate.caughtUp(key)) return { wakeAt: clock.now() + GATE_RECHECK_MS };
    const facts = this.#observe(key);
    if (facts.pipeline === undefined && facts.runs.length === 0) {
      this.#forget(key);
      return {};
    }
    const decision = decidePipeline(facts);
    const { namespace, name: pipeline } = parseKey(key);
    this.#parts.metrics.activeRuns.set({ namespace, pipeline }, decision.activeRuns);
    for (const run of decision.expired) await this.#deleteRun(key, run);
    const patchAt = decision.status === undefined ? undefined : await this.#writeStatus(key, facts, decision.status);
    return { wakeAt: patchAt === undefined ? decision.wakeAt : Math.min(patchAt, decision.wakeAt ?? patchAt) };
  }

  #observe(key: string): PipelineDecisionFacts {
    const { caches, clock } = this.#parts;
    const pipeline = caches.pipelines.get(parseKey(key));
    const connections = connectionsIn(parseKey(key).namespace, caches);
    return {
      now: clock.now(),
      connections,
      runs: caches.runs.by("pipeline", key).flatMap(runFacts),
      ...(pipeline === undefined ? {} : { pipeline: pipelineFacts(pipeline) }),
    };
  }

  async #deleteRun(key: string, run: FinishedRun): Promise<void> {
    const { kube, log } = this.#parts;
    const { namespace } = parseKey(key);
    try {
      await kube.delete("PipelineRun", { namespace, name: run.name }, { propagation: "Background", uid: run.uid });
      log.info({ pipeline: key, run: `${namespace}/${run.name}` }, "deleted a finished run that the history gives up");
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async #writeStatus(
    key: string,
    { pipeline, now }: PipelineDecisionFacts,
    after: PipelineStatus,
  ): Promise<number | undefined> {
    if (pipeline === undefined) return undefined;
    const { kube, metrics } = this.#parts;
    const { namespace, name, resourceVersion } = pipeline.meta;
    if (after.lastSuccessTime !== undefined) {
      metrics.lastSuccess.set({ namespace, pipeline: name }, Date.parse(after.lastSuccessTime) / 1000);
    }
    if (!statusDiffers(pipeline.status, after)) return undefined;
    const patchAt = (this.#patchedAt.get(key) ?? 0) + PATCH_INTERVAL_MS;
    if (now < patchAt && now >= patchAt - PATCH_INTERVAL_MS) return patchAt;
    this.#patchedAt.set(key, now);
    const patch = { status: mergePatchOf(pipeline.status, after) };
    try {
      const stored = await kube.patch("Pipeline", { namespace, name }, patch, {
        subresource: "status",
        resourceVersion,
      });
      this.#parts.ownWritesIn(namespace).wrote(key, "Pipeline", stored.metadata.resourceVersion);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return undefined;
  }

  #forget(key: string): void {
    const { namespace, name } = parseKey(key);
    this.#patchedAt.delete(key);
    this.#parts.ownWritesIn(namespace).forget(key);
    forgetPipeline(this.#parts.metrics, { namespace, pipeline: name });
  }
}

/** A run whose status cannot be read is its own reconcile's trouble: the Pipeline and its other runs go on. */
function runFacts({ metadata, status }: CustomObject): PipelineDecisionFacts["runs"] {
  const parsed = RunSummary.safeParse(status ?? {});
  return parsed.success ? [{ meta: metadata, status: parsed.data }] : [];
}

/** Nothing of a Pipeline's status is needed to write it anew. */
function pipelineFacts({ metadata, spec, status }: CustomObject): NonNullable<PipelineDecisionFacts["pipeline"]> {
  return { meta: metadata, spec, status: PipelineStatus.safeParse(status ?? {}).data ?? {} };
}
