import { PART_LABEL } from "#api/metadata.ts";
import { splitUnitKey } from "#api/packing.ts";
import type { PipelineNode } from "#api/pipeline.ts";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { STOPPED, type TaskResult } from "#api/task.ts";
import { TERMINAL } from "../../operator/run/node.ts";
import { expandStatus } from "../../operator/run/packing/packed-status.ts";
import type { FakeApi } from "../support/fake-cluster/fake-api.ts";
import type { StoredObject } from "../support/fake-cluster/fake-api-objects.ts";
import type { StoredEvent } from "../support/fake-cluster/fake-api-storage.ts";
import { attemptOf, FORGED_LABEL, isHeld } from "../support/fake-cluster/fake-kubelet.ts";
import { expectedStates, mayFollow } from "./expected-states.ts";
import { containerEnd, exitCode, jobLives, mayBeStopped } from "./live-jobs.ts";
import { FORGED_ROWS } from "./neighbour.ts";
import { endsBefore, needsOf, nodeOf, partsIn } from "./packed-plans.ts";
import { wrongParams, wrongValue } from "./param-plans.ts";
import { type Plan, toldCommit } from "./plan.ts";
import { brokenRules, isRuled, looksAtAll } from "./rule-plans.ts";

/** The plans' shortest back-off, less its jitter. */
const BACKOFF_MIN_MS = 900;

/** Watches every write to the server and tells what must never happen. */
export class Invariants {
  readonly violations: string[] = [];
  readonly #plan: Plan;
  readonly #deletes: boolean;
  readonly #api: FakeApi;
  readonly #created = new Set<string>();
  readonly #ended = new Set<string>();
  /** Held Jobs, pods of them that were told to go, and the Job of each. */
  readonly #held = new Set<string>();
  readonly #went = new Set<string>();
  /** Attempts with a held Job that the stored status says to have begun: one whose pod never runs ends without being told to go. */
  readonly #begun = new Set<string>();
  readonly #jobOf = new Map<string, string>();
  /** Nodes of which a container, or every part's, has ended. */
  readonly #exited = new Set<string>();
  /** When the container of a node last ended, in the simulation's own time. */
  readonly #endedAt = new Map<string, number>();
  readonly #pods = new Set<string>();
  /** What Jobs and Pods are of, by uid: a neighbour may take their labels away. */
  readonly #attempts = new Map<string, ReturnType<typeof attemptOf>>();
  #patches: number[] = [];

  /** `deletes`: somebody takes Jobs away, also before anybody knows of them. */
  constructor(plan: Plan, api: FakeApi, deletes = false) {
    this.#plan = plan;
    this.#deletes = deletes;
    this.#api = api;
    api.storage.onEvent((event) => this.#see(event));
  }

  #see({ type, object, before }: StoredEvent): void {
    if (type === "ADDED") this.#attempts.set(object.metadata.uid, attemptOf(object));
    const maker = object.metadata.labels?.[FORGED_LABEL];
    if (object.kind === "Job" && type === "ADDED" && maker === undefined) this.#jobCreated(object);
    // A true copy of a Job does what the Job would have done.
    if (object.kind === "Pod" && maker !== "true") this.#podEnded(object);
    if (object.kind === "PipelineRun" && type === "MODIFIED" && before !== undefined) this.#runChanged(before, object);
  }

