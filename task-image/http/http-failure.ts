import type { HttpSettings } from "../connections/http-settings.ts";
import { ConfigurationError, failureOfKind, foreignCode, TaskFailure, TransientError } from "../errors.ts";
import { forbiddenAddressIn, refusedFor } from "../network/forbidden-address.ts";
import { hidden } from "../words/hidden-text.ts";
import { networkWords } from "./network-words.ts";

/** Longest part of an answer that a message quotes. */
const QUOTED_MAX = 200;
/** What stands in the place of an answer, which may quote rows. */
const SAID = " (its text is hidden: spec.logValues writes it to the pod's log)";
/** Statuses that another try may change, beside all of 5xx: 202 says that the answer is not ready. */
const RETRIABLE: readonly number[] = [202, 408, 425, 429];

/** What a status means that the call does not accept. `said` is the beginning of the answer's body. */
export function statusFailure(
  settings: HttpSettings,
  request: string,
  status: number,
  said: string,
  isRateLimited = false,
): TaskFailure {
  const quoted = said.trim() === "" ? "" : hidden(`: ${said.trim().slice(0, QUOTED_MAX)}`, SAID);
  const text = `connection ${settings.connection}: ${request} answered ${status}${quoted}`;
  if (isRateLimited || isRetriableStatus(status)) return new TransientError(foreignCode(`HTTP${status}`), text);
  return new ConfigurationError(foreignCode(`HTTP${status}`), `${text}. ${adviceFor(status, settings)}`);
}

function isRetriableStatus(status: number): boolean {
  return status >= 500 || RETRIABLE.includes(status);
}

function adviceFor(status: number, { secretName }: HttpSettings): string {
  const secret = secretName === undefined ? "set auth and secretRef" : `check Secret "${secretName}"`;
  if (status === 401) return `The server does not know who asks: ${secret}`;
  if (status === 403) return `The server refuses this to whoever asks: ${secret}, or ask for the right`;
  if (status === 206)
    return "That is a part of what was asked for: correct the header Range of the connection, or the server";
  if (status < 300) return "Records come with 200: where those of this status are records too, set from.http.statuses";
  if (status === 404 || status === 410) return "Check baseUrl and path";
  if (status >= 300 && status < 400) return "Set baseUrl to where the redirect leads";
  return "Check path, method, query and body of the request";
}

/** Any error of a request as the failure it means. A failure that is one already keeps its own words. */
export function requestFailure(error: unknown, settings: HttpSettings, request: string): TaskFailure {
  const refusal = forbiddenAddressIn(error);
  if (refusal !== undefined) return refusedFor(`connection ${settings.connection}: ${request}`, refusal);
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TaskFailure) return cause;
  }
  const { code, message, name } = error as { code?: string; message?: string; name?: string };
  const word = code ?? name ?? "Error";
  const place = `connection ${settings.connection}: ${request} failed`;
  const known = networkWords(word);
  if (known !== undefined) {
    return failureOfKind(known.kind, foreignCode(word), `${place}: ${known.words} (${word})`, { cause: error });
  }
  const said = message === undefined || message === "" ? "" : ` (${message})`;
  const isSockets = error instanceof Error && ("syscall" in error || /^(?:E[A-Z]+|UND_ERR_[A-Z_]+)$/.test(word));
  return new TransientError(
    word === "Error" ? "HttpFailed" : foreignCode(word),
    `${place}: ${word}${isSockets ? said : hidden(said)}`,
    { cause: error },
  );
}
