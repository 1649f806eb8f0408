import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stringify } from "yaml";
import { z } from "zod";
import { onProcessEnd } from "../../support/machine/process-end.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import type { Command, Engine, Invocation, Options, Outcome, Target } from "../harness/engine.ts";
import { dbtPython } from "./python.ts";

const DRIVER = new URL("driver.py", import.meta.url).pathname;

const Answer = z.object({
  statements: z.array(z.object({ node: z.string(), sql: z.string() })),
  results: z.array(
    z.object({
      node: z.string(),
      status: z.string(),
      failures: z.int().nullable(),
      rowsAffected: z.int().nullable(),
      message: z.string(),
      compiled: z.string().nullable(),
    }),
  ),
  problem: z.string().nullable(),
});

/** Real dbt in a process of its own, which takes one command after the other. */
export interface RealDbt extends Engine, AsyncDisposable {}

/** Starts Python with dbt. `hookTimeout` has to leave room for installing it once. */
export async function startRealDbt(): Promise<RealDbt> {
  const profiles = temporaryDirectory("dbt-profiles");
  const child = spawn(await dbtPython(), [DRIVER], { env: environment(profiles), stdio: ["pipe", "pipe", "pipe"] });
  const forget = onProcessEnd(() => child.kill("SIGKILL"));
  const ask = answering(child);
  const run = async ({ project, target, command, options }: Invocation): Promise<Outcome> => {
    await writeFile(join(profiles, "profiles.yml"), stringify(profileOf(target)));
    const args = [...argumentsOf(command), ...optionsOf(options), "--target", target.name];
    const { statements, results, problem } = Answer.parse(JSON.parse(await ask(JSON.stringify({ project, args }))));
    const named = results.map(({ compiled, ...result }) => ({ ...result, compiled: compiled ?? undefined }));
    return { statements, results: named, problem: problem ?? undefined };
  };
  const stop = async () => {
    forget();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  return { name: "dbt", run, [Symbol.asyncDispose]: stop };
}

/** Sends a line and waits for the line that answers it. */
function answering(child: ChildProcessWithoutNullStreams): (request: string) => Promise<string> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-10_000);
  });
  child.stdin.on("error", () => undefined);
  return async (request) => {
    child.stdin.write(`${request}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`dbt's process ended without an answer:\n${errors}`);
    return value;
  };
}

/** Nothing is sent to dbt's makers, and nothing is asked of them. */
function environment(profiles: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DBT_PROFILES_DIR: profiles,
    DBT_SEND_ANONYMOUS_USAGE_STATS: "false",
    DBT_VERSION_CHECK: "false",
    DBT_LOG_LEVEL: "none",
    DBT_LOG_LEVEL_FILE: "none",
    DBT_PARTIAL_PARSE: "false",
    DBT_USE_COLORS: "false",
    PYTHONDONTWRITEBYTECODE: "",
    // dbt keeps a model's unit tests in a set: without a seed it runs them in another order each time, with this one in that of the project.
    PYTHONHASHSEED: "5",
    TZ: "UTC",
  };
}

/** The profile that every project of the tests names. */
function profileOf({ name, database, ...rest }: Target) {
  return { lab: { target: name, outputs: { [name]: { type: "postgres", dbname: database, ...rest } } } };
}

function argumentsOf(command: Command): readonly string[] {
  const words: Partial<Record<Command, readonly string[]>> = {
    freshness: ["source", "freshness"],
    docs: ["docs", "generate"],
  };
  return words[command] ?? [command];
}

function optionsOf(options: Options): readonly string[] {
  const list = (flag: string, values: readonly string[] | undefined) => (values === undefined ? [] : [flag, ...values]);
  return [
    ...(options.fullRefresh === true ? ["--full-refresh"] : []),
    ...(options.failFast === true ? ["--fail-fast"] : []),
    ...(options.storeFailures === true ? ["--store-failures"] : []),
    ...(options.vars === undefined ? [] : ["--vars", JSON.stringify(options.vars)]),
    ...list("--select", options.select),
    ...list("--exclude", options.exclude),
    ...(options.selector === undefined ? [] : ["--selector", options.selector]),
    ...(options.state === undefined ? [] : ["--state", options.state]),
  ];
}
