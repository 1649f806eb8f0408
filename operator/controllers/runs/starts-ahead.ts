import { jobName } from "../../job/names.ts";
import { formatKey, parseKey } from "../../kube/object-key.ts";
import { writerKey } from "../../kube/own-writes.ts";
import type { Reports } from "../../report/reports.ts";
import { type Action, explain } from "../../run/action.ts";
import { ordersOf } from "../../run/ahead/orders.ts";
import type { Facts } from "../../run/facts.ts";
import type { KnownJobs } from "../jobs/known-jobs.ts";
import type { ControllerServices } from "../loop/services.ts";
import { type ActServices, act, specOf } from "./act.ts";
import type { Decided, LiveNodes } from "./live-nodes.ts";

/** Jobs that the operator holds at once, over all runs: each keeps the requests of a pod from others. */
const HELD_MAX = 20;

export interface StartsAheadServices extends ControllerServices {
  readonly reports: Reports;
  readonly liveNodes: LiveNodes;
  readonly taskPods: ActServices["taskPods"];
  /** Has another run decided about. */
  readonly wakeRun: (key: string) => void;
}

/** What a run remembers of its starts ahead. */
export interface AheadMemory {
  readonly known: KnownJobs;
  /** Nodes whose Job was held in vain, or could not be made. */
  readonly spent: Set<string>;
}

/** Starts ahead as the operator as a whole sees them: how many there are, and what held tasks are told. */
export class StartsAhead {
  readonly #services: StartsAheadServices;
  /** How many Jobs each run holds, by its key. */
  readonly #held = new Map<string, number>();

  constructor(services: StartsAheadServices) {
    this.#services = services;
  }

  /** What a decision about the run may do; nothing where its tasks would not hear that they may begin. */
  factsFor(namespace: string, { spent }: AheadMemory): Pick<Facts, "ahead"> {
    const { reports, liveNodes } = this.#services;
    if (reports.channel === undefined || !reports.heard(namespace)) return {};
    const held = [...this.#held.values()].reduce((sum, count) => sum + count, 0);
    const yields = liveNodes.anyWaits(namespace) ? { yields: true as const } : {};
    return { ahead: { room: Math.max(0, HELD_MAX - held), spent, ...yields } };
  }

  /** Counts what the decision about a run holds: other runs decide while its Jobs are being made. */
  count(run: string, { facts, decision }: Decided): void {
    const nodes = decision.verdict?.nodes ?? facts.run.status.nodes ?? {};
    const held = Object.values(nodes).filter(({ reason }) => reason === "StartingAhead").length;
    if (held === 0) this.#held.delete(run);
    else this.#held.set(run, held);
    const waits = Object.values(nodes).some(({ reason }) => reason === "NamespaceLimit");
    if (waits) for (const other of this.#heldIn(facts.run.meta.namespace)) this.#services.wakeRun(other);
  }

  #heldIn(namespace: string): readonly string[] {
    return [...this.#held.keys()].filter((key) => parseKey(key).namespace === namespace);
  }

  forget(run: string): void {
    this.#held.delete(run);
  }

  /** Tells the tasks of a run what its stored status says. */
  tell(facts: Pick<Facts, "run" | "attempts">): void {
    for (const { podUid, order } of ordersOf(facts)) this.#services.reports.order(podUid, order);
  }

  /**
   * Makes the held Jobs of a decision. One that is refused is nobody's trouble: the node starts when it is due, and says then why it
   * cannot. Rejects with what the port itself refuses.
   */
  async make(facts: Facts, actions: readonly Action[], memory: AheadMemory): Promise<void> {
    for (const action of actions) if (action.do === "deleteJob" && action.held === true) memory.spent.add(action.node);
    const holds = actions.filter((action) => action.do === "createJob").filter(({ hold }) => hold === true);
    await Promise.all(holds.map((action) => this.#makeOne(facts, action, memory)));
  }

  async #makeOne(facts: Facts, action: Action & { readonly do: "createJob" }, memory: AheadMemory): Promise<void> {
    const { log, liveNodes, ownWritesIn, reports } = this.#services;
    const { meta, spec } = facts.run;
    const { channel } = reports;
    if (channel === undefined) return;
    const acted = await act(action, facts, () => specOf(facts), { ...this.#services, known: memory.known, channel });
    const fields = { run: formatKey(meta), pipeline: spec.pipeline, node: action.node };
    if ("refusal" in acted) {
      memory.spent.add(action.node);
      liveNodes.release(meta.namespace, jobName(meta.name, action.node, action.attempt));
      log.info({ ...fields, reason: acted.refusal.message }, "a node is not started ahead");
      return;
    }
    log.info(fields, explain(action));
    if (acted.job === undefined) return;
    const { resourceVersion } = acted.job.metadata;
    ownWritesIn(meta.namespace).wrote(writerKey("PipelineRun", formatKey(meta)), "Job", resourceVersion);
  }
}
