import { SnowflakeFailure } from "./failure.ts";

/**
 * Locks that UPDATE, DELETE and MERGE take of a table and keep to the end of their transaction (Snowflake documentation, "Transactions",
 * locking: the real one locks micro-partitions, so that statements over different ones may go together; here they never do).
 */
export class TableLocks {
  readonly #holders = new Map<string, string>();
  readonly #waiting = new Set<() => void>();

  /** Waits at most `timeoutMs` for a table that another session holds. */
  async take(table: string, session: string, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const holder = this.#holders.get(table) ?? session;
      if (holder === session) break;
      const left = deadline - performance.now();
      if (left <= 0) {
        const message = `Statement aborted because it waited longer than LOCK_TIMEOUT for the lock on table '${table}'`;
        throw new SnowflakeFailure("000625", "57014", message);
      }
      await this.#nextRelease(left);
    }
    this.#holders.set(table, session);
  }

  release(session: string): void {
    for (const [table, holder] of this.#holders) {
      if (holder === session) this.#holders.delete(table);
    }
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #nextRelease(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
