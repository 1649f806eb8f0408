import type { Report, ReportAnswer } from "#api/report.ts";
import type { Clock } from "../kube/clock.ts";
import type { ReportStore, Sender } from "./report-store.ts";
import { attemptOf, type SenderCaches } from "./sender-attempt.ts";
import { Wakes } from "./wakes.ts";

/** The shortest time between two messages of one task, in ms, while the operator has little to do. */
const EVERY_MS = 250;
/** Messages a second that all tasks together are asked to stay below. */
const PER_SECOND = 500;
/** A task that was heard within this time counts as one that speaks. */
const SPEAKS_MS = 10_000;

export interface IntakeServices {
  readonly store: ReportStore;
  readonly caches: SenderCaches;
  readonly clock: Clock;
  /** Puts a run into the queue. */
  readonly wake: (run: string) => void;
}

/** What is answered to a message: an HTTP status of the contract, and its body. */
export type Intaken =
  | { readonly status: 200; readonly answer: ReportAnswer }
  | { readonly status: 403 | 409 | 413 | 425; readonly message: string };

/** Takes checked messages of senders that are known by their tokens, and says what is answered. No I/O. */
export class Intake {
  readonly #services: IntakeServices;
  readonly #wakes: Wakes;
  /** Pods that spoke in the present and in the last interval. */
  #speakers: readonly [Set<string>, Set<string>] = [new Set(), new Set()];
  #intervalAt: number;

  constructor(services: IntakeServices) {
    this.#services = services;
    this.#wakes = new Wakes(services.clock, services.wake);
    this.#intervalAt = services.clock.monotonic();
  }

  take(sender: Sender, report: Report): Intaken {
    const { store, caches, clock } = this.#services;
    const attempt = attemptOf(sender, report, caches);
    if ("refused" in attempt) return { status: 403, message: attempt.refused };
    if ("missing" in attempt) return { status: 425, message: `the ${attempt.missing} is not known yet` };
    this.#count(sender.podUid);
    const { answer, change } = store.take(sender, report, clock.now());
    if (change === "decisive") this.#wakes.now(attempt.run);
    if (change === "detail") this.#wakes.soon(attempt.run);
    if (answer === "unknown")
      return { status: 409, message: "expected a snapshot: the state before this is not known" };
    if (answer === "tooLarge") return { status: 413, message: "there is no room for so many items" };
    return { status: 200, answer: this.answer(sender) };
  }

  answer({ podUid }: Sender): ReportAnswer {
    return { order: this.#services.store.orderOf(podUid), everyMs: this.#everyMs() };
  }

  /** Forgets pods and runs that have gone. */
  sweep(): void {
    this.#services.store.retain((podUid) => this.#services.caches.pods.byUid(podUid) !== undefined);
    this.#wakes.sweep();
  }

  stop(): void {
    this.#wakes.stop();
  }

  #count(podUid: string): void {
    const now = this.#services.clock.monotonic();
    if (now >= this.#intervalAt + SPEAKS_MS) {
      this.#speakers = [new Set(), this.#speakers[0]];
      this.#intervalAt = now;
    }
    this.#speakers[0].add(podUid);
  }

  #everyMs(): number {
    const speakers = Math.max(...this.#speakers.map(({ size }) => size));
    return Math.max(EVERY_MS, Math.ceil((speakers / PER_SECOND) * 1000));
  }
}
