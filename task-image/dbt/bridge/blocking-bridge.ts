import { receiveMessageOnPort } from "node:worker_threads";
import { Rendering } from "../../jinja/running/rendering.ts";
import type { CacheCall } from "../adapter/relation-cache.ts";
import type { StoredRelation } from "../adapter/relation-path.ts";
import type { Bridge } from "./bridge.ts";
import type { Answer, BridgeEnd, Question, Said, StatementResult } from "./messages.ts";
import { StatementError } from "./statement-error.ts";

/** The bridge in a thread that renders: the thread sleeps until the other one has answered. */
export class BlockingBridge implements Bridge {
  readonly #end: BridgeEnd;
  /** The node whose macros run. */
  node = "";

  constructor(end: BridgeEnd) {
    this.#end = end;
  }

  run(sql: string | Rendering): StatementResult {
    const text = sql instanceof Rendering ? sql.text : sql;
    return this.#statement({ ask: "statement", sql: text }, sql);
  }

  copy(sql: string, input: string): number {
    return Number(/\d+$/.exec(this.#statement({ ask: "copy", sql, input }, sql).tag)?.[0] ?? 0);
  }

  inTurn(work: () => void): void {
    this.#ask({ ask: "turn", isOver: false });
    try {
      work();
    } finally {
      this.#ask({ ask: "turn", isOver: true });
    }
  }

  readonly cache = {
    answer: (call: CacheCall): readonly StoredRelation[] | undefined => {
      const answer = this.#ask({ ask: "cache", call });
      return "relations" in answer ? answer.relations : undefined;
    },
  };

  log(message: string, isInfo: boolean): void {
    const said: Said = { say: "log", node: this.node, message, isInfo };
    this.#end.port.postMessage(said);
  }

  #statement(question: Question, sql: string | Rendering): StatementResult {
    const answer = this.#ask(question);
    if ("refused" in answer) throw new StatementError(answer.refused, sql);
    if ("statement" in answer) return answer.statement;
    throw new Error("the bridge answered something else than a statement");
  }

  #ask(question: Question): Answer {
    const { port, flag } = this.#end;
    port.postMessage(question);
    Atomics.wait(flag, 0, 0);
    Atomics.store(flag, 0, 0);
    const received = receiveMessageOnPort(port);
    if (received === undefined) throw new Error("the bridge woke the thread without an answer");
    return received.message;
  }
}
