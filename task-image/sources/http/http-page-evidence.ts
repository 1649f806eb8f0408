import { ConfigurationError } from "../../errors.ts";
import { describePlace, type JsonPath } from "../../json/path.ts";
import type { PageSeen, Paging } from "./http-paging.ts";

/** Parameters by which requests ask for a size of pages. */
const SIZE_PARAMETER = /^(per_?page|page_?size|limit|size)$/i;

/**
 * Whether a first answer that says nothing of a next page is all there is: it has no records, or fewer than a full page. APIs that send
 * Link leave it out of an only page, as GitHub does: of those the size in the URL counts, unless so many records could be the largest page
 * that the server gives.
 */
export function isOnlyPage({ fullPage, link }: Paging, { rows, url }: Pick<PageSeen, "rows" | "url">): boolean {
  if (rows === 0 || fullPage !== undefined) return rows === 0 || rows < (fullPage ?? 0);
  if (link === undefined || isLargestPage(rows)) return false;
  return [...url.searchParams].some(([name, size]) => SIZE_PARAMETER.test(name) && rows < Number(size));
}

/** Servers cap pages at round numbers. */
function isLargestPage(rows: number): boolean {
  return rows % 10 === 0 || rows % 25 === 0 || rows % 16 === 0;
}

/** An answer says by `end.field` that there is another page, and not which one. */
export function flaggedWithoutNext({ name }: Pick<PageSeen, "name">, field: string): ConfigurationError {
  return new ConfigurationError(
    "NoNextPage",
    `${name}: from.http.paging.end.field ${field} says that there is another page, and the answer does not name it where from.http.paging looks for it. Correct from.http.paging; where the API broke off, run again`,
  );
}

/** An answer does not say whether there is another page: its records may be the first of many. */
export function nothingSaysNext(seen: PageSeen, expected: string, found: string | JsonPath): ConfigurationError {
  const there = typeof found === "string" ? found : describePlace(seen.text, seen.root, found);
  return new ConfigurationError(
    "NoNextPage",
    `${seen.name}: expected ${expected}, and ${there}; ${seen.rows} records came, and there may be more. Correct from.http.paging; where the API leaves this out of its only page, set from.http.paging.fullPage to the number of records of a full page`,
  );
}
