import type { Verb } from "../kinds/kind.ts";
import type { Pool } from "./socket-pools.ts";

/** One call as HTTP, with the words that errors and metrics use for it. */
export interface HttpCall {
  readonly verb: Verb;
  /** Plural, with the subresource after a slash. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  /** JSON without it. */
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly pool: Pool;
  /** No decision waits for it. A hundred busy tasks cause more such calls than all Jobs together, and they may be late. */
  readonly isDetail?: true;
  /** Sending it twice does no harm. */
  readonly idempotent: boolean;
  /** How long it may take; by its verb without it. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One attempt that reached its end. `code` is the HTTP status, or `NoAnswer`. */
export interface CallMeasure {
  readonly verb: Verb;
  readonly resource: string;
  readonly code: string;
  readonly durationMs: number;
}
