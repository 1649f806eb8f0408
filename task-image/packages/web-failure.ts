import { ConfigurationError, failureOfKind, foreignCode, reworded, TaskFailure, TransientError } from "../errors.ts";
import { networkWords } from "../http/network-words.ts";
import { forbiddenAddressIn, refusedFor } from "../network/forbidden-address.ts";

/** What gets a project to run where a package cannot be fetched. */
export const WAYS_OUT =
  "Either install the packages with `dbt deps` and put dbt_packages/ into the project, or name a mirror that the pods reach: transform.packages.hub.url, or tasks.packages.hubUrl of the chart";

interface Called {
  readonly url: URL;
  readonly subject: string;
}

/** Any error of a download as the failure that it means, with the URL, how often it was tried, and what to do. */
export function webFailure(error: unknown, { url, subject }: Called, tries: number): TaskFailure {
  const place = `${subject}: ${url.origin}${url.pathname}`;
  const refusal = forbiddenAddressIn(error);
  if (refusal !== undefined) return refusedFor(place, refusal);
  const tried = tries === 1 ? "" : `, tried ${tries} times`;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof TaskFailure)) continue;
    const known = cause.message.startsWith(`${url.origin}${url.pathname}`) ? `${subject}: ` : `${place}: `;
    return reworded(cause, `${known}${cause.message}${tried}. ${WAYS_OUT}`, { cause: error });
  }
  const { code, name } = error as { readonly code?: string; readonly name?: string };
  const word = code ?? name ?? "Error";
  const known = networkWords(word);
  if (known === undefined)
    return new TransientError("PackageUnreachable", `${place}: ${word}${tried}. ${WAYS_OUT}`, { cause: error });
  const more = /certificate/.test(known.words)
    ? ", or its authority's under the key ca.crt of a Secret in transform.packages.credentials"
    : "";
  const text = `${place}: ${known.words.replaceAll("baseUrl", "the URL")}${more} (${word})${tried}. ${WAYS_OUT}`;
  return failureOfKind(known.kind, foreignCode(word), text, { cause: error });
}

/** A package that is not to be had as it is asked for. */
export function packageRefused(subject: string, why: string): ConfigurationError {
  return new ConfigurationError("PackageRefused", `${subject}: ${why}`);
}
