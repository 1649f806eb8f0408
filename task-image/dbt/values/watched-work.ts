import { createContext, Script } from "node:vm";
import { charge, operationMs } from "../../jinja/budget.ts";
import { BudgetError } from "../../jinja/template-error.ts";

/** Steps for a microsecond of the processor's time: a step is about a hundred nanoseconds. */
const MICROSECOND_STEPS = 10;

/** The work that is under way; a script of a context of its own is what V8 can stop after a time and leave the thread alive. */
const place: { run: (() => unknown) | undefined } = { run: undefined };
const context = createContext(place);
const script = new Script("run()", { filename: "watched-work" });

/**
 * Runs synchronous work of the engine that may take for ever and cannot charge meanwhile, such as a regular expression that backtracks.
 * What it has taken of the processor is charged when it ends.
 *
 * @throws {BudgetError} when it takes longer than the rendering lets one operation take, with what `tooLong` says of it.
 */
export function watched<T>(run: () => T, tooLong: (seconds: number) => string, longestMs = operationMs()): T {
  const before = process.threadCpuUsage();
  const outer = place.run;
  place.run = run;
  try {
    return script.runInContext(context, { timeout: longestMs }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw new BudgetError(tooLong(longestMs / 1000));
  } finally {
    place.run = outer;
    const { user, system } = process.threadCpuUsage(before);
    charge((user + system) * MICROSECOND_STEPS);
  }
}
