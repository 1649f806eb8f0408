import type { PageData } from "./page-data.ts";

/** Where the data of a project go in the page, as the bundle has it. */
export const DATA_PLACE = "null/* data */";

/**
 * The page of a project: the page's code and style with the data in it. JSON inside an element has no `<`, so nothing that a project
 * says can end the element.
 */
export function pageFile(shell: string, data: PageData): string {
  const parts = shell.split(DATA_PLACE);
  if (parts.length !== 2) throw new Error(`the page has ${parts.length - 1} places for its data, and 1 is expected`);
  return parts.join(JSON.stringify(data).replaceAll("<", "\\u003c"));
}
