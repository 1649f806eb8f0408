import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import type { Job } from "../../kinds/objects.ts";
import type { NewObject } from "../../kube/kube.ts";
import type { Decision } from "../../run/decide.ts";
import type { Facts } from "../../run/facts.ts";
import type { Claim, Seal } from "./seal.ts";

/** Node and attempt of a run, or number of a Connection's test: what a Job of it was made for. */
export type Purpose = Pick<Claim, "node" | "attempt" | "hold">;

/** The object that Jobs are made for. */
export type JobOwner = Pick<Claim, "namespace" | "owner">;

/**
 * The Jobs of one run or Connection that this installation made, and what for.
 *
 * | a Job of the owner's namespace                                   | is                                              |
 * |------------------------------------------------------------------|-------------------------------------------------|
 * | its uid stands in the owner's status                             | ours: the operator wrote that                   |
 * | this process made it, or has recognised it before                | ours                                            |
 * | its seal holds and no other Job has been made for the same       | ours: made just before a process ended          |
 * | its seal holds and another Job has been made for the same        | a stray: a copy, or the late write of an old leader. It may be stopped and says nothing |
 * | else, and every Job of another namespace                         | foreign                                         |
 *
 * Losing it costs nothing: what the status does not say yet, the seals do. Whether a Job was held is sealed with it and stands in the status
 * until its node begins, so that others cannot turn a held one into one whose node has begun.
 */
export class KnownJobs {
  readonly #owner: JobOwner;
  readonly #seal: Seal;
  readonly #purposes = new Map<string, Purpose>();
  readonly #uids = new Map<string, string>();
  readonly #held = new Map<string, boolean>();

  constructor(owner: JobOwner, seal: Seal) {
    this.#owner = owner;
    this.#seal = seal;
  }

  /** The Job with the seal that proves it, for when the process ends before anything else can. */
  seal(purpose: Purpose, job: NewObject): NewObject {
    return this.#seal.put({ ...this.#owner, ...purpose }, job);
  }

  /** A Job of ours: the API server's answer to its creation, or what the status says. What was known first stands. */
  add(uid: string, purpose: Purpose): void {
    this.#purposes.set(uid, purpose);
    if (purpose.hold === true) this.#held.set(uid, true);
    const key = keyOf(purpose);
    if (!this.#uids.has(key)) this.#uids.set(key, uid);
  }

  /** What the status says of the owner's Jobs, or the answer to a creation just now: it wins over everything that was believed before. */
  record(uid: string, purpose: Purpose): void {
    this.add(uid, purpose);
    this.#uids.set(keyOf(purpose), uid);
  }

  /** Uid of the one Job that counts for the purpose. */
  uidOf(purpose: Purpose): string | undefined {
    return this.#uids.get(keyOf(purpose));
  }

  /** Whether the Job was made for exactly this. */
  isOurs(job: Job, purpose: Purpose): boolean {
    const known = this.#purposes.get(job.metadata.uid);
    if (job.metadata.namespace !== this.#owner.namespace) return false;
    if (known !== undefined) return keyOf(known) === keyOf(purpose);
    const { node, attempt } = purpose;
    const isSealed = this.#isSealed(job, { node, attempt }) || this.#isSealed(job, { node, attempt, hold: true });
    if (isSealed) this.add(job.metadata.uid, { node, attempt });
    return isSealed;
  }

  /** Whether a Job of ours was made before its node could begin. */
  isHeld(job: Job): boolean {
    const { uid } = job.metadata;
    const purpose = this.#purposes.get(uid);
    const held = this.#held.get(uid) ?? (purpose !== undefined && this.#isSealed(job, { ...purpose, hold: true }));
    this.#held.set(uid, held);
    return held;
  }

  #isSealed(job: Job, purpose: Purpose): boolean {
    return this.#seal.holds({ ...this.#owner, ...purpose }, job);
  }

  /** What the Job was made for, if it is ours; `claimed` is what it says itself. */
  purposeOf(job: Job, claimed: Purpose | undefined): Purpose | undefined {
    const known = this.#purposes.get(job.metadata.uid) ?? claimed;
    return known !== undefined && this.isOurs(job, known) ? known : undefined;
  }
}

function keyOf({ node, attempt }: Purpose): string {
  return `${node}/${attempt}`;
}

type Nodes = NonNullable<PipelineRunStatus["nodes"]>;

/**
 * The nodes of a verdict with the Job that each attempt has, as soon as there is one: it rides on a write that is made anyway. An attempt
 * whose Job could not be made has not begun, and its node stands as it did before.
 */
function withJobUids(nodes: Nodes, before: Nodes, known: KnownJobs): Nodes {
  const entries = Object.entries(nodes).map(([node, { attempt, ...status }]) => {
    const uid = attempt === undefined ? undefined : (status.jobUid ?? known.uidOf({ node, attempt }));
    const begun = { ...status, ...(attempt === undefined ? {} : { attempt }) };
    if (uid !== undefined) return [node, { ...begun, jobUid: uid }] as const;
    const isMissing = attempt !== undefined && (status.state === "Starting" || status.state === "Pending");
    return [node, isMissing ? (before[node] ?? { state: "Pending" as const }) : begun] as const;
  });
  return Object.fromEntries(entries);
}

/** The decision as far as it has come true: which attempts have begun is known once their Jobs are. */
export function withBegun(decision: Decision, { run }: Pick<Facts, "run">, known: KnownJobs): Decision {
  const { verdict } = decision;
  if (verdict === undefined) return decision;
  return {
    ...decision,
    verdict: { ...verdict, nodes: withJobUids({ ...verdict.nodes }, run.status.nodes ?? {}, known) },
  };
}
