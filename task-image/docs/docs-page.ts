import { readFile } from "node:fs/promises";
import { askThread } from "../threads/ask-thread.ts";
import type { ProjectFacts } from "./describe-project.ts";
import type { PageCounts } from "./page-data.ts";

const PROGRAM = { folder: "docs", name: "docs-worker" };
/** Longest time that a page may take: a thousand models take some seconds. */
const TIMEOUT_MS = 120_000;

/** What the thread that makes a page is asked, and answers. */
export interface PageRequest {
  readonly facts: ProjectFacts;
  /** The page without data. */
  readonly shell: string;
}
export interface MadePage {
  readonly html: string;
  readonly counts: PageCounts;
}

/** Makes the page of a project in a thread of its own, which ends at once when the signal says so. Rejects where time or memory run out. */
export async function makePage(facts: ProjectFacts, shellFile: string, signal: AbortSignal): Promise<MadePage> {
  const data: PageRequest = { facts, shell: await readFile(shellFile, "utf8") };
  return await askThread<MadePage, MadePage>({
    thread: PROGRAM,
    data,
    signal,
    patienceMs: TIMEOUT_MS,
    answerOf: (page) => page,
    tooMuch: (what) => {
      throw new Error(`making the page ${what}`);
    },
  });
}
