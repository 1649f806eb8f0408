import { isGone } from "./api-error.ts";
import type { Kind, Objects } from "./kinds.ts";
import type { Kube, ListOptions, Page } from "./kube.ts";

export interface PagedListOptions extends ListOptions {
  readonly limit: number;
}

/** Everything a list has, read page by page so that no single answer holds up the event loop for long. */
export async function listPages<K extends Kind>(
  kube: Kube,
  kind: K,
  options: PagedListOptions,
): Promise<Page<Objects[K]>> {
  const items: Objects[K][] = [];
  let page = await kube.list(kind, options);
  items.push(...page.items);
  while (page.next !== undefined) {
    try {
      page = await kube.list(kind, { ...options, continue: page.next });
    } catch (error) {
      if (!isGone(error)) throw error;
      // The version of the first page is forgotten: everything on one page cannot expire (client-go does the same).
      const { limit: _, ...whole } = options;
      return await kube.list(kind, whole);
    }
    items.push(...page.items);
  }
  return { items, resourceVersion: page.resourceVersion };
}
