import { spawn } from "node:child_process";
import { constants } from "node:os";

/** Calls `clean` when this process ends, by SIGTERM too, which is how vitest ends its workers. Answers what takes the call back. */
export function onProcessEnd(clean: () => void): () => void {
  process.removeListener("SIGTERM", exit).once("SIGTERM", exit);
  process.once("exit", clean);
  return () => void process.removeListener("exit", clean);
}

/** A signal alone ends a process without its listeners of "exit". */
function exit(): void {
  process.exit(128 + constants.signals.SIGTERM);
}

/** Removes a directory by a process that outlives this one: vitest gives a worker half a second, and then SIGKILL. */
export function removeBehind(directory: string): void {
  spawn("rm", ["-rf", directory], { detached: true, stdio: "ignore" }).unref();
}
