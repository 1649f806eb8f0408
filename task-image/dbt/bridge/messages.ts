import type { MessagePort } from "node:worker_threads";
import type { CacheCall } from "../adapter/relation-cache.ts";
import type { StoredRelation } from "../adapter/relation-path.ts";

/** What the last statement of a text answered. */
export interface StatementResult {
  /** Every cell as the server wrote it. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  /** The server's own word for what it did: `SELECT 5`, `CREATE VIEW`. */
  readonly tag: string;
  /** Whether a transaction is open behind it; unknown where the session does not say. */
  readonly isInTransaction?: boolean;
}

/** A text that the server refused. */
export interface RefusedStatement {
  readonly sqlState: string;
  /** The server's sentence, with what may quote rows marked as hidden. */
  readonly message: string;
  /** Where in the text, in characters from 1. */
  readonly position: number | undefined;
}

/** What the thread that renders asks the one that owns the sessions. It waits for the answer. */
export type Question =
  | { readonly ask: "statement"; readonly sql: string }
  /** `COPY … FROM STDIN` with what goes in. */
  | { readonly ask: "copy"; readonly sql: string; readonly input: string }
  | { readonly ask: "cache"; readonly call: CacheCall }
  /** For what the threads of a run do one after the other: its turn, and the end of it. */
  | { readonly ask: "turn"; readonly isOver: boolean };

export type Answer =
  | { readonly statement: StatementResult }
  | { readonly turn: "has begun" | "is over" }
  | { readonly relations: readonly StoredRelation[] | undefined }
  | { readonly refused: RefusedStatement };

/** What the thread says without waiting. */
export interface Said {
  readonly say: "log";
  readonly node: string;
  readonly message: string;
  /** For people who look at the run, not for the log alone. */
  readonly isInfo: boolean;
}

/** The thread's end of the bridge: data that a worker thread is started with. */
export interface BridgeEnd {
  readonly port: MessagePort;
  /** 1 when an answer is there. */
  readonly flag: Int32Array<SharedArrayBuffer>;
}
