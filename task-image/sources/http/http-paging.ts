import type { z } from "zod";
import type { HttpRequest } from "#api/http/request.ts";
import { ConfigurationError } from "../../errors.ts";
import type { HttpCall } from "../../http/client.ts";
import { type JsonPath, locatePath, parsePath } from "../../json/path.ts";
import { isArray, isNull, isObject, JsonTextError, scalarText, withMembers, writtenValue } from "../../json/scan.ts";
import { linkedTarget } from "./http-link.ts";
import { flaggedWithoutNext, isOnlyPage, nothingSaysNext } from "./http-page-evidence.ts";

/**
 * | paging | the next page                            | the last page                                                    |
 * | ------ | ---------------------------------------- | ---------------------------------------------------------------- |
 * | page   | param + 1                                | the first without records                                        |
 * | offset | param + the records that came            | the first without records                                        |
 * | cursor | param = the value of `field`             | has null, false or "" at `field`, or the value that was sent     |
 * | next   | the URL at `field`                       | has null, false or "" at `field`                                 |
 * | link   | the URL of Link with rel=next (RFC 8288) | has a Link without rel=next                                      |
 * | cursor, next, link | | has no `field`, no Link at all, once another page had one; or it is the first one and has no records, or fewer than a full page |
 * | all    |                                          | the value at `end.field` is `end.value`: that counts before all else. With another value there must be a next page |
 * | all    |                                          | as many records have come as `total` says, with `end.total`      |
 * | all    |                                          | the one before was the last: it answers with one of `end.statuses`, without a list (`end.noList`), or again (`end.repeated`) |
 *
 * What is not there proves nothing: a first answer without the field, or without Link, fails the load. A short page does not prove the end
 * either: servers cap the size that was asked for. Parameters go into the URL or the body (`place`).
 */
export type Paging = NonNullable<z.infer<typeof HttpRequest>["paging"]>;

/** Which page to ask for: parameters of the first request, as JSON texts, or another URL. */
export type PageRequest =
  | { readonly parameters: Readonly<Record<string, string>>; readonly skipped: number }
  | { readonly url: URL };

/** The request for a page, made of the first one. Throws a ConfigurationError for a body that has no place for parameters. */
export function pageCall(first: HttpCall, request: PageRequest, { place = "query" }: Pick<Paging, "place">): HttpCall {
  if ("url" in request) return { ...first, url: request.url };
  if (place === "body") return { ...first, body: bodyWith(first.body ?? "", request.parameters) };
  const url = new URL(first.url);
  for (const [name, written] of Object.entries(request.parameters)) {
    url.searchParams.set(name, scalarText(Buffer.from(written), 0) ?? written);
  }
  return { ...first, url };
}

function bodyWith(body: string, parameters: Readonly<Record<string, string>>): string {
  try {
    return withMembers(Buffer.from(body === "" ? "{}" : body), parameters);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new ConfigurationError(
      "BadBody",
      `from.http.body: expected a JSON object that parameters of pages can be put into, found none: ${error.message}. Correct the body, or set from.http.paging.place to query`,
    );
  }
}

/** What a page said. */
export interface PageSeen {
  /** What was asked, and which page it is, for messages. */
  readonly name: string;
  readonly rows: number;
  readonly text: Buffer;
  /** Where the text's value begins. */
  readonly root: number;
  /** The header Link. */
  readonly link: string | undefined;
  readonly url: URL;
  /** Whether a page before this one named a next one, or its end, where this paging looks for it. */
  readonly saidBefore: boolean;
}

export function firstPage({ page, offset }: Paging): PageRequest {
  if (page !== undefined) return { parameters: pageParameters(page, page.start), skipped: page.start };
  if (offset !== undefined) return { parameters: offsetParameters(offset, 0), skipped: 0 };
  return { parameters: {}, skipped: 0 };
}

/**
 * The page after one that was seen, or undefined when it was the last one. Throws a ConfigurationError where nothing tells whether
 * there is another one.
 */
export function nextPage(paging: Paging, current: PageRequest, seen: PageSeen): PageRequest | undefined {
  const { page, offset, end } = paging;
  if (end?.field !== undefined && isFlagged(end.field, end.value ?? "false", paging, seen)) return undefined;
  if (page === undefined && offset === undefined) {
    const named = afterNamed(paging, current, seen);
    if (named === undefined && end?.field !== undefined) throw flaggedWithoutNext(seen, end.field);
    return named;
  }
  if ((seen.rows === 0 && end?.field === undefined) || "url" in current) return undefined;
  if (page !== undefined) {
    const number = current.skipped + 1;
    return { parameters: pageParameters(page, number), skipped: number };
  }
  if (offset === undefined) return undefined;
  const skipped = current.skipped + seen.rows;
  return { parameters: offsetParameters(offset, skipped), skipped };
}

