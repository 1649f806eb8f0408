import type { Logger } from "pino";
import { formatKey } from "../../../kube/object-key.ts";
import { type Action, explain } from "../../../run/action.ts";
import type { Facts } from "../../../run/facts.ts";
import type { Hands, RunAtHand } from "./hands.ts";

type Seen = NonNullable<Facts["seen"]>;

/** The nodes of runs whose work is no Job: what is seen of them, and what is done for them, each by the hands of its kind. */
export class OwnNodes {
  readonly #hands: Hands;
  readonly #log: Logger;

  constructor(hands: Hands, log: Logger) {
    this.#hands = hands;
    this.#log = log;
  }

  observe(at: RunAtHand): Seen {
    return new Map(Object.entries(this.#hands).map(([kind, hands]) => [kind, hands.observe(at)]));
  }

  /** The same by the API server's own word. */
  async confirm(at: RunAtHand): Promise<Seen> {
    const seen = Object.entries(this.#hands).map(
      async ([kind, hands]) => [kind, (await hands.confirm?.(at)) ?? hands.observe(at)] as const,
    );
    return new Map(await Promise.all(seen));
  }

  /** Carries out the orders among a decision's actions, all at once. Rejects with the first fault, when all have been tried. */
  async carryOut({ run }: Pick<Facts, "run">, actions: readonly Action[]): Promise<void> {
    const orders = actions.filter((action) => action.do === "order");
    const outcomes = await Promise.allSettled(
      orders.map(async (action) => {
        await this.#hands[action.kind]?.act(action.order, action.node, run);
        this.#log.info({ run: formatKey(run.meta), pipeline: run.spec.pipeline, node: action.node }, explain(action));
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  forget(run: string): void {
    for (const hands of Object.values(this.#hands)) hands.forget?.(run);
  }
}
