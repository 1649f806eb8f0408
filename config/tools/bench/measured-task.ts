import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RESULT_FILE_ENV, TASK_SPEC_ENV, type TaskSpec } from "#api/task.ts";
import { temporaryDirectory } from "../../../test/support/machine/temporary-directory.ts";
import type { TestDatabase } from "../../../test/support/servers/postgres.ts";
import { LOOPBACK } from "../../../test/support/tasks/loopback.ts";
import { REPOSITORY } from "../../cluster/directories.ts";
import { APPS, type App } from "../../images/bundle.ts";

const POLL_MS = 20;

/** What a program has cost, from the start of its process to its end. */
export interface Measured {
  readonly seconds: number;
  readonly peakRssBytes: number;
}

/** Runs the bundle `main` of the task image as the kubelet would, from the start of its process to its end. `folders` are in place of mounts. */
export async function measureTask(
  main: string,
  spec: TaskSpec,
  folders: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const resultFile = join(temporaryDirectory("bench"), "result");
  const env = {
    ...(await taskEnvironment(main, spec)),
    ...folders,
    [RESULT_FILE_ENV]: resultFile,
  };
  return await measureProgram(process.execPath, [main], env).catch((error: Error) => {
    throw new Error(`${error.message}: ${existsSync(resultFile) ? readFileSync(resultFile, "utf8") : "no result"}`);
  });
}

/** Runs a program to its end. Its standard output is not shown. */
export async function measureProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Measured> {
  const begun = performance.now();
  const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  const peak = watchPeakRss(child);
  const [exitCode] = await once(child, "exit");
  const seconds = (performance.now() - begun) / 1000;
  if (exitCode !== 0) throw new Error(`${basename(program)} ${args.join(" ")} ended with exit code ${exitCode}`);
  return { seconds, peakRssBytes: peak() };
}

/** What the kubelet gives to a task whose servers are on this machine. */
export async function taskEnvironment(main: string, spec: TaskSpec): Promise<Readonly<Record<string, string>>> {
  return { ...(await imageEnvironment(main)), [TASK_SPEC_ENV]: JSON.stringify({ ...spec, network: LOOPBACK }) };
}

const environments = new Map<string, Promise<Readonly<Record<string, string>>>>();

/** What the task image gives to Node.js, options and compiled code, so that what is measured is what runs there. `main` lies in its bundle. */
export function imageEnvironment(main: string): Promise<Readonly<Record<string, string>>> {
  const found = environments.get(main) ?? prepareEnvironment(main);
  environments.set(main, found);
  return found;
}

async function prepareEnvironment(main: string): Promise<Readonly<Record<string, string>>> {
  const environment = { NODE_OPTIONS: nodeOptions("task"), NODE_COMPILE_CACHE: temporaryDirectory("compiled") };
  await measureProgram(process.execPath, [join(dirname(main), "compile.mjs")], environment);
  return environment;
}

/** The options that an image gives to Node.js. */
export function nodeOptions(app: App): string {
  const { dockerfile } = APPS[app];
  const options = /^ENV NODE_OPTIONS="?([^"\n]*)"?$/m.exec(readFileSync(join(REPOSITORY, dockerfile), "utf8"))?.[1];
  if (options === undefined) throw new Error(`${dockerfile} has no line ENV NODE_OPTIONS=…`);
  return options;
}

/** Runs a shell's script to its end and answers the seconds. */
export async function measureShell(script: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const begun = performance.now();
  const shell = spawn("bash", ["-c", `set -euo pipefail; ${script}`], {
    env: { PATH: process.env.PATH, PSQL: findPsql(), ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [exitCode] = await once(shell, "exit");
  if (exitCode !== 0) throw new Error(`the reference ended with exit code ${exitCode}`);
  return (performance.now() - begun) / 1000;
}

/** libpq's variables for a database, so that psql needs no options. */
export function libpqEnvironment({ name, server }: TestDatabase): Record<string, string> {
  const { host, port, user, password } = server;
  return { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: name };
}

/** Follows the process' high-water mark (VmHWM of proc(5)); answers the last one that was seen, in bytes. */
function watchPeakRss(child: ChildProcess): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      clearInterval(timer);
    }
  }, POLL_MS);
  child.once("exit", () => clearInterval(timer));
  return () => peak;
}

/** psql of PATH, or the newest one that Debian's packages hide from it. */
function findPsql(): string {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql").sort().reverse() : [];
  const folders = [
    ...(process.env.PATH ?? "").split(":"),
    ...versions.map((version) => `/usr/lib/postgresql/${version}/bin`),
  ];
  const found = folders.map((folder) => join(folder, "psql")).find(existsSync);
  if (found === undefined) throw new Error("psql is the reference and is not installed: install postgresql-client");
  return found;
}
