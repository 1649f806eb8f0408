import type { Facts } from "./facts.ts";

/**
 * Why the run is to stop, if it is. One that is being deleted stays for as long as somebody's finalizer holds it, and its Jobs with it,
 * because the garbage collector waits for it to go.
 */
export function whoStops({ run }: Pick<Facts, "run">): string | undefined {
  if (run.spec.cancelled === true) return "on request";
  return run.meta.deletionTimestamp === undefined ? undefined : "because it is being deleted";
}
