import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { resolvePipeline } from "../../graph/resolve.ts";
import type { CustomObject } from "../../kinds/objects.ts";
import { ApiError, NO_ANSWER } from "../../kube/api-error.ts";
import { parseKey } from "../../kube/object-key.ts";
import { type Decision, decide, hasFinished } from "../../run/decide.ts";
import type { CopyFacts, Facts } from "../../run/facts.ts";
import type { NodeKinds } from "../../run/node-kinds/node-kind.ts";
import { expandStatus } from "../../run/packing/packed-status.ts";
import { earliest } from "../../run/time.ts";
import { cachedDefinitions, type Definitions, liveDefinitions } from "../copies/definitions.ts";
import { SpecCopies } from "../copies/spec-copies.ts";
import type { Foreign, PodCheck } from "../jobs/attempts.ts";
import { withBegun } from "../jobs/known-jobs.ts";
import type { Seal } from "../jobs/seal.ts";
import { troublesOf } from "../jobs/trouble-events.ts";
import type { EventWriter } from "../loop/event-writer.ts";
import { type Done, type Found, KindController, type Look, type Steps } from "../loop/kind-controller.ts";
import type { Reconciler } from "../loop/loop.ts";
import type { StatusWait } from "../loop/status-store.ts";
import type { Hands } from "./node-kinds/hands.ts";
import { OwnNodes } from "./node-kinds/own-nodes.ts";
import type { NodeReportWriter } from "./node-report-writer.ts";
import {
  cachedChildren,
  expandedCopy,
  knownJobNames,
  type LiveChildren,
  liveChildren,
  type Observed,
  observeRun,
  runSpec,
  runStatus,
} from "./observe.ts";
import { endOrphans } from "./orphans.ts";
import { type RunActionServices, RunActions } from "./run-actions.ts";
import { newMemory, type RunMemory } from "./run-memory.ts";
import { RunStatusWriter } from "./run-status-writer.ts";
import { spareJobs } from "./spare-jobs.ts";
import { StartsAhead } from "./starts-ahead.ts";

export interface RunServices extends RunActionServices {
  readonly events: EventWriter;
  readonly seal: Seal;
  readonly podCheck: PodCheck;
  readonly wakeRun: (key: string) => void;
  readonly nodeReports: NodeReportWriter;
  /** Kinds of nodes that are no Jobs, and their hands. */
  readonly nodeKinds: NodeKinds;
  readonly hands: Hands;
}

interface RunFound extends Found {
  readonly run: CustomObject;
}

/** What a decision about a run rests on beside the caches. */
interface RunSources {
  readonly status: PipelineRunStatus;
  readonly copy: CopyFacts | undefined;
  /** The Pipeline and its Connections as the API server has them; undefined where the caches are enough. */
  readonly newest?: Definitions | undefined;
  /** Jobs and Pods as the API server has them. */
  readonly live?: LiveChildren | undefined;
  /** Nodes that are no Jobs, by the same. */
  readonly seen?: Facts["seen"] | undefined;
  /** The API server has been asked for what the decision doubted. */
  readonly confirmed?: true;
}

type RunLook = Look<RunFound, RunMemory, RunSources, Observed, Decision>;

/** How often a Job without our label is asked for: nothing else would say that it has ended. */
const UNWATCHED_RECHECK_MS = 10_000;
/** After so many writes of a status that failed, it is not just one that went astray. */
const REFUSED_WRITES = 2;
/** The least time between two questions why Jobs and pods of a run do not begin. */
const TROUBLES_INTERVAL_MS = 15_000;

/** Decides about PipelineRuns: which nodes begin, wait, are tried again or are stopped, and how the run ends. */
export function runController(services: RunServices): Reconciler {
  return new KindController(new RunSteps(services), services);
}

class RunSteps implements Steps<RunFound, RunMemory, RunSources, Observed, Decision> {
  readonly name = "pipelinerun";
  readonly kind = "PipelineRun";
  readonly #services: RunServices;
  readonly #copies: SpecCopies;
  readonly #writer: RunStatusWriter;
  readonly #ahead: StartsAhead;
  readonly #actions: RunActions;
  readonly #own: OwnNodes;

  constructor(services: RunServices) {
    this.#services = services;
    this.#copies = new SpecCopies(services.kube);
    this.#ahead = new StartsAhead(services);
    this.#actions = new RunActions(services);
    this.#own = new OwnNodes(services.hands, services.log);
    const stored = (facts: Facts) => this.#ahead.tell(facts);
    this.#writer = new RunStatusWriter({ ...services, copies: this.#copies, stored });
  }

  find(key: string): RunFound | undefined {
    const run = this.#services.caches.runs.get(parseKey(key));
    return run === undefined ? undefined : { uid: run.metadata.uid, run };
  }

