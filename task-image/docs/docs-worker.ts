import { parentPort } from "node:worker_threads";
import { describeProject } from "./describe-project.ts";
import type { MadePage, PageRequest } from "./docs-page.ts";
import { pageFile } from "./page-file.ts";

/** The thread in which a page is made: however long its queries take to be read, the process can still be stopped. */
parentPort?.once("message", async ({ facts, shell }: PageRequest) => {
  const data = await describeProject(facts);
  const page: MadePage = { html: pageFile(shell, data), counts: data.counts };
  parentPort?.postMessage(page);
});
