import { Worker } from "node:worker_threads";
import { ConfigurationError } from "../errors.ts";
import type { CompiledProject, ProjectInput } from "../models/project.ts";
import { type FromProjectWorker, fromMessage } from "./project-message.ts";

/** Longest time that one file of a project may take to be read or rendered. Bounds of templates and YAML end well before. */
const FILE_TIMEOUT_MS = 60_000;
/** Memory of the thread's heap: as much as the pod's limit leaves beside the process. */
const HEAP_MB = 256;

/** The thread's program: beside this file among the sources, beside main.mjs in the image. */
const PROGRAM = import.meta.url.endsWith(".ts")
  ? new URL("project-worker.ts", import.meta.url)
  : new URL("../project-worker.mjs", import.meta.url);

/**
 * Compiles a project in a thread of its own. The thread ends at once when the signal says so, whatever it computes. Throws a
 * ConfigurationError that names the file at which memory or time ran out.
 */
export async function compileAside(input: ProjectInput, signal: AbortSignal): Promise<CompiledProject> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<CompiledProject>();
  const worker = new Worker(PROGRAM, {
    workerData: input,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let at = "dbt_project.yml";
  const giveUp = () => reject(tooMuch(at, `it takes longer than ${FILE_TIMEOUT_MS / 1000} s`));
  let timer = setTimeout(giveUp, FILE_TIMEOUT_MS);
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  worker.on("message", (message: FromProjectWorker) => {
    if ("project" in message) return resolve(fromMessage(message.project));
    at = message.at;
    clearTimeout(timer);
    timer = setTimeout(giveUp, FILE_TIMEOUT_MS);
  });
  worker.on("error", (error: NodeJS.ErrnoException) => {
    reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooMuch(at, `it needs more than ${HEAP_MB} MiB`) : error);
  });
  worker.on("exit", () => reject(new Error(`the thread that read the project ended at ${at} without a word`)));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

function tooMuch(file: string, why: string): ConfigurationError {
  return new ConfigurationError(
    "ProjectTooLarge",
    `${file}: the project cannot be read from here on: ${why}. Look for a loop without an end, or split the file`,
  );
}