/** The page that the answer itself names. */
function afterNamed(paging: Paging, current: PageRequest, seen: PageSeen): PageRequest | undefined {
  if (paging.cursor !== undefined) return afterCursor(paging.cursor, paging, current, seen);
  if (paging.next !== undefined) return afterUrl(paging.next.field, paging, seen);
  return afterLink(paging, seen);
}

function pageParameters({ param, sizeParam, size }: NonNullable<Paging["page"]>, number: number) {
  const sized = sizeParam === undefined || size === undefined ? {} : { [sizeParam]: String(size) };
  return { [param]: String(number), ...sized };
}

function offsetParameters({ param, limitParam, limit }: NonNullable<Paging["offset"]>, skipped: number) {
  return { [param]: String(skipped), [limitParam]: String(limit) };
}

/** Whether the value that tells the last page has come. */
function isFlagged(field: string, last: string, paging: Paging, seen: PageSeen): boolean {
  const path = parsePath(field);
  const at = saidAt("end.field", path, paging, seen);
  if (at === undefined) return true;
  return writtenValue(seen.text, at) === last || scalarText(seen.text, at) === last;
}

function afterCursor(
  { param, field }: NonNullable<Paging["cursor"]>,
  paging: Paging,
  current: PageRequest,
  seen: PageSeen,
): PageRequest | undefined {
  const at = saidAt("cursor.field", parsePath(field), paging, seen);
  if (at === undefined || saysNoPage(seen.text, at)) return undefined;
  const written = writtenValue(seen.text, at);
  const sent = "url" in current ? undefined : current.parameters[param];
  return written === sent ? undefined : { parameters: { [param]: written }, skipped: 0 };
}

function afterUrl(field: string, paging: Paging, seen: PageSeen): PageRequest | undefined {
  const at = saidAt("next.field", parsePath(field), paging, seen);
  if (at === undefined || saysNoPage(seen.text, at)) return undefined;
  return { url: namedPage(scalarText(seen.text, at) ?? "", seen, `at from.http.paging.next.field ${field}`) };
}

/**
 * The URL of a page that an answer names. One that is the same but for the encryption, as behind a proxy that ends it, is asked for
 * encrypted. Throws a ConfigurationError for what is no URL, and for another place that is not encrypted where the answer's was.
 */
function namedPage(target: string, seen: PageSeen, place: string): URL {
  if (!URL.canParse(target, seen.url.href)) throw nothingSaysNext(seen, `a URL ${place}`, "what is there is none");
  const url = new URL(target, seen.url);
  if (seen.url.protocol !== "https:" || url.protocol !== "http:") return url;
  if (url.hostname !== seen.url.hostname || url.port !== "" || seen.url.port !== "") {
    throw nothingSaysNext(seen, `an encrypted URL ${place}`, `${url.origin} is not encrypted`);
  }
  url.protocol = "https:";
  return url;
}

function afterLink(paging: Paging, seen: PageSeen): PageRequest | undefined {
  if (seen.link !== undefined) {
    const target = linkedTarget(seen.link);
    return target === undefined ? undefined : { url: namedPage(target, seen, "of rel=next in the header Link") };
  }
  if (seen.saidBefore || isOnlyPage(paging, seen)) return undefined;
  throw nothingSaysNext(seen, "the header Link, which says whether there is a next page", "there is none");
}

/** Where a field of the answer is that says whether there is a next page; undefined where its absence says that there is none. */
function saidAt(name: string, path: JsonPath, paging: Paging, seen: PageSeen): number | undefined {
  const at = locatePath(seen.text, seen.root, path);
  const place = `a value at from.http.paging.${name} ${path.text}`;
  if (at === undefined) {
    if (seen.saidBefore || isOnlyPage(paging, seen)) return undefined;
    throw nothingSaysNext(seen, place, path);
  }
  if (isArray(seen.text, at) || isObject(seen.text, at)) {
    throw nothingSaysNext(seen, place, "a list or an object is there");
  }
  return at;
}

/** Whether an answer says where this paging looks for it that there is a next page, or that there is none. */
export function saysNext({ cursor, next, link, end }: Paging, seen: Pick<PageSeen, "text" | "root" | "link">): boolean {
  if (link !== undefined && end?.field === undefined) return seen.link !== undefined;
  const field = cursor?.field ?? next?.field ?? end?.field;
  return field !== undefined && locatePath(seen.text, seen.root, parsePath(field)) !== undefined;
}

function saysNoPage(text: Buffer, at: number): boolean {
  return isNull(text, at) || ["", "false"].includes(scalarText(text, at) ?? "");
}
