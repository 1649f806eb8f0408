import type { Rendering } from "../../jinja/running/rendering.ts";
import type { RelationCache } from "../adapter/relation-cache.ts";
import type { StatementResult } from "./messages.ts";

/** What the host of macros needs of the world: statements that are waited for, and what all threads of a run share. */
export interface Bridge {
  /**
   * Runs a text of SQL and waits for its answer.
   *
   * @throws {StatementError} when the server refuses it.
   */
  run(sql: string | Rendering): StatementResult;
  /** Runs `COPY … FROM STDIN`; answers how many rows went in. */
  copy(sql: string, input: string): number;
  /** Does what no other thread of the run does at the same time. */
  inTurn(work: () => void): void;
  readonly cache: Pick<RelationCache, "answer">;
  log(message: string, isInfo: boolean): void;
}
