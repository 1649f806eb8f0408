import { jobName } from "../../job/names.ts";
import type { Clock } from "../../kube/clock.ts";
import { formatKey } from "../../kube/object-key.ts";
import type { Decision } from "../../run/decide.ts";
import type { Facts } from "../../run/facts.ts";
import type { Caches } from "../loop/caches.ts";

/** A decision with the facts that it was made from. */
export interface Decided {
  readonly facts: Facts;
  readonly decision: Decision;
}

/** A Job that was made is in the cache long before; one whose creation got no answer is either there by then or was never made. */
const RESERVED_MS = 30_000;

/**
 * The installation's limit of nodes at work in one namespace. Runs decide one beside the other and by caches that lag behind, so what one
 * is about to make is reserved until the cache shows it. Runs that wait are let in one after the other, the longest wait first.
 */
export class LiveNodes {
  readonly #max: number;
  readonly #jobs: Caches["jobs"];
  readonly #clock: Clock;
  /** By namespace: names of Jobs, and until when their places are kept. */
  readonly #reserved = new Map<string, Map<string, number>>();
  /** By namespace: keys of runs with nodes that wait. */
  readonly #waiting = new Map<string, Set<string>>();

  /** Without a limit when `max` is 0. */
  constructor(max: number, jobs: Caches["jobs"], clock: Clock) {
    this.#max = max === 0 ? Number.POSITIVE_INFINITY : max;
    this.#jobs = jobs;
    this.#clock = clock;
  }

  /** How many Jobs more the namespace has room for; undefined without a limit. */
  roomIn(namespace: string): number | undefined {
    if (this.#max === Number.POSITIVE_INFINITY) return undefined;
    const reserved = this.#reserved.get(namespace) ?? new Map<string, number>();
    for (const [name, until] of reserved) {
      const isSeen = this.#jobs.get({ namespace, name }) !== undefined;
      if (isSeen || until <= this.#clock.monotonic()) reserved.delete(name);
    }
    return Math.max(0, this.#max - this.#jobs.by("open", namespace).length - reserved.size);
  }

  /** Keeps places for the Jobs that are to be made, before any other run decides. */
  reserve<T extends Decided>(decided: T): T {
    const { meta } = decided.facts.run;
    const reserved = this.#reserved.get(meta.namespace) ?? new Map<string, number>();
    for (const name of jobsMade(decided)) reserved.set(name, this.#clock.monotonic() + RESERVED_MS);
    this.#reserved.set(meta.namespace, reserved);
    const nodes = Object.values(decided.decision.verdict?.nodes ?? {});
    if (nodes.some(({ reason }) => reason === "NamespaceLimit")) this.#wait(meta.namespace, formatKey(meta));
    else this.forget(meta.namespace, formatKey(meta));
    return decided;
  }

  /** The Job was refused: its place is free. */
  release(namespace: string, name: string): void {
    this.#reserved.get(namespace)?.delete(name);
  }

  /** Nodes of the run wait no more. */
  forget(namespace: string, run: string): void {
    const waiting = this.#waiting.get(namespace);
    waiting?.delete(run);
    if (waiting?.size === 0) this.#waiting.delete(namespace);
  }

  /** Whether nodes of any run of the namespace wait for a place. */
  anyWaits(namespace: string): boolean {
    return this.#waiting.has(namespace);
  }

  /** The runs that may have a place now: as many as there are places. */
  invited(namespace: string): readonly string[] {
    const waiting = this.#waiting.get(namespace);
    return waiting === undefined ? [] : [...waiting].slice(0, this.roomIn(namespace) ?? 0);
  }

  #wait(namespace: string, run: string): void {
    const waiting = this.#waiting.get(namespace) ?? new Set<string>();
    this.#waiting.set(namespace, waiting.add(run));
  }
}

/** Names of the Jobs that a decision makes. */
function jobsMade({ facts, decision }: Decided): string[] {
  return decision.actions.flatMap((action) =>
    action.do === "createJob" ? [jobName(facts.run.meta.name, action.node, action.attempt)] : [],
  );
}
