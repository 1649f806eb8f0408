import type { ReportOrder } from "#api/report.ts";
import type { TaskResult } from "#api/task.ts";
import type { Log } from "../log.ts";
import type { Speaker } from "../result.ts";
import { type Answer, readAnswer } from "./answer.ts";
import type { Clock } from "./clock.ts";
import type { ItemStore } from "./item-store.ts";
import { encodeMessage } from "./message.ts";
import { Pace } from "./pace.ts";
import type { Post } from "./post.ts";
import { Route } from "./route.ts";

/** Longest time that a response may take, of a held task, whose request the operator keeps open for 10 s, and of another. */
const HELD_RESPONSE_MS = 12_000;
const RESPONSE_MS = 5000;
/** A task that has nothing new to say is heard of all the same: an operator that was restarted learns of it. */
const QUIET_MS = 10_000;
/** A held task that gets no way through for this long is of no use. */
const HELD_WITHOUT_ANSWER_MS = 10_000;
/** How long the end waits for an operator that has answered before, and for one that never has. */
const END_KNOWN_MS = 2000;
const END_UNKNOWN_MS = 100;
/** How long the end waits for a message that is under way before it sends its own. */
const END_UNDER_WAY_MS = 250;
/** Longest pause between two tries of the end. */
const END_PAUSE_MAX_MS = 250;

export interface ReportClientOptions {
  readonly urls: readonly string[];
  readonly post: Post;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** From 0 to 1: many tasks do not come back in one moment. */
  readonly random: () => number;
  readonly store: ItemStore;
  readonly speaker: Speaker;
  /** Names this start of this process. */
  readonly epoch: string;
  readonly log: Pick<Log, "warn">;
}

/**
 * Tells the operator how the task stands. Whatever the operator answers, or does not, the work goes on: this is where that is decided.
 *
 * | phase   | begins with | messages                                                                  | ends with                           |
 * |---------|-------------|---------------------------------------------------------------------------|-------------------------------------|
 * | held    | `hold`      | one after the other, each kept open by the operator                       | go, cancel, done; 10 s of no answer |
 * | working | `begin`     | the first at once, then what has changed, no more often than `everyMs`    | `end`                               |
 * | done    | `end`       | the result at once, until it is acknowledged                              | 2 s, or 100 ms if never answered    |
 *
 * One message is under way at a time, and what changes meanwhile goes with the next. After anything but an acknowledgement the next
 * message is a snapshot.
 */
export class ReportClient {
  readonly #options: ReportClientOptions;
  readonly #route: Route;
  readonly #pace: Pace;
  #phase: "held" | "working" | "done" = "working";
  #result: TaskResult | undefined;
  #onOrder: (order: ReportOrder) => void = () => undefined;
  #seq = 0;
  #isWhole = true;
  #isReduced = false;
  #isKnown = false;
  #hasGivenUp = false;
  #hasComplained = false;
  #isFresh = true;
  /** Why the last message was not acknowledged. */
  #trouble = "it has not answered in time";
  #underWay: Promise<Answer | undefined> | undefined;
  #abort = new AbortController();
  #cancelTimer: (() => void) | undefined;

  constructor(options: ReportClientOptions) {
    this.#options = options;
    this.#route = new Route(options.urls);
    this.#pace = new Pace(options, this.#route.length);
  }

