import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import type { NodeStatus, PipelineRunStatus } from "../api/pipeline-run.ts";
import type { Failure } from "./attempt/attempt-state.ts";
import type { ResultExpectation } from "./attempt/task-end.ts";
import type { AttemptFacts, Facts } from "./facts.ts";
import type { NodeContext, NodeDecision } from "./node.ts";
import { expectationOf, saidOf } from "./project-words.ts";
import { isLive } from "./stop-jobs.ts";

/*
 * Which commit the git project of a node has. All nodes of a run with the same url and ref have the same one, whatever is pushed to the
 * repository meanwhile: one attempt at a time looks it up, says it before it works with it, and it is stored before another one begins.
 *
 * | of the nodes with the same url and ref                        | a node that is due                                        |
 * |---------------------------------------------------------------|-----------------------------------------------------------|
 * | `ref` is a commit                                             | begins with it                                            |
 * | one has a commit in the stored status                         | begins with it                                            |
 * | one has said it, and it is not stored yet                     | waits: the status is stored at once                        |
 * | none, and another is at work, or begins in this pass          | waits for it (AwaitingCommit)                             |
 * | none, and no other is at work                                 | begins, and looks it up                                   |
 *
 * | a pod of an attempt that was made without a commit            | what it means                                             |
 * |---------------------------------------------------------------|-----------------------------------------------------------|
 * | says a commit: by the channel, by its result, or by the note that it left in its termination message | the node's commit  |
 * | says another one than the run has: it took the place of an evicted pod  | the attempt has failed, which does not count    |
 * | ends without a word                                           | it had not begun to work: the next attempt looks it up    |
 *
 * A node is at work from the creation of its Job to the end of it, also while it waits for room: its Job was made without a commit.
 */

/** A run by its copy of the spec and its stored status. */
export interface RunOf {
  readonly spec: Pick<PipelineSpec, "nodes">;
  readonly status: Pick<PipelineRunStatus, "nodes">;
}

/** The commit that a node's next Job is made with; nothing where its task is to look it up, or it has no git project. */
export function storedCommit(name: string, { spec, status }: RunOf): string | undefined {
  const key = keyOf(spec.nodes[name]);
  if (key === undefined) return commitIn(spec.nodes[name]);
  const same = Object.keys(spec.nodes).filter((other) => keyOf(spec.nodes[other]) === key);
  return same.map((other) => status.nodes?.[other]?.commit).find((commit) => commit !== undefined);
}

/** What nodes of one project have in common; nothing where there is nothing to look up. */
function keyOf(node: PipelineNode | undefined): string | undefined {
  const git = node?.transform?.project.git;
  return git === undefined || commitIn(node) !== undefined ? undefined : `${git.url} ${git.ref ?? ""}`;
}

/** The commit that a manifest names itself. */
function commitIn(node: PipelineNode | undefined): string | undefined {
  const { ref = "" } = node?.transform?.project.git ?? {};
  return /^[0-9a-f]{40}$/.test(ref) ? ref : undefined;
}

/** The commit that an attempt works with. */
function commitSaid(attempt: AttemptFacts, expected: ResultExpectation): string | undefined {
  return saidOf(attempt, expected, "commit");
}

/** The failure of an attempt that works with another commit than the run has, however it ends: what it came to is not the run's. */
export function movedCommit({ facts, name, runsCommit }: NodeContext, attempt: AttemptFacts): Failure | undefined {
  const said = commitSaid(attempt, expectationOf(facts, name, attempt));
  if (runsCommit === undefined || said === undefined || said === runsCommit) return undefined;
  const message = `its pod was replaced and found commit ${said}, and the run has ${runsCommit}: it is tried again with that one, which costs no attempt`;
  return { state: "failed", at: facts.now, retriable: true, reason: "CommitMoved", message, uncounted: true };
}

/** Nodes with one git project. */
interface Project {
  /** Its commit, once it is stored. */
  stored?: string;
  /** Its commit as an attempt has said it; of several the first one's. */
  said?: string;
  /** There has been an attempt. */
  isTried: boolean;
  /** Several nodes have it. */
  isShared: boolean;
  /** The node that may be looking it up. */
  atWork?: string;
}