  #checkNeeds(node: string, key: string): void {
    for (const need of endsBefore(this.#plan, node)) {
      const hasEnded = this.#hasExited(need) || TERMINAL.includes(this.#stored(need)?.state ?? "Pending");
      if (!hasEnded) this.#violated(`${key} began before ${need} had ended`);
    }
    this.#checkRule(node, (need) => this.#succeeded(need));
    if (isRuled(this.#plan, node) && !looksAtAll(this.#plan, node)) return;
    for (const need of needsOf(this.#plan, node)) {
      if (!this.#hasExited(need) && !TERMINAL.includes(this.#stored(need)?.state ?? "Pending"))
        this.#violated(`${key} began by a push of ${need} alone, before that was stored`);
    }
  }

  /** A node begins by its rule; a part of a packed one when all that it needs has succeeded. */
  #checkRule(node: string, succeeded: (need: string) => boolean): void {
    if (!isRuled(this.#plan, node)) {
      const early = needsOf(this.#plan, node).filter((need) => !succeeded(need));
      for (const need of early) this.#violated(`${node} began before ${need} had succeeded`);
      return;
    }
    const scene = {
      stored: (need: string) => this.#stored(need),
      succeeded,
      lives: (need: string) => !this.#deletes && this.#lives(need),
    };
    for (const what of brokenRules(this.#plan, node, scene)) this.#violated(what);
  }

  #lives(node: string): boolean {
    return this.#api.storage
      .list("Job")
      .filter(({ metadata }) => metadata.labels?.[FORGED_LABEL] === undefined)
      .some((job) => splitUnitKey(this.#attemptOf(job).node).node === node && jobLives(this.#api, job));
  }

  /** A task says how it ended: its work is committed, or has failed, from then on; a lie is not its own. */
  said(pod: StoredObject, { node: speaker, attempt: of, outcome, error }: TaskResult): void {
    const { node, attempt } = this.#attemptOf(pod);
    if (speaker !== node || of !== attempt || pod.metadata.labels?.[FORGED_LABEL] === "true") return;
    if (outcome === "succeeded") this.#ended.add(`${node}/only`);
    else if (error?.code !== STOPPED) this.#failedAt(node, pod);
  }

  /** A process asks about a gate: its node begins, or has begun. */
  asked(node: string): void {
    this.#checkNeeds(node, `gate ${node}`);
    const { state = "Pending" } = this.#stored(node) ?? {};
    if (TERMINAL.includes(state)) this.#violated(`gate ${node} is asked about, and is ${state}`);
  }

  /** A gate is open. */
  answered(node: string): void {
    this.#ended.add(`${node}/only`);
  }

  /** The back-off counts from the first word of the failure: the push, or the container's end. */
  #failedAt(node: string, pod: StoredObject): void {
    if (this.#pods.has(pod.metadata.uid)) return;
    this.#pods.add(pod.metadata.uid);
    this.#endedAt.set(node, this.#api.clock.monotonic());
  }

  #status(): PipelineRunStatus {
    const [run] = this.#api.storage.list("PipelineRun");
    return statusIn(run);
  }

  #stored(node: string): NodeStatus | undefined {
    return this.#status().nodes?.[node];
  }

  #attemptOf({ metadata: { uid } }: StoredObject): ReturnType<typeof attemptOf> {
    return this.#attempts.get(uid) ?? { node: "", attempt: 0, run: "" };
  }

  /** A held Job is no attempt before its task is told to go. */
  #heldJobCreated(job: StoredObject): void {
    const { node, attempt } = this.#attemptOf(job);
    this.#held.add(job.metadata.uid);
    if (attempt !== 1) this.#violated(`attempt ${attempt} of ${node} is held`);
    if (this.#created.has(`${node}/1`) && !this.#deletes) this.#violated(`a held Job for ${node}, which has begun`);
    for (const need of needsOf(this.#plan, node)) {
      const isKnown = [...this.#created].some((key) => key.startsWith(`${need}/`));
      // That it is passed over may not be stored yet.
      const isSkipped = expectedStates(this.#plan)[splitUnitKey(need).node] === "Skipped";
      if (!isKnown && !isSkipped && (this.#stored(need)?.state ?? "Pending") === "Pending")
        this.#violated(`${node} is held before ${need} has begun`);
    }
    const held = this.#api.storage
      .list("Job")
      .filter((other) => this.#isHeld(other.metadata.uid) && !this.#hasBegun(other));
    const { startAhead } = this.#plan.spec;
    // One that a process has just deleted, or another one that leads now does not see yet, may still be there.
    if (held.length > 2 * startAhead) this.#violated(`${held.length} Jobs are held, and startAhead is ${startAhead}`);
  }

  /** Whether the stored status says so of the node, whose pod may still be on its way. */
  #hasBegun(job: StoredObject): boolean {
    const { node, attempt } = this.#attemptOf(job);
    return this.#begun.has(`${node}/${attempt}`);
  }

  #isHeld(jobUid: string): boolean {
    const went = [...this.#went].some((pod) => this.#jobOf.get(pod) === jobUid);
    return this.#held.has(jobUid) && !went;
  }

  /** The task of a held Job begins. */
  went(pod: StoredObject): void {
    const { node, attempt } = this.#attemptOf(pod);
    const jobUid = pod.metadata.ownerReferences?.[0]?.uid ?? "";
    if (pod.metadata.labels?.[FORGED_LABEL] === "true") return;
    const isReplaced = !this.#isHeld(jobUid);
    this.#went.add(pod.metadata.uid);
    this.#jobOf.set(pod.metadata.uid, jobUid);
    this.#checkRule(node, (need) => this.#stored(need)?.state === "Succeeded");
    const stored = this.#stored(node);
    if (stored?.state === "Pending" || stored?.jobUid !== jobUid) this.#violated(`${node} went and is not stored so`);
    const key = `${node}/${attempt}`;
    if (this.#created.has(key) && !isReplaced && !this.#deletes) this.#violated(`${key} went, and had begun before`);
    this.#created.add(key);
  }

  /** A Job is told the commit that is stored. Before that, one attempt at a time looks it up. */
  #checkCommit(job: StoredObject): void {
    const { node, attempt } = this.#attemptOf(job);
    if (this.#plan.spec.nodes[node]?.transform === undefined) return;
    const given = toldCommit(job);
    const [run] = this.#api.storage.list("PipelineRun");
    const [stored] = commitsOf((run?.status ?? {}) as PipelineRunStatus);
    if (given !== stored) this.#violated(`${node}/${attempt} is told commit ${given}, and ${stored} is stored`);
    if (given !== undefined || this.#deletes) return;
    const others = this.#api.storage
      .list("Job")
      .filter(({ metadata }) => metadata.labels?.[FORGED_LABEL] === undefined && metadata.uid !== job.metadata.uid)
      .filter((other) => this.#plan.spec.nodes[this.#attemptOf(other).node]?.transform !== undefined)
      .filter((other) => toldCommit(other) === undefined && jobLives(this.#api, other));
    if (others.length > 0) this.#violated(`${node}/${attempt} looks a commit up while another one does`);
  }

  /** A Job is made of what the run began with, and of ends that are stored. */
  #checkValue(job: StoredObject): void {
    const wrong = this.#plan.hasParams === true ? wrongValue(job, this.#status()) : undefined;
    if (wrong !== undefined) this.#violated(`${this.#attemptOf(job).node} is given ${wrong}`);
  }

  #jobCreated(job: StoredObject): void {
    this.#checkCommit(job);
    this.#checkValue(job);
    if (isHeld(job)) {
      this.#heldJobCreated(job);
      return;
    }
    const { node, attempt } = this.#attemptOf(job);
    const key = `${node}/${attempt}`;
    if (this.#created.has(key) && !this.#deletes) this.#violated(`a second Job for ${key}`);
    this.#created.add(key);
    if (!mayFollow(this.#plan, node, attempt) && !this.#deletes)
      this.#violated(`attempt ${key} is beyond the limit of ${this.#plan.spec.retries?.limit ?? 0} retries`);
    const previous = `${node}/${attempt - 1}`;
    if (attempt > 1 && !this.#created.has(previous) && !this.#begun.has(previous))
      this.#violated(`attempt ${key} before the one before it`);
    const waited = this.#api.clock.monotonic() - (this.#endedAt.get(node) ?? Number.NEGATIVE_INFINITY);
    if (waited < BACKOFF_MIN_MS)
      this.#violated(`attempt ${key} began ${Math.round(waited)} ms after the one before it`);
    this.#checkNeeds(node, key);
    const living = this.#api.storage
      .list("Job")
      .filter(({ metadata }) => metadata.labels?.[FORGED_LABEL] === undefined)
      .filter((other) => this.#attemptOf(other).node === node && jobLives(this.#api, other));
    if (living.length > 1) this.#violated(`two live Jobs of ${node}`);
  }

  /** A pod that has gone since has succeeded all the same; one that was stopped has not, whatever its exit code is. */
  #podEnded(pod: StoredObject): void {
    const { node } = this.#attemptOf(pod);
    const part = pod.metadata.labels?.[PART_LABEL];
    const isHeld = this.#held.has(pod.metadata.ownerReferences?.[0]?.uid ?? "");
    if (isHeld && !this.#went.has(pod.metadata.uid)) return;
    // Parts that a failed one took along end after it.
    if (exitCode(pod) !== undefined && part === undefined) this.#failedAt(node, pod);
    if (exitCode(pod) !== undefined) this.#exited.add(node);
    if (this.#reportsSuccess(node, pod)) this.#ended.add(`${node}/only`);
    if (exitCode(pod) !== 0 || mayBeStopped(pod)) return;
    const message = containerEnd(pod)?.message ?? "";
    if (part === undefined || message !== "") this.#ended.add(`${node}/${part ?? "only"}`);
  }

  /** One of kelt's own verbs is done when it says so, whatever its container exits with. */
  #reportsSuccess(node: string, pod: StoredObject): boolean {
    const message = containerEnd(pod)?.message ?? "";
    return isOwn(nodeOf(this.#plan, node)) && message.includes('"outcome":"succeeded"');
  }

  #hasExited(node: string): boolean {
    const units = splitUnitKey(node).unit === undefined ? partsIn(this.#plan, node) : [];
    return units.length === 0 ? this.#exited.has(node) : units.every((unit) => this.#exited.has(unit));
  }

  #succeeded(node: string): boolean {
    const units = splitUnitKey(node).unit === undefined ? partsIn(this.#plan, node) : [];
    if (units.length > 0) return units.every((unit) => this.#succeeded(unit));
    const pods = this.#plan.spec.nodes[node]?.load?.fanOut?.pods;
    const parts = pods === undefined ? ["only"] : Array.from({ length: pods }, (_, part) => part);
    return parts.every((part) => this.#ended.has(`${node}/${part}`));
  }

  #runChanged(before: StoredObject, after: StoredObject): void {
    const was = statusIn(before);
    const is = statusIn(after);
    this.#nodesChanged(was, is);
    this.#hasOneCommit(is);
    const params = this.#plan.hasParams === true ? wrongParams(was, is) : undefined;
    if (params !== undefined) this.#violated(`the run has the parameters ${params}`);
    for (const [name, { rows, state, attempt, jobUid = "" }] of Object.entries(is.nodes ?? {})) {
      if (rows === FORGED_ROWS) this.#violated(`${name} has a forged result`);
      if (state !== "Pending" && this.#held.has(jobUid)) this.#begun.add(`${name}/${attempt}`);
    }
    const verdict = was.conditions?.[0]?.status;
    if (verdict !== undefined && verdict !== "Unknown" && is.conditions?.[0]?.status !== verdict)
      this.#violated("a finished run was revived");
    if (was.pipelineRevision !== undefined && was.pipelineRevision.digest !== is.pipelineRevision?.digest) {
      this.#violated("the run follows another copy of the spec");
    }
    if (!hasMoves(was, is)) this.#countPatch();
  }

  #hasOneCommit(is: PipelineRunStatus): void {
    const commits = [...commitsOf(is)];
    if (commits.length > 1) this.#violated(`the run has several commits of one project: ${commits.join(", ")}`);
  }

  #nodesChanged(was: PipelineRunStatus, is: PipelineRunStatus): void {
    for (const [name, node] of Object.entries(was.nodes ?? {})) this.#nodeChanged(name, node, is.nodes?.[name]);
    for (const [name, { state }] of Object.entries(is.nodes ?? {})) {
      if (state === "Succeeded" && !this.#succeeded(name))
        this.#violated(`${name} succeeded before all of its pods had`);
    }
  }

  #nodeChanged(name: string, was: NodeStatus, is: NodeStatus | undefined): void {
    if (TERMINAL.includes(was.state)) {
      if (is?.state !== was.state) this.#violated(`${name} left ${was.state} for ${is?.state}`);
      return;
    }
    // Of a unit that has ended nothing is kept but that. A Job that was held is no attempt.
    const isUnit = splitUnitKey(name).unit !== undefined;
    if (was.state === "Pending" || (isUnit && TERMINAL.includes(is?.state ?? "Pending"))) return;
    if ((is?.attempt ?? 0) < (was.attempt ?? 0)) this.#violated(`${name} went back to an earlier attempt`);
  }

  /** A hot loop writes more than its share: each process may write once a second, and a new one begins with a write. */
  #countPatch(): void {
    const now = this.#api.clock.monotonic();
    this.#patches = [...this.#patches.filter((at) => at > now - 10_000), now];
    if (this.#patches.length > 16) this.#violated(`${this.#patches.length} status writes within 10 s`);
  }

  #violated(what: string): void {
    this.violations.push(`at ${Math.round(this.#api.clock.monotonic())} ms: ${what}`);
  }
}

/** What lets nodes begin is written at once; a node succeeds only once, and a held one begins once. */
function hasMoves(was: PipelineRunStatus, is: PipelineRunStatus): boolean {
  return Object.entries(is.nodes ?? {}).some(([name, { state }]) => {
    const before = was.nodes?.[name];
    const begins = before?.reason === "StartingAhead" && state !== "Pending";
    return begins || (state === "Succeeded" && before?.state !== "Succeeded");
  });
}

/** The commits of a run's one git project: never more than one. */
function commitsOf({ nodes = {} }: PipelineRunStatus): ReadonlySet<string> {
  return new Set(Object.values(nodes).flatMap(({ commit }) => commit ?? []));
}

/** Whether a node is of one of kelt's own verbs, of one pod. */
function isOwn(node: PipelineNode | undefined): boolean {
  return node?.test !== undefined || node?.transform !== undefined;
}

/** The stored status, with the Jobs of packed nodes as nodes. */
function statusIn(run: StoredObject | undefined): PipelineRunStatus {
  return expandStatus((run?.status ?? {}) as PipelineRunStatus);
}