  newMemory({ uid, run }: RunFound): RunMemory {
    return newMemory({ namespace: run.metadata.namespace, owner: uid }, this.#services);
  }

  async read({ run }: RunFound): Promise<RunSources> {
    const status = expandStatus(runStatus(run.status));
    return { status, copy: expandedCopy(await this.#copyOf(run, status), status) };
  }

  observe({ run }: RunFound, memory: RunMemory, { status, copy, newest, live, seen }: RunSources): Observed {
    const { caches, clock, podCheck, liveNodes, reports } = this.#services;
    const { namespace } = run.metadata;
    const { refusals, sightings, troubles, known, writes } = memory;
    const isFull = [...refusals.values()].some(({ reason }) => reason === "QuotaExceeded");
    return observeRun(run, live ?? cachedChildren(run, caches), {
      ...{ status, copy, refusals, sightings, troubles },
      now: clock.now(),
      statusRefused: writes.failures >= REFUSED_WRITES,
      definitions: newest ?? cachedDefinitions(namespace, runSpec(run.spec).pipeline, caches),
      room: liveNodes.roomIn(namespace),
      spare: isFull ? spareJobs(namespace, caches) : undefined,
      proof: { known, podCheck, reports },
      seen: seen ?? this.#own.observe({ run, status }),
      ...this.#ahead.factsFor(namespace, memory),
    });
  }

  decide({ facts }: Observed): Decision {
    return decide(facts, this.#services.nodeKinds);
  }

  /**
   * A decision that follows from something not being there is made again by the API server's own word, and so is one that follows from the
   * Pipeline: a run that is created right after its Pipeline was changed follows the changed one. Then Events are asked why Jobs make no pod.
   */
  doubt(look: RunLook): (() => Promise<RunSources>) | undefined {
    const { memory, sources, decision } = look;
    const asksJobs = decision.restsOnAbsence === true || memory.unwatched.length > 0;
    if (sources.confirmed !== true && (asksJobs || decision.restsOnSpec === true))
      return () => this.#confirm(look, asksJobs);
    const { puzzles = [] } = decision;
    const now = this.#services.clock.now();
    if (puzzles.length === 0 || now < memory.troublesAskedAt + TROUBLES_INTERVAL_MS) return undefined;
    return async () => {
      memory.troublesAskedAt = now;
      memory.troubles = await troublesOf(this.#services.kube, look.found.run.metadata.namespace, puzzles);
      return sources;
    };
  }

  async #confirm(look: RunLook, asksJobs: boolean): Promise<RunSources> {
    const { found, memory, sources, observed, decision } = look;
    const { kube } = this.#services;
    const { namespace } = found.run.metadata;
    const { pipeline } = runSpec(found.run.spec);
    const newest = decision.restsOnSpec === true ? await liveDefinitions(namespace, pipeline, kube) : undefined;
    const names = [...knownJobNames(observed.facts), ...memory.unwatched];
    const live = asksJobs ? await liveChildren(found.run, kube, names) : undefined;
    if (live !== undefined) memory.unwatched = live.unwatched;
    const seen = asksJobs ? await this.#own.confirm({ run: found.run, status: sources.status }) : undefined;
    return { ...sources, newest, live, seen, confirmed: true };
  }

  settle({ key, found, memory, observed: { facts, foreign }, decision }: RunLook): void {
    this.#services.liveNodes.reserve({ facts, decision });
    this.#reportForeign(found, memory, foreign);
    memory.oddEnds.report(facts);
    this.#ahead.tell(facts);
    this.#ahead.count(key, { facts, decision });
  }

  async act({ memory, observed: { facts }, decision }: RunLook, arrivedAt: number): Promise<Done<Decision>> {
    const { refused, error } = await this.#actions.carryOut(facts, decision.actions, memory, arrivedAt);
    await Promise.all([this.#ahead.make(facts, decision.actions, memory), this.#own.carryOut(facts, decision.actions)]);
    // What was refused has not begun: the facts know of it by now.
    const stands = refused ? decide(facts, this.#services.nodeKinds) : decision;
    const { clock } = this.#services;
    const askAt = memory.unwatched.length > 0 ? clock.now() + UNWATCHED_RECHECK_MS : undefined;
    return { decision: stands, wakeAt: earliest(stands.wakeAt, askAt), error };
  }

  /** A server that does not answer has refused no Job: what it seemed to refuse is tried afresh when it is back. */
  async store({ memory, observed: { facts }, decision }: RunLook): Promise<StatusWait> {
    try {
      const wait = await this.#writer.write(facts, withBegun(decision, facts, memory.known), memory.writes);
      this.#services.nodeReports.write(facts, { ...facts.run.status.nodes, ...decision.verdict?.nodes });
      if (hasFinished(facts)) memory.refusals.clear();
      return wait;
    } catch (error) {
      if (error instanceof ApiError && error.status === NO_ANSWER) memory.refusals.clear();
      throw error;
    }
  }

  /** The run is gone, and so is all that it has left at work. */
  async forget(key: string, memory: RunMemory | undefined): Promise<undefined> {
    if (memory !== undefined) {
      const jobs = await endOrphans(parseKey(key), memory, this.#services);
      if (jobs.length > 0)
        this.#services.log.warn({ run: key, jobs }, "Jobs without an owner outlived their run: deleted");
    }
    this.#services.nodeReports.forget(key);
    this.#services.liveNodes.forget(parseKey(key).namespace, key);
    this.#ahead.forget(key);
    this.#own.forget(key);
    return undefined;
  }

  /** The copy of the spec that a run follows; none for a run that has not begun or has ended. */
  async #copyOf({ metadata, spec }: CustomObject, status: PipelineRunStatus): Promise<CopyFacts | undefined> {
    if (hasFinished({ run: { status } })) return undefined;
    if (status.pipelineRevision === undefined) {
      return status.pipelineSpec === undefined ? undefined : this.#copies.readStored(metadata, status.pipelineSpec);
    }
    const { namespace, uid } = metadata;
    const { pipeline } = runSpec(spec);
    return await this.#copies.read({ namespace, uid, pipeline }, status.pipelineRevision, async () => {
      const { pipeline: found, connections } = await liveDefinitions(namespace, pipeline, this.#services.kube);
      const resolved = resolvePipeline(found?.spec, connections);
      return resolved.ok ? resolved.spec : undefined;
    });
  }

  #reportForeign({ run: { metadata } }: RunFound, { strangers }: RunMemory, foreign: readonly Foreign[]): void {
    const { namespace, name, uid } = metadata;
    strangers.report({ kind: "PipelineRun", namespace, name, uid }, foreign);
  }
}
