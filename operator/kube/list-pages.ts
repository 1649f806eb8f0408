import type { Kind, Objects } from "../kinds/kinds.ts";
import { ApiError, isGone } from "./api-error.ts";
import type { Kube, ListOptions, Page } from "./kube.ts";
import type { PageSize } from "./page-size.ts";
import type { UnreadObject } from "./unread.ts";

const TOO_LARGE = 413;
/** A list that is not read in pages takes its time. */
const WHOLE_LIST_DEADLINE_MS = 300_000;

/** Everything a list has, read page by page so that no single answer is larger than server and client can bear. */
export async function listPages<K extends Kind>(
  kube: Kube,
  kind: K,
  options: ListOptions<Objects[K]>,
  size: PageSize,
): Promise<Page<Objects[K]>> {
  const items: Objects[K][] = [];
  const unread: UnreadObject[] = [];
  let bytes = 0;
  let token: string | undefined;
  for (;;) {
    let page: Page<Objects[K]>;
    try {
      page = await nextPage(kube, kind, { ...options, ...(token === undefined ? {} : { continue: token }) }, size);
    } catch (error) {
      if (token === undefined || !isGone(error)) throw error;
      // The version of the first page is forgotten: everything on one page cannot expire (client-go does the same).
      return await kube.list(kind, { ...options, deadlineMs: WHOLE_LIST_DEADLINE_MS });
    }
    items.push(...page.items);
    unread.push(...(page.unread ?? []));
    bytes += page.bytes ?? 0;
    token = page.next;
    if (token === undefined) return { items, unread, bytes, resourceVersion: page.resourceVersion };
  }
}

/** One page, of ever fewer objects while it is too large. */
async function nextPage<K extends Kind>(
  kube: Kube,
  kind: K,
  options: ListOptions<Objects[K]>,
  size: PageSize,
): Promise<Page<Objects[K]>> {
  for (;;) {
    try {
      const page = await kube.list(kind, { ...options, limit: size.objects });
      size.took({ objects: page.items.length + (page.unread?.length ?? 0), bytes: page.bytes ?? 0 });
      return page;
    } catch (error) {
      if (!isTooMuch(error) || !size.refused()) throw error;
      // A server that does not answer would be asked for ever fewer objects for minutes: the caller asks again.
      if (error.status !== TOO_LARGE) throw error;
    }
  }
}

/** An answer that was too large, for us or for somebody on the way, or too slow. */
function isTooMuch(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === TOO_LARGE || error.reason === "DeadlineExceeded");
}
