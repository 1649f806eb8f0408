import { Worker } from "node:worker_threads";
import type { SelectedRequest, SelectedRun } from "./read-selected.ts";

/** The thread's program: beside this file among the sources, beside main.mjs in the image. */
const PROGRAM = import.meta.url.endsWith(".ts")
  ? new URL("read-worker.ts", import.meta.url)
  : new URL("../read-worker.mjs", import.meta.url);
/** Longest time that a project may take to be read: five hundred models take a second. */
const TIMEOUT_MS = 120_000;
/** Memory of the thread's heap: as much as the pod's limit leaves beside the process. */
const HEAP_MB = 256;
/** Macros call each other 150 levels deep: see `DBT_LIMITS`. */
const STACK_MB = 8;

/**
 * Reads a project in a thread of its own, which ends at once when the signal says so. Time and memory that run out are a problem of the
 * project.
 */
export async function readAside(request: SelectedRequest, signal: AbortSignal): Promise<SelectedRun> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<SelectedRun>();
  const worker = new Worker(PROGRAM, {
    workerData: request,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, stackSizeMb: STACK_MB },
  });
  const timer = setTimeout(() => resolve(tooMuch(`takes longer than ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  worker.on("message", resolve);
  worker.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_WORKER_OUT_OF_MEMORY") resolve(tooMuch(`needs more than ${HEAP_MB} MiB`));
    else reject(error);
  });
  worker.on("exit", () => reject(new Error("the thread that read the project ended without a word")));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

function tooMuch(what: string): SelectedRun {
  return { problems: [`reading the project ${what}: look for a loop without an end, or split the project`] };
}
