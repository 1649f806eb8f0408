import { join } from "node:path";
import { bundlePage, PAGE_FILE } from "../../../config/images/docs-page.ts";
import type { PageData } from "../../../task-image/docs/page-data.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";

let page: Promise<string> | undefined;

/** The page of `docs` without data, as the image has it. */
export function docsPage(): Promise<string> {
  page ??= (async () => {
    const folder = temporaryDirectory("docs-page");
    await bundlePage(folder);
    return join(folder, PAGE_FILE);
  })();
  return page;
}

/** What a page knows. */
export function dataOf(html: string | undefined): PageData {
  const text = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(html ?? "")?.[1];
  return JSON.parse(text ?? "null") as PageData;
}
