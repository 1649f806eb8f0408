import { DataError } from "../../errors.ts";
import type { PageRequest, Paging } from "./http-paging.ts";

/**
 * Finds pages that come a second time: an API that does not understand the parameter would be read for ever. Empty pages may be alike,
 * but not be asked for twice.
 */
export interface RepeatCheck {
  /** Whether a page is the last one again, which `end.repeated` allows. Throws a DataError for another page that came before. */
  isRepeated(digest: string | undefined, request: PageRequest, rows: number): boolean;
}

export function createRepeatCheck(name: string, { end, fullPage = 0 }: Partial<Paging>): RepeatCheck {
  const digests = new Map<string, number>();
  const requests = new Set<string>();
  let number = 0;
  return {
    isRepeated: (digest, request, rows) => {
      number += 1;
      const place = "url" in request ? placeOf(request.url) : JSON.stringify(request.parameters);
      const first = digest === undefined ? undefined : digests.get(digest);
      if (requests.has(place)) throw repeated(name, number, undefined);
      requests.add(place);
      if (first === undefined) {
        if (digest !== undefined) digests.set(digest, number);
        return false;
      }
      // A first page that comes again need not be the last one: the parameter may mean nothing to the API.
      if (end?.repeated === true && first === number - 1 && (first > 1 || rows < fullPage)) return true;
      throw repeated(name, number, first);
    },
  };
}

/** What is asked for: a fragment is no part of a request (RFC 9110, 7.1). */
function placeOf({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search}`;
}

function repeated(name: string, page: number, first: number | undefined): DataError {
  return new DataError(
    "PageRepeated",
    `${name}: page ${page} is ${first === undefined ? "asked for a second time" : `the same as page ${first}`}. The API does not page as from.http.paging says, or its data moved while it was read; check param and field, and try again. Where an API gives its last page again, set from.http.paging.end.repeated, and fullPage where that may be the first one`,
  );
}

export function tooManyPages(name: string, { maxPages }: Paging): DataError {
  return new DataError(
    "TooManyPages",
    `${name}: expected at most ${maxPages} pages, and there is another one. Raise from.http.paging.maxPages, or ask for larger pages; where so many are enough, set from.http.paging.end.maxPages`,
  );
}
