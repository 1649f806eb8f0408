import { writeFileSync } from "node:fs";
import {
  EXIT,
  PART_ENV,
  PROJECT_DIRECTORY,
  RESULT_FILE,
  RESULT_FILE_ENV,
  TASK_SPEC_ENV,
  type TaskResult,
  WORK_DIRECTORY,
} from "#api/task.ts";
import { TransientError } from "./errors.ts";
import { createLog } from "./log.ts";
import { createProgressReporter } from "./progress.ts";
import { createRedactor } from "./redaction.ts";
import { encodeResult, failedResult, speakerOf, succeededResult, UNKNOWN_SPEAKER } from "./result.ts";
import { failureOf, parsePart, parseSpec, runCommand } from "./task.ts";

/** What a process ended by SIGTERM exits with: 128 + 15. The operator takes it as transient. */
const EXIT_SIGTERM = 143;
/** A command that has not rolled back this long after SIGTERM is left to the server, which rolls back for it. */
const STOP_DEADLINE_MS = 5000;

const redactor = createRedactor();
const write = (line: string) => void process.stdout.write(line);
const stop = new AbortController();
let speaker = UNKNOWN_SPEAKER;
let log = createLog({ write, now: Date.now, redactor, identity: {} });

/** Writes the result where the kubelet looks for it and ends the process. */
function finish(result: TaskResult, exitCode: number): never {
  const text = encodeResult(result, redactor);
  try {
    writeFileSync(process.env[RESULT_FILE_ENV] ?? RESULT_FILE, text);
  } catch (error) {
    log.error("the result cannot be written", { error: (error as Error).message, result: text });
  }
  process.exit(exitCode);
}

function fail(error: unknown): never {
  if (stop.signal.aborted) {
    const stopped = new TransientError("Stopped", "the pod was told to stop (SIGTERM): the work was rolled back");
    finish(failedResult(speaker, stopped), EXIT_SIGTERM);
  }
  const failure = failureOf(error);
  log.error(failure.message, { kind: failure.kind, code: failure.code, stack: (failure.cause as Error)?.stack });
  finish(failedResult(speaker, failure), failure.exitCode);
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.on("SIGTERM", () => {
  log.warn("SIGTERM: rolling back");
  stop.abort();
  setTimeout(fail, STOP_DEADLINE_MS);
});

// The role of a machine is not its pods': the AWS SDK would take it where a pod has none of its own.
process.env.AWS_EC2_METADATA_DISABLED = "true";

try {
  const spec = parseSpec(process.env[TASK_SPEC_ENV]);
  const part = parsePart(spec, process.env[PART_ENV]);
  speaker = speakerOf(spec, part);
  const { node, attempt } = spec;
  const identity = { run: spec.run.name, node, attempt, ...(part === undefined ? {} : { part: part.index }) };
  log = createLog({ write, now: Date.now, redactor, identity });
  const outcome = await runCommand(spec, {
    signal: stop.signal,
    progress: createProgressReporter({ write, now: () => performance.now(), redactor, identity: speaker }),
    log,
    redactor,
    environment: process.env,
    monotonic: () => performance.now(),
    projectDirectory: process.env.KELT_PROJECT_DIRECTORY ?? PROJECT_DIRECTORY,
    workDirectory: process.env.KELT_WORK_DIRECTORY ?? WORK_DIRECTORY,
    ...(part === undefined ? {} : { part }),
  });
  log.info(outcome.message, { rows: outcome.rows, bytes: outcome.bytes });
  finish(succeededResult(speaker, outcome), EXIT.done);
} catch (error) {
  fail(error);
}
