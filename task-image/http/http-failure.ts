import type { HttpSettings } from "../connections/http-settings.ts";
import { ConfigurationError, TaskFailure, TransientError } from "../errors.ts";

/** Longest part of an answer that a message quotes. */
const QUOTED_MAX = 200;
/** Statuses that another try may change, beside all of 5xx. */
const RETRIABLE: readonly number[] = [408, 425, 429];

/** What a status other than 2xx means. `said` is the beginning of the answer's body. */
export function statusFailure(settings: HttpSettings, request: string, status: number, said: string): TaskFailure {
  const quoted = said.trim() === "" ? "" : `: ${said.trim().slice(0, QUOTED_MAX)}`;
  const text = `connection ${settings.connection}: ${request} answered ${status}${quoted}`;
  if (isRetriableStatus(status)) return new TransientError(`HTTP${status}`, text);
  return new ConfigurationError(`HTTP${status}`, `${text}. ${adviceFor(status, settings)}`);
}

function isRetriableStatus(status: number): boolean {
  return status >= 500 || RETRIABLE.includes(status);
}

function adviceFor(status: number, { secretName }: HttpSettings): string {
  const secret = secretName === undefined ? "set auth and secretRef" : `check Secret "${secretName}"`;
  if (status === 401) return `The server does not know who asks: ${secret}`;
  if (status === 403) return `The server refuses this to whoever asks: ${secret}, or ask for the right`;
  if (status === 404 || status === 410) return "Check baseUrl and path";
  if (status >= 300 && status < 400) return "Set baseUrl to where the redirect leads";
  return "Check path, method, query and body of the request";
}

/** Any error of a request as the failure it means. A failure that is one already keeps its own words. */
export function requestFailure(error: unknown, settings: HttpSettings, request: string): TaskFailure {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TaskFailure) return cause;
  }
  const { code, message, name } = error as { code?: string; message?: string; name?: string };
  const word = code ?? name ?? "HTTP";
  return new TransientError(word, `connection ${settings.connection}: ${request} failed: ${message ?? word}`, {
    cause: error,
  });
}
