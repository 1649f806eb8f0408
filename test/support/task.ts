import { CONTRACT_VERSION, type TaskConnection, type TaskWork } from "#api/task.ts";
import type { CommandContext, SpecOf } from "../../task-image/commands/command.ts";
import { createLog } from "../../task-image/log.ts";
import { createProgressReporter } from "../../task-image/progress.ts";
import { createRedactor } from "../../task-image/redaction.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

interface TaskParts<W extends TaskWork> {
  readonly work: W;
  readonly connections: Readonly<Record<string, TaskConnection>>;
  readonly uid?: string;
  readonly node?: string;
  readonly attempt?: number;
}

/** A task of the run `run-1` of the pipeline `films`. */
export function aTask<W extends TaskWork>({
  work,
  connections,
  uid = "4a1c1e5e-0000-4000-8000-000000000001",
  node = "raw",
  attempt = 1,
}: TaskParts<W>): SpecOf<W["verb"]> {
  const run = { namespace: "demo", pipeline: "films", name: "run-1", uid };
  return { version: CONTRACT_VERSION, run, node, attempt, connections, work } as unknown as SpecOf<W["verb"]>;
}

/** The context of a command that runs in the test's process, and every line it has printed. */
export function aContext(parts: Partial<CommandContext> = {}): CommandContext & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const redactor = createRedactor();
  const identity = { run: "run-1", node: "raw", attempt: 1 };
  const directory = temporaryDirectory("task");
  return {
    signal: new AbortController().signal,
    progress: createProgressReporter({ write, now: () => performance.now(), redactor, identity }),
    log: createLog({ write, now: Date.now, redactor, identity }),
    redactor,
    environment: {},
    monotonic: () => performance.now(),
    projectDirectory: directory,
    workDirectory: directory,
    ...parts,
    lines,
  };
}
