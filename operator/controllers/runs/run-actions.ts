import { jobName } from "../../job/names.ts";
import { ApiError } from "../../kube/api-error.ts";
import { formatKey } from "../../kube/object-key.ts";
import { writerKey } from "../../kube/own-writes.ts";
import type { Reports } from "../../report/reports.ts";
import { type Action, explain, type JobAction } from "../../run/action.ts";
import type { Facts, JobRefusal } from "../../run/facts.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { Purpose } from "../jobs/known-jobs.ts";
import type { ControllerServices } from "../loop/services.ts";
import { type Acted, type ActServices, act, specOf } from "./act.ts";
import type { LiveNodes } from "./live-nodes.ts";
import type { RunMemory } from "./run-memory.ts";

export interface RunActionServices extends ControllerServices, Pick<ActServices, "taskPods"> {
  readonly metrics: Metrics;
  readonly liveNodes: LiveNodes;
  readonly reports: Reports;
}

/** Carries out what is decided of runs, at the pace that the API server allows each of them, and remembers what it refuses. */
export class RunActions {
  readonly #services: RunActionServices;

  constructor(services: RunActionServices) {
    this.#services = services;
  }

  /** Makes and deletes Jobs that are due; one that fails does not hold the others back. Returns whether a Job was refused, and what else failed. */
  async carryOut(facts: Facts, decided: readonly Action[], memory: RunMemory, arrivedAt: number): Promise<ActedOn> {
    const actions = decided.filter((action) => action.do !== "order").filter(isDue);
    if (actions.length === 0) return { refused: false };
    // Only a Job that is made needs the copy of the spec: one that cannot be read must not keep Jobs from being stopped.
    const spec = () => specOf(facts);
    const services = { ...this.#services, known: memory.known, channel: this.#services.reports.channel };
    const { outcomes, putOff } = await memory.pace.carryOut(actions, async (action) => {
      const acted = await act(action, facts, spec, services);
      this.#note(facts, acted, memory, arrivedAt);
      return acted;
    });
    const refusals = outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" && "refusal" in outcome.value ? [outcome.value] : [],
    );
    const first = refusals.find(({ refusal }) => !refusal.final) ?? refusals[0];
    if (first !== undefined) this.#putOff(facts, memory, first, putOff);
    this.#logRefusals(facts, refusals, putOff.length);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    // The port creates nothing now (this process does not lead): the status must not say that a Job has begun.
    if (
      failed !== undefined &&
      actions.some((action) => action.do === "createJob") &&
      !(failed.reason instanceof ApiError && failed.reason.verb === "delete")
    )
      throw failed.reason;
    return { refused: first !== undefined, ...(failed === undefined ? {} : { error: failed.reason as unknown }) };
  }

  /** Jobs that were not asked for, because the API server refuses this one: they wait, and say what for; many wait together. */
  #putOff(
    { run, now }: Facts,
    memory: RunMemory,
    { action, refusal }: Acted & { readonly refusal: JobRefusal },
    putOff: readonly { readonly node: string; readonly attempt: number }[],
  ): void {
    const message = `put off while the Job of node ${action.node} is refused: ${refusal.message}`;
    for (const { node, attempt } of putOff) {
      const since = refusedSince(memory, { node, attempt }) ?? now;
      memory.refusals.set(node, { ...refusal, final: false, message, attempt, since, at: now, retryAt: now });
      this.#services.liveNodes.release(run.meta.namespace, jobName(run.meta.name, node, attempt));
    }
    const waiting = [...memory.refusals].filter(([, { final }]) => !final);
    const retryAt = memory.pace.pauseEnd(waiting.length, this.#services.clock.now());
    if (retryAt !== undefined) for (const [node, each] of waiting) memory.refusals.set(node, { ...each, retryAt });
  }

  /** One line for a pass, however many Jobs were refused in it. */
  #logRefusals({ run }: Facts, refusals: readonly Acted[], putOff: number): void {
    const [first] = refusals;
    if (first === undefined || !("refusal" in first)) return;
    const { node, attempt } = first.action;
    const fields = {
      run: formatKey(run.meta),
      pipeline: run.spec.pipeline,
      node,
      attempt,
      refused: refusals.length,
      putOff,
    };
    this.#services.log.warn({ ...fields, reason: first.refusal.message }, "the API server refuses Jobs");
  }

  #note({ run, now }: Facts, acted: Acted, memory: RunMemory, arrivedAt: number): void {
    const { clock, log, metrics } = this.#services;
    const { action } = acted;
    const which = action.do === "createJob" ? { attempt: action.attempt } : {};
    const fields = { run: formatKey(run.meta), pipeline: run.spec.pipeline, node: action.node, ...which };
    if ("refusal" in acted) {
      const { attempt } = acted.action;
      const since = refusedSince(memory, acted.action) ?? now;
      const retryAt = clock.now() + memory.pace.refused(action.node);
      memory.refusals.set(action.node, { ...acted.refusal, attempt, since, at: clock.now(), retryAt });
      this.#services.liveNodes.release(run.meta.namespace, jobName(run.meta.name, action.node, attempt));
      return;
    }
    if (action.do === "createJob") memory.refusals.delete(action.node);
    log.info(fields, explain(action));
    if (acted.job === undefined) return;
    this.#services
      .ownWritesIn(run.meta.namespace)
      .wrote(writerKey("PipelineRun", formatKey(run.meta)), "Job", acted.job.metadata.resourceVersion);
    memory.pace.created(action.node);
    metrics.dispatchLatency.observe((clock.monotonic() - arrivedAt) / 1000);
  }
}

/** Held Jobs are made by themselves: `starts-ahead.ts`. */
function isDue(action: JobAction): boolean {
  return !(action.do === "createJob" && action.hold === true);
}

interface ActedOn {
  readonly refused: boolean;
  readonly error?: unknown;
}

/** Since when the attempt's Job is refused. What was refused of the attempt before, whose Job may have been there all the same, is over. */
function refusedSince({ refusals }: RunMemory, { node, attempt }: Purpose): number | undefined {
  const known = refusals.get(node);
  return known?.attempt === attempt ? known.since : undefined;
}
