import { ConfigurationError } from "../errors.ts";
import type { GitWords } from "./words.ts";

/**
 * A repository at a server, by whichever protocol. The two exchanges of a fetch are the same for all: the server says what it has, and
 * answers one request. Every error is a TaskFailure.
 */
export interface Remote extends AsyncDisposable {
  /** What the server says that it has: git-upload-pack's advertisement, https://git-scm.com/docs/pack-protocol. */
  advertisement(): Promise<AsyncIterable<Buffer>>;
  /** The answer to a request for objects. */
  answer(request: Buffer): Promise<AsyncIterable<Buffer>>;
}

/** What is at the URL is no repository. */
export function notGit(
  { url, words }: { readonly url: string; readonly words: GitWords },
  found: string,
): ConfigurationError {
  return new ConfigurationError(
    "GitUnusable",
    `${words.subject}: expected a git repository at ${url}, and ${found}. Set ${words.url} to what git clone takes`,
  );
}
