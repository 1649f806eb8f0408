import type { Clock } from "./clock.ts";
import { type RateLimit, TokenBucket } from "./token-bucket.ts";
import { Turns } from "./turns.ts";

export interface PaceSettings {
  /** Calls of everybody. */
  readonly total: RateLimit;
  /** Writes of one namespace. */
  readonly namespaceWrites: RateLimit;
  /** Calls of everybody that are under way at the same time. */
  readonly underWayMax: number;
  /** Those of one namespace: a slow admission webhook there must not take all the connections. */
  readonly namespaceUnderWayMax: number;
}

/** Whose call it is and what it does: the three have lines of their own, so that Events never hold a Job back. */
export interface PacedCall {
  /** Empty for a call that concerns the whole cluster. */
  readonly namespace: string;
  readonly what: "read" | "write" | "event";
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  readonly what: PacedCall["what"];
  readonly go: () => void;
}

interface Lane {
  readonly writes: TokenBucket;
  readonly waiting: Turns<Waiting>;
  underWay: number;
}

/** Lanes that are kept before those without a call are looked for. */
const LANES_KEPT = 256;

/**
 * Lets calls go, one after the other. Namespaces take turns, and within one its reads, writes and Events do: a call waits for one
 * call at most of each other namespace. A namespace that has used up its own writes or connections is passed over. Whenever a
 * token is there and any call may go, one goes.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #settings: PaceSettings;
  readonly #total: TokenBucket;
  /** Those whose turn comes first before the others. */
  readonly #lanes = new Map<string, Lane>();
  #underWay = 0;
  #waiting = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, settings: PaceSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#total = new TokenBucket(settings.total);
  }

  /** Resolves when the call may leave, with what must be called at its end. Rejects with the reason of the call's signal. */
  async enter(call: PacedCall): Promise<() => void> {
    call.signal?.throwIfAborted();
    const lane = this.#lane(call.namespace);
    await this.#turn(lane, call);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      lane.underWay--;
      this.#underWay--;
      this.#pump();
    };
  }

  #turn(lane: Lane, { what, signal }: PacedCall): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        lane.waiting.delete(what, waiting);
        this.#waiting--;
        reject(signal?.reason);
      };
      const go = () => {
        signal?.removeEventListener("abort", leave);
        this.#waiting--;
        resolve();
      };
      const waiting: Waiting = { what, go };
      signal?.addEventListener("abort", leave, { once: true });
      lane.waiting.push(what, waiting);
      this.#waiting++;
      this.#pump();
    });
  }

  #lane(namespace: string): Lane {
    const known = this.#lanes.get(namespace);
    if (known !== undefined) return known;
    if (this.#lanes.size >= LANES_KEPT) this.#forgetIdle();
    const lane = {
      writes: new TokenBucket(this.#settings.namespaceWrites),
      waiting: new Turns<Waiting>(),
      underWay: 0,
    };
    this.#lanes.set(namespace, lane);
    return lane;
  }

  /** A lane without calls whose bucket is full is like one that was never there. */
  #forgetIdle(): void {
    const now = this.#clock.monotonic();
    for (const [namespace, { writes, waiting, underWay }] of this.#lanes) {
      if (underWay === 0 && waiting.size === 0 && writes.isFull(now)) this.#lanes.delete(namespace);
    }
  }

  /** Lets go whatever may go now; what only time holds back is looked at again when it has passed. */
  #pump(): void {
    const now = this.#clock.monotonic();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let waitMs = 0;
    while (waitMs === 0 && this.#waiting > 0 && this.#underWay < this.#settings.underWayMax) {
      waitMs = this.#total.waitMs(now);
      if (waitMs === 0 && !this.#letOneGo(now)) waitMs = this.#untilWrites(now);
    }
    if (waitMs > 0 && waitMs < Number.POSITIVE_INFINITY) {
      this.#cancelTimer = this.#clock.after(waitMs, () => this.#pump());
    }
  }

  #letOneGo(now: number): boolean {
    for (const [namespace, lane] of this.#lanes) {
      if (lane.waiting.size === 0 || lane.underWay >= this.#settings.namespaceUnderWayMax) continue;
      const next = lane.waiting.shift((what) => what === "read" || lane.writes.waitMs(now) === 0);
      if (next === undefined) continue;
      this.#total.reserve(now);
      if (next.what !== "read") lane.writes.reserve(now);
      lane.underWay++;
      this.#underWay++;
      this.#lanes.delete(namespace);
      this.#lanes.set(namespace, lane);
      next.go();
      return true;
    }
    return false;
  }

  /** When the first namespace that has calls in line may write again. */
  #untilWrites(now: number): number {
    const waits = [...this.#lanes.values()]
      .filter(({ waiting, underWay }) => waiting.size > 0 && underWay < this.#settings.namespaceUnderWayMax)
      .map(({ writes }) => writes.waitMs(now));
    return Math.min(...waits);
  }
}
