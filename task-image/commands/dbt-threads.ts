import { ADAPTERS, adapterFor } from "../dbt/adapter/warehouses.ts";
import type { MacroText } from "../dbt/macros/known-files.ts";
import { startReader } from "../dbt/run/read-aside.ts";
import { showMacros, startRunner } from "../dbt/run/run-thread.ts";
import { readMacroPackages } from "../projects/macro-packages.ts";
import type { StartedThread } from "../threads/thread.ts";
import type { CommandContext, SpecOf } from "./command.ts";

/** A thread that is to run the first node, started before anything is known of the project. */
export interface RunnerThread extends AsyncDisposable {
  readonly runner: StartedThread;
  readonly dbtMacros: readonly MacroText[];
}

/** Threads that load their programs while connections are opened and files are read; more would have to share the processors. */
export interface Threads extends RunnerThread {
  readonly reader: StartedThread;
}

export function startThreads(spec: SpecOf<"transform">, context: CommandContext): Threads {
  const reader = startReader();
  const { runner, dbtMacros } = startFirstRunner(spec, context);
  const ends = () => Promise.all([reader[Symbol.asyncDispose](), runner[Symbol.asyncDispose]()]);
  return { reader, runner, dbtMacros, [Symbol.asyncDispose]: async () => void (await ends()) };
}

/** The same for a task that reads no project. */
export function startFirstRunner(
  { connections, work }: SpecOf<"transform">,
  { macroDirectory }: Pick<CommandContext, "macroDirectory">,
): RunnerThread {
  const runner = startRunner();
  const { types } = ADAPTERS[adapterFor(connections[work.transform.connection]?.kind)];
  const dbtMacros = readMacroPackages(macroDirectory, types);
  showMacros(runner, dbtMacros);
  return { runner, dbtMacros, [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose]() };
}
