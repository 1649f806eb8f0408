import { Worker } from "node:worker_threads";

/** Memory of a thread's heap: as much as the pod's limit leaves beside the process. */
export const HEAP_MB = 256;
/** Macros call each other 150 levels deep: see `DBT_LIMITS`. */
const STACK_MB = 8;

/** A program of the task's own that runs in a thread. */
export interface ThreadProgram {
  /** Its folder below `task-image`. */
  readonly folder: string;
  /** Its file without an ending. In the image it lies beside main.mjs. */
  readonly name: string;
}

/** A thread whose program is loaded while there is nothing to do yet. It takes its work as messages. Disposing of it ends it, whatever it computes. */
export interface StartedThread extends AsyncDisposable {
  readonly program: ThreadProgram;
  readonly worker: Worker;
  /** The error by which it ended; it is there before anybody listens. */
  readonly lost: () => NodeJS.ErrnoException | undefined;
}

/**
 * What a thread sees of the environment: where its process keeps compiled code, which Node.js looks for in each thread's own. Without it
 * every thread compiles its program anew.
 */
function environmentOfThreads(): Readonly<Record<string, string>> {
  const { NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
}

/** Starts a thread. */
export function startThread(program: ThreadProgram): StartedThread {
  const { folder, name } = program;
  const isSource = import.meta.url.endsWith(".ts");
  const worker = new Worker(new URL(isSource ? `../${folder}/${name}.ts` : `../${name}.mjs`, import.meta.url), {
    env: environmentOfThreads(),
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, stackSizeMb: STACK_MB },
  });
  let lost: NodeJS.ErrnoException | undefined;
  worker.on("error", (error: NodeJS.ErrnoException) => {
    lost = error;
  });
  return {
    program,
    worker,
    lost: () => lost,
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
}