  /** Waits for the order to begin. `lost`: there was no way through. */
  async hold(signal: AbortSignal): Promise<Exclude<ReportOrder, "hold"> | "lost"> {
    const { clock } = this.#options;
    this.#phase = "held";
    signal.addEventListener("abort", () => this.#abort.abort(), { once: true });
    for (let heardAt = clock.monotonic(); ; ) {
      const answer = await this.#send(HELD_RESPONSE_MS);
      if (signal.aborted) return "cancel";
      if (answer?.kind === "acknowledged") {
        heardAt = clock.monotonic();
        if (answer.order !== "hold") return answer.order;
        await this.#sleep(this.#pace.waitMs);
        continue;
      }
      const silentMs = clock.monotonic() - heardAt;
      if (silentMs >= HELD_WITHOUT_ANSWER_MS) {
        this.#complain();
        return "lost";
      }
      await this.#sleep(Math.min(this.#pace.waitMs, HELD_WITHOUT_ANSWER_MS - silentMs));
    }
  }

  /** Says that the work has begun, and from now on how far it is. Never waits for anything. */
  begin(onOrder: (order: ReportOrder) => void): void {
    this.#phase = "working";
    this.#onOrder = onOrder;
    this.#isFresh = true;
    this.#plan();
  }

  /** Something has changed. */
  changed(): void {
    if (this.#phase !== "working" || this.#isFresh) return;
    this.#isFresh = true;
    this.#plan();
  }

  /** Says the result, and waits for no longer than it may. Answers whether the operator has it. */
  async end(result: TaskResult): Promise<boolean> {
    const { clock } = this.#options;
    const begun = clock.monotonic();
    const leftMs = () => begun + (this.#isKnown ? END_KNOWN_MS : END_UNKNOWN_MS) - clock.monotonic();
    this.#phase = "done";
    this.#cancelTimer?.();
    await this.#finishUnderWay(begun, leftMs);
    this.#result = result;
    while (leftMs() > this.#pace.askedForMs && !this.#hasGivenUp) {
      await this.#sleep(this.#pace.askedForMs);
      const answer = await this.#send(leftMs());
      if (answer?.kind === "acknowledged") return true;
      await this.#sleep(Math.min(this.#pace.waitMs, END_PAUSE_MAX_MS, Math.max(0, leftMs())));
    }
    this.#complain();
    return false;
  }

  /** Lets a message that is under way come to its end, for a while. */
  async #finishUnderWay(begun: number, leftMs: () => number): Promise<void> {
    const { clock } = this.#options;
    if (this.#underWay === undefined) return;
    const patience = Math.min(begun + END_UNDER_WAY_MS - clock.monotonic(), leftMs());
    const cancel = clock.after(patience, () => this.#abort.abort());
    await this.#underWay;
    cancel();
    this.#abort = new AbortController();
  }

  /** Sends the next message when its time has come. */
  #plan(): void {
    if (this.#phase !== "working" || this.#hasGivenUp || this.#underWay !== undefined) return;
    this.#cancelTimer?.();
    const waitMs = this.#isFresh ? this.#pace.waitMs : Math.max(this.#pace.waitMs, QUIET_MS);
    this.#cancelTimer = this.#options.clock.after(waitMs, () => void this.#tell());
  }

  async #tell(): Promise<void> {
    const answer = await this.#send(RESPONSE_MS);
    if (this.#phase !== "working") return;
    if (answer?.kind === "acknowledged") this.#onOrder(answer.order);
    this.#plan();
  }

  /** One message and its answer; undefined where there was none. */
  #send(timeoutMs: number): Promise<Answer | undefined> {
    this.#underWay = this.#exchange(timeoutMs).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #exchange(timeoutMs: number): Promise<Answer | undefined> {
    const { post, store, speaker, epoch, wallClock } = this.#options;
    this.#seq += 1;
    this.#isFresh = false;
    const kind = this.#isWhole ? "snapshot" : "delta";
    const result = this.#result === undefined ? {} : { result: this.#result };
    const heading = { ...speaker, epoch, seq: this.#seq, kind, phase: this.#phase, ...result } as const;
    const body = encodeMessage(heading, store, this.#isReduced);
    this.#pace.sent();
    try {
      const reply = await post(this.#route.current, body, { timeoutMs, signal: this.#abort.signal });
      const answer = readAnswer(reply, wallClock());
      this.#take(answer, reply.status);
      return answer;
    } catch (error) {
      this.#fail((error as Error).message);
      return undefined;
    }
  }

  #take(answer: Answer, status: number): void {
    this.#pace.heard(answer);
    this.#isWhole = answer.kind !== "acknowledged";
    // What did not fit, and what changed meanwhile, is still to be said.
    this.#isFresh = this.#isWhole || this.#isFresh || this.#options.store.hasChanged;
    if (answer.kind === "acknowledged") this.#isKnown = true;
    if (answer.kind === "tooLarge") this.#isReduced = true;
    if (answer.kind === "elsewhere") this.#route.elsewhere(answer.leader);
    if (answer.kind === "nonsense") this.#route.failed();
    if (answer.kind === "refused") this.#hasGivenUp = this.#phase !== "held";
    if (answer.kind !== "acknowledged") this.#trouble = `it answers ${status}`;
    if (this.#hasGivenUp || this.#pace.failures >= this.#route.length) this.#complain();
  }

  #fail(why: string): void {
    this.#isWhole = true;
    this.#isFresh = true;
    if (this.#abort.signal.aborted) return;
    this.#pace.failed();
    this.#route.failed();
    this.#trouble = why;
    if (this.#pace.failures >= this.#route.length) this.#complain();
  }

  /** Once: what the channel would have brought comes by the result. */
  #complain(): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    const then =
      this.#phase === "held"
        ? "It is asked for ten seconds"
        : "The work goes on, and its result is left for the kubelet";
    this.#options.log.warn(`the task cannot report to the operator: ${this.#trouble}. ${then}`);
  }

  #sleep(ms: number): Promise<void> {
    const { signal } = this.#abort;
    if (ms <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        cancel();
        resolve();
      };
      const cancel = this.#options.clock.after(ms, wake);
      signal.addEventListener("abort", wake);
    });
  }
}
