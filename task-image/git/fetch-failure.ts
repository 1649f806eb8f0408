import { ConfigurationError, failureOfKind, foreignCode, TaskFailure, TransientError } from "../errors.ts";
import { networkWords } from "../http/network-words.ts";
import { forbiddenAddressIn, refusedFor } from "../network/forbidden-address.ts";
import { BrokenPackets } from "./pkt-line.ts";
import { notGit } from "./remote.ts";
import type { GitSettings } from "./settings.ts";
import { PackTooLarge, ServerRefused } from "./upload-pack.ts";

/** Any error of a fetch as the failure that it means. One that is a failure already keeps its own words. */
export function fetchFailure(error: unknown, settings: GitSettings, bytesMax: number): TaskFailure {
  const { words: own } = settings;
  const subject = `${own.subject}: ${settings.url}`;
  const refusal = forbiddenAddressIn(error);
  if (refusal !== undefined) return refusedFor(subject, refusal);
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TaskFailure) return cause;
  }
  if (error instanceof BrokenPackets) return notGit(settings, error.message);
  if (error instanceof PackTooLarge) {
    const message = `${subject}: the objects of one commit take more than ${bytesMax} bytes. Keep the project in a repository of its own, or large files elsewhere`;
    return new ConfigurationError("ProjectTooLarge", message);
  }
  if (error instanceof ServerRefused) {
    const message = `${subject} refused to give the commit: ${error.message.slice(0, 300)}`;
    return new TransientError("GitFailed", message);
  }
  const { code, message, name } = error as { code?: string; message?: string; name?: string };
  const word = code ?? name ?? "Error";
  const known = networkWords(word);
  if (known !== undefined) {
    const more = /certificate/.test(known.words)
      ? ", or its authority's certificate under the key ca.crt of the Secret"
      : "";
    const words = known.words.replaceAll("baseUrl", own.url) + more;
    return failureOfKind(known.kind, foreignCode(word), `${subject}: ${words} (${word})`, { cause: error });
  }
  return new TransientError("GitFailed", `${subject}: the fetch failed: ${message ?? word}`, { cause: error });
}
