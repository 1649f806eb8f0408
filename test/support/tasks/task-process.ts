import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RESULT_FILE_ENV, TASK_SPEC_ENV, TaskResult } from "#api/task.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import { LOOPBACK } from "./loopback.ts";
import { bundledTask } from "./task-bundle.ts";

const PROGRAM = await bundledTask();

/** A task image's process as the kubelet would run it. */
export interface TaskProcess {
  readonly process: ChildProcess;
  /** Everything printed so far, both streams. */
  readonly output: () => string;
  /** Waits for the end. `result` is the termination message as text. */
  readonly ended: Promise<EndedTask>;
}

export interface EndedTask {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  /** Empty when the process wrote none. */
  readonly result: string;
}

type Environment = Readonly<Record<string, string>>;

/**
 * Starts the task's program as the image has it, with a spec: an object, or any text to hand over as it is. `environment` is what others
 * put into the pod; it begins in `directory`.
 */
export function startTask(spec: unknown, environment: Environment = {}, directory = process.cwd()): TaskProcess {
  const resultFile = join(temporaryDirectory("result"), "termination-log");
  const child = spawn(process.execPath, [PROGRAM.main], {
    cwd: directory,
    env: {
      ...environment,
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: PROGRAM.compiled,
      [TASK_SPEC_ENV]: typeof spec === "string" ? spec : JSON.stringify({ network: LOOPBACK, ...(spec as object) }),
      [RESULT_FILE_ENV]: resultFile,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = once(child, "close").then(([exitCode, signal]) => ({
    exitCode: exitCode as number | null,
    signal: signal as NodeJS.Signals | null,
    output,
    result: readIfThere(resultFile),
  }));
  return { process: child, output: () => output, ended };
}

/** Runs a task to its end and reads its result by the contract. */
export async function runTask(
  spec: unknown,
  environment: Environment = {},
  directory = process.cwd(),
): Promise<EndedTask & { readonly parsed: TaskResult }> {
  const task = await startTask(spec, environment, directory).ended;
  return { ...task, parsed: TaskResult.parse(JSON.parse(task.result)) };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
