import { TransientError } from "../errors.ts";

export const COMMIT_UNKNOWN = "CommitUnknown";

/** The failure of a COMMIT whose answer is lost: nobody here can know what happened. The next attempt reads it in the load's record. */
export function commitUnknown(cause: unknown): TransientError {
  return new TransientError(
    COMMIT_UNKNOWN,
    "the connection was lost while COMMIT was under way: the next attempt finds out whether the load counts, and does not repeat it if it does",
    { cause },
  );
}