/** What a node has to wait for. */
export interface CommitWait {
  readonly node: string;
  readonly awaitsStore: boolean;
}

/** The git projects of a run, while a pass goes over its nodes. */
export class ProjectCommits {
  readonly #spec: Pick<PipelineSpec, "nodes">;
  readonly #projects = new Map<string, Project>();
  readonly #said = new Map<string, string>();

  constructor(spec: Pick<PipelineSpec, "nodes">, facts: Facts) {
    this.#spec = spec;
    for (const name of Object.keys(spec.nodes)) this.#learn(name, facts);
  }

  #learn(name: string, facts: Facts): void {
    const key = keyOf(this.#spec.nodes[name]);
    if (key === undefined) return;
    const project = this.#projects.get(key) ?? { isTried: false, isShared: false };
    project.isShared = this.#projects.has(key);
    this.#projects.set(key, project);
    const stored = facts.run.status.nodes?.[name];
    const attempts = facts.attempts.get(name) ?? [];
    const said = attempts.map((attempt) => commitSaid(attempt, expectationOf(facts, name, attempt)));
    const last = said.findLast((one) => one !== undefined);
    if (last !== undefined) this.#said.set(name, last);
    if (stored?.commit !== undefined) project.stored ??= stored.commit;
    if (last !== undefined) project.said ??= last;
    project.isTried ||= attempts.length > 0;
    if (attempts.some(isLive) || hasBegun(stored)) project.atWork = name;
  }

  #projectOf(name: string): Project | undefined {
    return this.#projects.get(keyOf(this.#spec.nodes[name]) ?? "");
  }

  /** The commit that all nodes with the same project have, where it is stored. */
  storedOf(name: string): string | undefined {
    return this.#projectOf(name)?.stored;
  }

  /** Whether a node may begin before its project's commit is stored. */
  waitOf(name: string): CommitWait | undefined {
    const project = this.#projectOf(name);
    if (project === undefined || project.stored !== undefined) return undefined;
    const { atWork, said } = project;
    if (said !== undefined) return { node: atWork ?? name, awaitsStore: true };
    return atWork === undefined || atWork === name ? undefined : { node: atWork, awaitsStore: false };
  }

  /** Whether a node's commit is known wherever its task begins: it has none, or it is stored. */
  isKnown(name: string): boolean {
    const project = this.#projectOf(name);
    return project === undefined || project.stored !== undefined;
  }

  /**
   * The decision with the node's commit. A late word is kept whatever has become of the node, unless the run has another commit by now. A
   * node that begins and looks it up does so for those after it; that no attempt has said it, and that no other one looks it up, follows from
   * what is not there.
   */
  taken(name: string, decision: NodeDecision, stored: NodeStatus): NodeDecision {
    const project = this.#projectOf(name);
    if (project === undefined) return withCommit(decision, commitIn(this.#spec.nodes[name]));
    const said = this.#said.get(name);
    const commit = stored.commit ?? (said === (project.stored ?? project.said) ? said : undefined);
    const status = commit === undefined ? decision.status : { ...decision.status, commit };
    const begins = decision.actions.some((action) => action.do === "createJob");
    if (project.stored !== undefined || !begins) return { ...decision, status };
    project.atWork ??= name;
    return { ...decision, status, ...(project.isTried || project.isShared ? { restsOnAbsence: true as const } : {}) };
  }
}

/** A commit that the manifest names is that of every attempt. */
function withCommit(decision: NodeDecision, commit: string | undefined): NodeDecision {
  const hasAttempt = decision.status.attempt !== undefined;
  return commit === undefined || !hasAttempt ? decision : { ...decision, status: { ...decision.status, commit } };
}

/** Whether the stored status says that an attempt is under way: its Job may not be seen yet. */
function hasBegun({ state, attempt }: NodeStatus = { state: "Pending" }): boolean {
  return attempt !== undefined && (state === "Starting" || state === "Running" || state === "Waiting");
}
