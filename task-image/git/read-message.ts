import type { ErrorCode } from "#api/error-codes.ts";

/** What the thread says: the files, that the pack lacks the commit, or why a project cannot be read. */
export type FromReadWorker =
  | { readonly files: ReadonlyMap<string, string> }
  | { readonly lacksCommit: true }
  | { readonly code: ErrorCode<"configuration">; readonly message: string };
