import { askThread } from "../../threads/ask-thread.ts";
import { type StartedThread, startThread } from "../../threads/thread.ts";
import type { SelectedRequest, SelectedRun } from "./read-selected.ts";

const PROGRAM = { folder: "dbt/run", name: "read-worker" };
/** Longest time that a project may take to be read: five hundred models take a second. */
const TIMEOUT_MS = 120_000;

/** Starts the thread that is to read a project. */
export function startReader(): StartedThread {
  return startThread(PROGRAM);
}

/**
 * Reads a project in a thread, which ends with the answer, and at once when the signal says so. Time and memory that run out are a
 * problem of the project.
 */
export function readAside(reader: StartedThread, wanted: SelectedRequest, signal: AbortSignal): Promise<SelectedRun> {
  return askThread<SelectedRun, SelectedRun>({
    thread: reader,
    data: wanted,
    signal,
    patienceMs: TIMEOUT_MS,
    answerOf: (run) => run,
    tooMuch: (what) => ({
      problems: [`reading the project ${what}: look for a loop without an end, or split the project`],
    }),
  });
}
