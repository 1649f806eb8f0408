import type { z } from "zod";
import type { HttpRequest } from "#api/http-request.ts";
import { ConfigurationError, DataError } from "../errors.ts";
import type { HttpCall } from "../http/client.ts";
import { JsonTextError, locate, scalarText, withMembers, writtenValue } from "../json/scan.ts";

/**
 * | paging | the next page                            | the last page              |
 * | ------ | ---------------------------------------- | -------------------------- |
 * | page   | param + 1                                | the first without records  |
 * | offset | param + the records that came            | the first without records  |
 * | cursor | param = the value of `field`             | has no value of `field`    |
 * | link   | the URL of Link with rel=next (RFC 8288) | has no such Link           |
 *
 * A short page does not prove the end: servers cap the size that was asked for. Parameters go into the URL or the body (`place`).
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
  readonly rows: number;
  readonly text: Buffer;
  /** Where the text's value begins. */
  readonly root: number;
  /** The header Link. */
  readonly link: string | undefined;
  readonly url: URL;
}

export function firstPage({ page, offset }: Paging): PageRequest {
  if (page !== undefined) return { parameters: pageParameters(page, page.start), skipped: page.start };
  if (offset !== undefined) return { parameters: offsetParameters(offset, 0), skipped: 0 };
  return { parameters: {}, skipped: 0 };
}

/** The page after one that was seen, or undefined when it was the last one. */
export function nextPage(paging: Paging, current: PageRequest, seen: PageSeen): PageRequest | undefined {
  const { page, offset, cursor } = paging;
  if (cursor !== undefined) return afterCursor(cursor, seen);
  if (page === undefined && offset === undefined) return afterLink(seen);
  if (seen.rows === 0 || "url" in current) return undefined;
  if (page !== undefined) {
    const number = current.skipped + 1;
    return { parameters: pageParameters(page, number), skipped: number };
  }
  if (offset === undefined) return undefined;
  const skipped = current.skipped + seen.rows;
  return { parameters: offsetParameters(offset, skipped), skipped };
}

function pageParameters({ param, sizeParam, size }: NonNullable<Paging["page"]>, number: number) {
  const sized = sizeParam === undefined || size === undefined ? {} : { [sizeParam]: String(size) };
  return { [param]: String(number), ...sized };
}

function offsetParameters({ param, limitParam, limit }: NonNullable<Paging["offset"]>, skipped: number) {
  return { [param]: String(skipped), [limitParam]: String(limit) };
}

function afterCursor(
  { param, field }: NonNullable<Paging["cursor"]>,
  { text, root }: PageSeen,
): PageRequest | undefined {
  const at = locate(text, root, field.split("."));
  if (at === undefined) return undefined;
  const value = scalarText(text, at);
  if (value === undefined || value === "" || value === "false") return undefined;
  return { parameters: { [param]: writtenValue(text, at) }, skipped: 0 };
}

function afterLink({ link, url }: PageSeen): PageRequest | undefined {
  for (const [, target = "", parameters = ""] of (link ?? "").matchAll(/<([^>]*)>((?:\s*;[^,;"]*(?:"[^"]*")?)*)/g)) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^;,\s]*))/i.exec(parameters);
    const names = (relation?.[1] ?? relation?.[2] ?? "").toLowerCase().split(/\s+/);
    if (names.includes("next")) return { url: new URL(target, url) };
  }
  return undefined;
}

/**
 * Finds pages that come a second time: an API that does not understand the parameter would be read for ever. Empty pages may be alike,
 * but not be asked for twice.
 */
export function createRepeatCheck(): (digest: string | undefined, request: PageRequest, name: string) => void {
  const digests = new Map<string, number>();
  const requests = new Set<string>();
  let number = 0;
  return (digest, request, name) => {
    number += 1;
    const place = "url" in request ? request.url.href : JSON.stringify(request.parameters);
    const first = digest === undefined ? undefined : digests.get(digest);
    if (requests.has(place) || first !== undefined) {
      throw new DataError(
        "PageRepeated",
        `${name}: page ${number} is ${first === undefined ? "asked for a second time" : `the same as page ${first}`}. The API does not page as from.http.paging says, or its data moved while it was read; check param and field, and try again`,
      );
    }
    if (digest !== undefined) digests.set(digest, number);
    requests.add(place);
  };
}
