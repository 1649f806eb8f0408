import { PipelineSpec } from "#api/pipeline.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import type { TaskPodSettings } from "../job/job.ts";
import { isNotFound } from "../kube/api-error.ts";
import type { CustomObject } from "../kube/kinds.ts";
import { parseKey } from "../kube/object-key.ts";
import { type Action, explain } from "../run/action.ts";
import { type Decision, decide, hasFinished } from "../run/decide.ts";
import type { Facts, Refusal } from "../run/facts.ts";
import { isUrgent, statusDiffers, statusOf } from "../run/status.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { runEvents } from "../telemetry/run-events.ts";
import { countRun } from "../telemetry/run-metrics.ts";
import { type Acted, act } from "./act.ts";
import type { ControllerParts } from "./controller-parts.ts";
import type { EventWriter } from "./event-writer.ts";
import { GATE_RECHECK_MS, type Reconciled, type Reconciler } from "./loop.ts";
import { mergePatchOf } from "./merge-patch.ts";
import { cachedChildren, cachedDefinitions, liveChildren, liveDefinitions, observeRun } from "./observe.ts";

export interface RunControllerParts extends ControllerParts {
  readonly metrics: Metrics;
  readonly events: EventWriter;
  readonly taskPods: TaskPodSettings;
}

/** What this process remembers of a run between reconciles. Losing it costs time, never correctness. */
interface Memory {
  readonly uid: string;
  refusals: Map<string, Refusal>;
  /** When the status was last written, wall clock ms. */
  patchedAt: number;
}

/** The least time between two status writes of a run; changes that nobody waits for take twice as long. */
const PATCH_INTERVAL_MS = 1_000;
const REFUSAL_RETRY_MS = 5_000;

/** Reconciles PipelineRuns: observe, decide, act, then say so. */
export class RunController implements Reconciler {
  readonly name = "pipelinerun";
  readonly #parts: RunControllerParts;
  readonly #memories = new Map<string, Memory>();

  constructor(parts: RunControllerParts) {
    this.#parts = parts;
  }

  async reconcile(key: string, arrivedAt: number): Promise<Reconciled> {
    const { caches, clock } = this.#parts;
    const run = caches.runs.get(parseKey(key));
    const gate = this.#parts.ownWritesIn(parseKey(key).namespace);
    if (run === undefined) {
      this.#memories.delete(key);
      gate.forget(key);
      return {};
    }
    if (!gate.caughtUp(key)) return { wakeAt: clock.now() + GATE_RECHECK_MS };
    const memory = this.#memory(key, run.metadata.uid);
    const { facts, decision } = await this.#decide(run, memory);
    const retryAt = await this.#act(key, facts, decision.actions, arrivedAt);
    const patchAt = await this.#writeStatus(key, facts, decision);
    return { wakeAt: earliest(decision.wakeAt, retryAt, patchAt) };
  }

  /**
   * Decides by the caches. A decision that follows from something not being there is made again by the API server's own word, and
   * so is one that follows from the Pipeline: a run that is created right after its Pipeline was changed follows the changed one.
   */
  async #decide(run: CustomObject, memory: Memory): Promise<{ facts: Facts; decision: Decision }> {
    const { caches, clock, kube } = this.#parts;
    const context = { definitions: cachedDefinitions(run, caches), now: clock.now(), refusals: memory.refusals };
    const children = cachedChildren(run, caches);
    const cached = observeRun(run, children, context);
    const decision = decide(cached);
    if (decision.inferred !== true && decision.copies !== true) return { facts: cached, decision };
    const definitions = decision.copies === true ? await liveDefinitions(run, kube) : context.definitions;
    const live = decision.inferred === true ? await liveChildren(run, kube) : children;
    const facts = observeRun(run, live, { ...context, definitions });
    return { facts, decision: decide(facts) };
  }

  #memory(key: string, uid: string): Memory {
    const known = this.#memories.get(key);
    if (known?.uid === uid) return known;
    const memory = { uid, refusals: new Map(), patchedAt: 0 };
    this.#memories.set(key, memory);
    return memory;
  }

  /** Carries all actions out at once; one that fails does not hold the others back. Returns when to look at refusals again. */
  async #act(key: string, facts: Facts, actions: readonly Action[], arrivedAt: number): Promise<number | undefined> {
    if (actions.length === 0) return undefined;
    let parsed: PipelineSpec | undefined;
    // Only a Job that is made needs the copy of the spec: one that this version cannot read must not keep Jobs from being stopped.
    const spec = () => (parsed ??= PipelineSpec.parse(facts.run.status.pipelineSpec));
    const outcomes = await Promise.allSettled(actions.map((action) => act(action, facts, spec, this.#parts)));
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") this.#note(key, facts, outcome.value, arrivedAt);
    }
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const refused = outcomes.some((outcome) => outcome.status === "fulfilled" && "refusal" in outcome.value);
    return refused ? this.#parts.clock.now() : undefined;
  }

  #note(key: string, { run, now }: Facts, acted: Acted, arrivedAt: number): void {
    const { clock, log, metrics } = this.#parts;
    const { action } = acted;
    const memory = this.#memories.get(key);
    const which = action.do === "createJob" ? { attempt: action.attempt } : {};
    const fields = { run: key, pipeline: run.spec.pipeline, node: action.node, ...which };
    if ("refusal" in acted) {
      const since = memory?.refusals.get(action.node)?.since ?? now;
      const { attempt } = acted.action;
      memory?.refusals.set(action.node, { ...acted.refusal, attempt, since, retryAt: clock.now() + REFUSAL_RETRY_MS });
      log.warn({ ...fields, reason: acted.refusal.message }, "the Job was refused");
      return;
    }
    memory?.refusals.delete(action.node);
    log.info(fields, explain(action));
    if (acted.job === undefined) return;
    this.#parts.ownWritesIn(run.meta.namespace).wrote(key, "Job", acted.job.metadata.resourceVersion);
    metrics.dispatchLatency.observe((clock.monotonic() - arrivedAt) / 1000);
  }

  /** Stores what the decision says, unless that was done a moment ago. Returns when it may be stored, if that is still to do. */
  async #writeStatus(key: string, facts: Facts, { verdict }: Decision): Promise<number | undefined> {
    if (verdict === undefined) return undefined;
    const before = facts.run.status;
    const after = statusOf(verdict, facts);
    if (!statusDiffers(before, after)) return undefined;
    const memory = this.#memory(key, facts.run.meta.uid);
    const patchAt = memory.patchedAt + PATCH_INTERVAL_MS * (isUrgent(before, after) ? 1 : 2);
    const now = this.#parts.clock.now();
    if (now < patchAt && memory.patchedAt <= now) return patchAt;
    memory.patchedAt = now;
    await this.#patch(key, facts, before, after);
    if (hasFinished({ run: { ...facts.run, status: after } })) memory.refusals.clear();
    return undefined;
  }

  async #patch(key: string, { run }: Facts, before: PipelineRunStatus, after: PipelineRunStatus): Promise<void> {
    const { kube, metrics, events } = this.#parts;
    const { namespace, name, resourceVersion, uid } = run.meta;
    const patch = { status: mergePatchOf(before, after) };
    try {
      const stored = await kube.patch("PipelineRun", { namespace, name }, patch, {
        subresource: "status",
        resourceVersion,
      });
      this.#parts.ownWritesIn(namespace).wrote(key, "PipelineRun", stored.metadata.resourceVersion);
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    countRun(metrics, { namespace, pipeline: run.spec.pipeline }, before, after);
    events.write({ kind: "PipelineRun", namespace, name, uid }, runEvents(before, after));
  }
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
