import { ConfigurationError } from "../errors.ts";
import { askThread } from "../threads/ask-thread.ts";
import type { CommitFiles } from "./commit-files.ts";
import type { FromReadWorker } from "./read-message.ts";

const PROGRAM = { folder: "git", name: "pack-worker" };
/** Longest time that the objects of a commit may take to be read. */
const TIMEOUT_MS = 300_000;

/** The files of a commit, read in a thread of its own, which ends at once when the signal says so; nothing where the pack lacks the commit. */
export async function readCommitAside(
  wanted: CommitFiles,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | undefined> {
  const read = await askThread<FromReadWorker, FromReadWorker>({
    thread: PROGRAM,
    data: wanted,
    signal,
    patienceMs: TIMEOUT_MS,
    answerOf: (message) => message,
    tooMuch: (what) => ({
      code: "ProjectTooLarge",
      message: `${wanted.name}: reading its objects ${what}. Keep the project in a repository of its own`,
    }),
  });
  if ("message" in read) throw new ConfigurationError(read.code, read.message);
  return "files" in read ? read.files : undefined;
}
