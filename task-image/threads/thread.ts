import { Worker, type WorkerOptions } from "node:worker_threads";

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

/** Starts a thread. It sees nothing of the environment but its data. */
export function startThread(
  { folder, name }: ThreadProgram,
  workerData: unknown,
  transferList: NonNullable<WorkerOptions["transferList"]> = [],
): Worker {
  const isSource = import.meta.url.endsWith(".ts");
  return new Worker(new URL(isSource ? `../${folder}/${name}.ts` : `../${name}.mjs`, import.meta.url), {
    workerData,
    transferList,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, stackSizeMb: STACK_MB },
  });
}
