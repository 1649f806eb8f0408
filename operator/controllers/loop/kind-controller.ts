import type { ControlledKind } from "../../kinds/kinds.ts";
import { parseKey } from "../../kube/object-key.ts";
import { writerKey } from "../../kube/own-writes.ts";
import { earliest } from "../../run/time.ts";
import { GATE_RECHECK_MS, type Reconciled, type Reconciler } from "./loop.ts";
import type { ControllerServices } from "./services.ts";
import type { StatusWait } from "./status-store.ts";

/** What is there of an object: the uid is empty where only others that belong to it are left. */
export interface Found {
  readonly uid: string;
}

/** One look at an object: what was seen, and what follows from it. */
export interface Look<F extends Found, Memory, Sources, Observed, Decision> {
  readonly key: string;
  readonly found: F;
  /** What this process remembers of the object between reconciles. Losing it costs time, never correctness. */
  readonly memory: Memory;
  readonly sources: Sources;
  readonly observed: Observed;
  readonly decision: Decision;
}

/** What came of a decision's actions. */
export interface Done<Decision> {
  /** The decision as it stands now: what was refused has not been done. */
  readonly decision: Decision;
  /** When the object wants another look, wall clock ms. */
  readonly wakeAt?: number | undefined;
  /** What failed. It is thrown once the status is stored: that of what is known is always written. */
  readonly error?: unknown;
}

/** What a kind of kelt.dev does in each step of {@link KindController}. */
export interface Steps<F extends Found, Memory, Sources, Observed, Decision> {
  /** Label of metrics and field of logs. */
  readonly name: string;
  readonly kind: ControlledKind;
  /** The object as the caches show it; undefined when it is gone. */
  find(key: string): F | undefined;
  newMemory(found: F): Memory;
  /** What the facts need beyond the caches. */
  read(found: F, memory: Memory): Promise<Sources> | Sources;
  /** The facts. Synchronous, so that no other object is decided about between them and what {@link settle} reserves. */
  observe(found: F, memory: Memory, sources: Sources): Observed;
  decide(observed: Observed): Decision;
  /** How to learn what the decision rests on and only the API server knows for certain; undefined where the decision counts as it is. */
  doubt(look: Look<F, Memory, Sources, Observed, Decision>): (() => Promise<Sources>) | undefined;
  /** The decision counts: what it takes from others is theirs no more. Called in the tick of the decision. */
  settle(look: Look<F, Memory, Sources, Observed, Decision>): void;
  act(look: Look<F, Memory, Sources, Observed, Decision>, arrivedAt: number): Promise<Done<Decision>>;
  /** Stores what the decision says of the object, as `loop/status-store.ts` allows. */
  store(look: Look<F, Memory, Sources, Observed, Decision>): Promise<StatusWait>;
  /** Answers when the key wants another look all the same, wall clock ms. */
  forget(key: string, memory: Memory | undefined): Promise<number | undefined> | undefined;
}

/**
 * The way of every kind, from the key of an object that changed to its status.
 *
 * | step    | what happens                                                              | and then                            |
 * |---------|---------------------------------------------------------------------------|-------------------------------------|
 * | find    | the object is gone                                                        | forget, and the end                 |
 * | gate    | the caches have not seen what was written last for it                     | another look soon                   |
 * | observe | facts come from the caches and from what was read                         | decide                              |
 * | decide  | pure                                                                      | doubt                               |
 * | doubt   | the decision rests on what a cache may show late: the API server is asked | observe again, or settle            |
 * | act     | Jobs are made and deleted, objects given up                               | store                               |
 * | store   | the status is patched, at most once a second                              | the next look is when the first of all wants it |
 */
export class KindController<F extends Found, Memory, Sources, Observed, Decision> implements Reconciler {
  readonly name: string;
  readonly #steps: Steps<F, Memory, Sources, Observed, Decision>;
  readonly #services: Pick<ControllerServices, "clock" | "ownWritesIn">;
  /** By key, for the object of one uid: another one of the same name begins without. */
  readonly #memories = new Map<string, { readonly uid: string; readonly memory: Memory }>();

  constructor(
    steps: Steps<F, Memory, Sources, Observed, Decision>,
    services: Pick<ControllerServices, "clock" | "ownWritesIn">,
  ) {
    this.name = steps.name;
    this.#steps = steps;
    this.#services = services;
  }

  async reconcile(key: string, arrivedAt: number): Promise<Reconciled> {
    const { clock, ownWritesIn } = this.#services;
    const gate = ownWritesIn(parseKey(key).namespace);
    const writer = writerKey(this.#steps.kind, key);
    const found = this.#steps.find(key);
    if (found === undefined) {
      const wakeAt = await this.#steps.forget(key, this.#memories.get(key)?.memory);
      this.#memories.delete(key);
      gate.forget(writer);
      return { wakeAt };
    }
    if (!gate.caughtUp(writer)) return { wakeAt: clock.now() + GATE_RECHECK_MS };
    const look = await this.#look(key, found);
    const done = await this.#steps.act(look, arrivedAt);
    const { wakeAt, held } = await this.#steps.store({ ...look, decision: done.decision });
    if (done.error !== undefined) throw done.error;
    const next = earliest(done.wakeAt, wakeAt);
    return held === undefined ? { wakeAt: next } : { wakeAt: next, held };
  }

  async #look(key: string, found: F): Promise<Look<F, Memory, Sources, Observed, Decision>> {
    const memory = this.#memory(key, found);
    let sources = await this.#steps.read(found, memory);
    for (;;) {
      const observed = this.#steps.observe(found, memory, sources);
      const look = { key, found, memory, sources, observed, decision: this.#steps.decide(observed) };
      const ask = this.#steps.doubt(look);
      if (ask === undefined) {
        this.#steps.settle(look);
        return look;
      }
      sources = await ask();
    }
  }

  #memory(key: string, found: F): Memory {
    const known = this.#memories.get(key);
    if (known?.uid === found.uid) return known.memory;
    const memory = this.#steps.newMemory(found);
    this.#memories.set(key, { uid: found.uid, memory });
    return memory;
  }
}
