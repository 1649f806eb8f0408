import { createContext, Script } from "node:vm";

/** What work came to that was not let go on for ever. */
export interface Watched<T> {
  /** Missing where it took too long and was stopped. */
  readonly done?: { readonly value: T };
  /** What it took of the processor. */
  readonly microseconds: number;
}

/** The work that is under way; a script of a context of its own is what V8 can stop after a time and leave the thread alive. */
const place: { run: (() => unknown) | undefined } = { run: undefined };
const context = createContext(place);
const script = new Script("run()", { filename: "watched-work" });

/**
 * Runs synchronous work of the engine that may take for ever and cannot be asked meanwhile, such as a regular expression that backtracks,
 * and stops it after `longestMs`. What it throws comes through.
 */
export function watched<T>(longestMs: number, run: () => T): Watched<T> {
  const before = process.threadCpuUsage();
  const outer = place.run;
  place.run = run;
  const taken = () => {
    const { user, system } = process.threadCpuUsage(before);
    return user + system;
  };
  try {
    const value = script.runInContext(context, { timeout: longestMs }) as T;
    return { done: { value }, microseconds: taken() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    return { microseconds: taken() };
  } finally {
    place.run = outer;
  }
}
