import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RESULT_FILE_ENV, TASK_SPEC_ENV, TaskResult } from "#api/task.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";

const MAIN = fileURLToPath(new URL("../../../task-image/main.ts", import.meta.url));

let cache: string | undefined;

/** Code that one process has compiled is there for the next one, as it is in the image. */
function compiled(): string {
  cache ??= temporaryDirectory("compiled");
  return cache;
}

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

/** The servers of tests are on this machine, where no task goes unless its installation says so. */
export const LOOPBACK = { allowed: ["127.0.0.0/8", "::1"] };

type Environment = Readonly<Record<string, string>>;

/**
 * Starts `main.ts`, or a bundle of it, with a spec: an object, or any text to hand over as it is. `environment` is what others put
 * into the pod; it begins in `directory`.
 */
export function startTask(
  spec: unknown,
  environment: Environment = {},
  program = MAIN,
  directory = process.cwd(),
): TaskProcess {
  const resultFile = join(temporaryDirectory("result"), "termination-log");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    cwd: directory,
    env: {
      ...environment,
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: compiled(),
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
  program = MAIN,
  directory = process.cwd(),
): Promise<EndedTask & { readonly parsed: TaskResult }> {
  const task = await startTask(spec, environment, program, directory).ended;
  return { ...task, parsed: TaskResult.parse(JSON.parse(task.result)) };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
