import type { JobAction } from "../../run/action.ts";
import type { Acted } from "./act.ts";

type Creation = JobAction & { readonly do: "createJob" };

/** How many Jobs are asked for at once before anything is known of the answer; each batch that is taken doubles the next. */
const FIRST_BATCH = 8;
/** When one node's Job is asked for again. */
const NODE_BACKOFF = { initialMs: 5_000, maxMs: 60_000 };
/** When nodes are tried that were put off because others were refused. */
const RUN_BACKOFF = { initialMs: 1_000, maxMs: 30_000 };

/** What came of a run's actions. */
export interface CarriedOut {
  readonly outcomes: readonly PromiseSettledResult<Acted>[];
  /** Jobs that were not asked for in this pass, because others were refused. */
  readonly putOff: readonly Creation[];
}

/**
 * How fast a run asks for its Jobs: a quota or a policy that refuses one refuses hundreds, and each answer costs the API server as
 * much as a Job that it makes (Kubernetes' own controllers start as slowly).
 *
 * | what came of a batch of creations       | what is next                                                              |
 * |-----------------------------------------|---------------------------------------------------------------------------|
 * | all were taken                          | a batch of twice as many, at once                                         |
 * | one was refused for now, or failed      | the pass ends                                                             |
 * A refused node waits for 5 s, and for twice as long each time. Where more than a batch of them wait, all wait for the same moment:
 * for 1 s, and for twice as long each time until a Job is made; then a batch is asked for, those first that were refused least often.
 */
export class CreationPace {
  readonly #refusals = new Map<string, number>();
  #pauses = 0;
  #pauseEndsAt = Number.NEGATIVE_INFINITY;

  async carryOut(actions: readonly JobAction[], act: (action: JobAction) => Promise<Acted>): Promise<CarriedOut> {
    const others = Promise.allSettled(actions.filter((action) => action.do !== "createJob").map(act));
    const creations = actions
      .filter((action) => action.do === "createJob")
      .sort((a, b) => (this.#refusals.get(a.node) ?? 0) - (this.#refusals.get(b.node) ?? 0));
    const outcomes: PromiseSettledResult<Acted>[] = [];
    let from = 0;
    for (let size = FIRST_BATCH; from < creations.length; size *= 2) {
      const batch = creations.slice(from, from + size);
      const answers = await Promise.allSettled(batch.map(act));
      outcomes.push(...answers);
      from += batch.length;
      if (answers.some(isRefused)) break;
    }
    outcomes.push(...(await others));
    return { outcomes, putOff: creations.slice(from) };
  }

  /** A node's Job was refused. Returns how long to wait before it is asked for again. */
  refused(node: string): number {
    const times = this.#refusals.get(node) ?? 0;
    this.#refusals.set(node, times + 1);
    return waitMs(NODE_BACKOFF, times);
  }

  /** A node's Job was made: there is room again. */
  created(node: string): void {
    this.#refusals.delete(node);
    this.#pauses = 0;
  }

  /** When to ask again where so many nodes wait that they wait together (wall clock ms); undefined where each waits alone. */
  pauseEnd(waiting: number, now: number): number | undefined {
    if (waiting <= FIRST_BATCH) return undefined;
    if (this.#pauseEndsAt <= now) this.#pauseEndsAt = now + waitMs(RUN_BACKOFF, this.#pauses++);
    return this.#pauseEndsAt;
  }
}

function isRefused(answer: PromiseSettledResult<Acted>): boolean {
  return answer.status === "rejected" || ("refusal" in answer.value && !answer.value.refusal.final);
}

function waitMs({ initialMs, maxMs }: { readonly initialMs: number; readonly maxMs: number }, times: number): number {
  return Math.min(maxMs, initialMs * 2 ** Math.min(times, 16));
}
