import type { Rendering } from "../../jinja/running/rendering.ts";
import type { Bridge } from "../bridge/bridge.ts";
import type { StatementResult } from "../bridge/messages.ts";

/**
 * The session of a thread, with dbt's transactions: one begins where a macro asks for it, and ends by `adapter.commit()`. Where a text of
 * the project ends it before, as hooks with a `commit;` do, the next text begins another one, as dbt's driver does: what fails behind the
 * hook is undone.
 */
export class Connection {
  readonly #bridge: Pick<Bridge, "run" | "copy" | "inTurn">;
  #isOpen = false;
  /** A text has ended the transaction that is open. */
  #isCut = false;

  constructor(bridge: Pick<Bridge, "run" | "copy" | "inTurn">) {
    this.#bridge = bridge;
  }

  /** @throws {StatementError} when the server refuses the text; the transaction is rolled back then. */
  execute(sql: string | Rendering, autoBegin: boolean): StatementResult {
    this.#begin(autoBegin);
    const result = this.#undone(() => this.#bridge.run(sql));
    this.#isCut = this.#isOpen && result.isInTransaction === false;
    return result;
  }

  /** Runs `COPY … FROM STDIN`; answers how many rows went in. */
  copy(sql: string, input: string): number {
    this.#begin(true);
    return this.#undone(() => this.#bridge.copy(sql, input));
  }

  commit(): void {
    if (this.#isOpen) this.#bridge.run("COMMIT");
    this.#isOpen = false;
    this.#isCut = false;
  }

  rollback(): void {
    if (this.#isOpen) this.#bridge.run("ROLLBACK");
    this.#isOpen = false;
    this.#isCut = false;
  }

  /** Commits what is open, and does the work in a transaction of its own, one thread at a time; another one is open behind it. */
  alone(work: () => void): void {
    this.#bridge.inTurn(() => {
      this.commit();
      this.#begin(true);
      work();
      this.commit();
      this.#begin(true);
    });
  }

  /** An empty transaction: dbt sends one before it asks how old a source is. */
  clear(): void {
    this.#begin(true);
    this.commit();
  }

  #begin(autoBegin: boolean): void {
    if (!this.#isCut && (!autoBegin || this.#isOpen)) return;
    this.#bridge.run("BEGIN");
    this.#isOpen = true;
    this.#isCut = false;
  }

  #undone<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.rollback();
      throw error;
    }
  }
}
