import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  CONTRACT_VERSION,
  EXIT,
  GIT_SECRET_DIRECTORY,
  PACKAGE_SECRETS_DIRECTORY,
  PART_ENV,
  PROJECT_DIRECTORY,
  RESULT_FILE,
  RESULT_FILE_ENV,
  STOPPED,
  TASK_SPEC_ENV,
  type TaskNote,
  TaskResult,
  type TaskSpec,
  WORK_DIRECTORY,
} from "#api/task.ts";
import type { CommandContext, Part } from "./commands/command.ts";
import { TransientError } from "./errors.ts";
import { createLog } from "./log.ts";
import { networkRules } from "./network/network-rules.ts";
import { guardSockets } from "./network/socket-guard.ts";
import { createRedactor } from "./redaction.ts";
import { readChannel } from "./report/channel.ts";
import { ItemStore, type ProjectWords } from "./report/item-store.ts";
import { OperatorLink } from "./report/operator-link.ts";
import { progressLines } from "./report/progress-lines.ts";
import { shownText } from "./report/shown-text.ts";
import { encodeResult, failedResult, speakerOf, succeededResult, UNKNOWN_SPEAKER } from "./result.ts";
import { failureOf, loadCommand, parsePart, parseSpec, preload } from "./task.ts";
import { describeCause } from "./words/failure-cause.ts";
import { hidden } from "./words/hidden-text.ts";

/*
 * The process, from its start to its end.
 *
 * | step      | what happens                                                                             | goes on                           |
 * |-----------|------------------------------------------------------------------------------------------|-----------------------------------|
 * | held      | only where KELT_REPORT says so: code is loaded, no Secret is read, no connection is open | go; else it ends: exit 66 or 143  |
 * | working   | the command runs                                                                         | it has committed, or has failed   |
 * | told      | the termination message is written                                                       |                                   |
 * | pushed    | the operator gets the result; not after SIGTERM                                          | it has answered; 2 s; SIGTERM     |
 * | kept      | where another attempt wants the items, or nobody else has all: they are left for it      | it is written; 5 s; SIGTERM       |
 * | exit      | by the result, whatever the operator has answered                                        |                                   |
 */

/** What a process ended by SIGTERM exits with: 128 + 15. The operator takes it as transient. */
const EXIT_SIGTERM = 143;
/** A command that has not rolled back this long after SIGTERM is left to the server, which rolls back for it. */
const STOP_DEADLINE_MS = 800;

const redactor = createRedactor();
const write = (line: string) => void process.stdout.write(line);
const now = () => performance.now();
const stop = new AbortController();
/** Who ends the work before its end. */
let stopper: string | undefined;
/** What the process exits with, once its end has begun. */
let endsWith: number | undefined;
/** The result that the kubelet finds. */
let left: TaskResult | undefined;
let speaker = UNKNOWN_SPEAKER;
let log = createLog({ write, now: Date.now, redactor, identity: {} });
let link: OperatorLink | undefined;
/** What is worked on, once it has begun. */
let work: { readonly spec: TaskSpec; readonly context: CommandContext } | undefined;
let sayProgress: ReturnType<typeof progressLines> | undefined;
const items = new ItemStore({
  now,
  shown: (text) => shownText(text, redactor),
  onChange: (store) => {
    sayProgress?.(() => store.counts());
    link?.changed();
  },
});

/** Writes the result where the kubelet looks for it, tells the operator, and ends the process. Only the first call does. */
async function finish(result: TaskResult, exitCode: number): Promise<void> {
  if (endsWith !== undefined) return;
  endsWith = exitCode;
  try {
    left = await leave(result);
    const { plan } = result;
    if (stopper === undefined) await tell(plan === undefined ? left : { ...left, plan });
  } finally {
    process.exit(exitCode);
  }
}

/** Writes the termination message, and answers the result as it stands there. */
async function leave(result: TaskResult): Promise<TaskResult> {
  const { packItems: pack } = await import("#api/packed-items.ts");
  const known = { ...result, ...items.project };
  const text = encodeResult(known, redactor, { items: items.all(), leftOut: items.leftOut, pack });
  try {
    writeFileSync(resultFile(), text);
  } catch (error) {
    log.error("the result cannot be written", { error: (error as Error).message, result: text });
  }
  return TaskResult.parse(JSON.parse(text));
}

function resultFile(): string {
  return process.env[RESULT_FILE_ENV] ?? RESULT_FILE;
}

/** Leaves what was looked up of the project where the kubelet finds it whatever ends the process, and tells the operator. */
function noteProject(words: ProjectWords): void {
  const { run, node, attempt } = speaker;
  const note: TaskNote = { version: CONTRACT_VERSION, run, node, attempt, ...items.project, ...words };
  try {
    writeFileSync(resultFile(), JSON.stringify(note));
  } catch (error) {
    log.warn("what was looked up of the project cannot be noted", { error: (error as Error).message, ...words });
  }
  items.worksWith(words);
}

/** Tells the operator. Keeps the items at the destination where another attempt wants them, or nobody else has all of them. */
async function tell(result: TaskResult): Promise<void> {
  const isHeard = (await link?.end(result)) === true;
  const isWanted = result.error?.kind === "transient" && items.hasTried;
  const isLost = !isHeard && result.itemsLeftOut !== undefined;
  if (work === undefined || !(isWanted || isLost)) return;
  const { keepReport } = await import("./kept-report/keeping.ts");
  const kept = { outcome: result.outcome, items: items.all(), leftOut: items.leftOut };
  await keepReport(work.spec, kept, { ...work.context, signal: new AbortController().signal });
}

function fail(error: unknown): void {
  if (endsWith !== undefined) return;
  if (stopper !== undefined) {
    const stopped = new TransientError(STOPPED, `${stopper}: the work was rolled back`);
    items.conclude(stopped.message);
    void finish(failedResult(speaker, stopped), EXIT_SIGTERM);
    return;
  }
  // An error that was not caught leaves work behind that must not commit any more.
  stop.abort();
  const failure = failureOf(error);
  log.error(hidden(failure.detail, failure.message), {
    kind: failure.kind,
    code: failure.code,
    ...describeCause(failure.cause),
  });
  items.conclude(failure.message);
  void finish(failedResult(speaker, failure), failure.exitCode);
}

/** Rolls back what is under way. A process whose work is done, and one that has not begun, ends at once. */
function stopWork(why: string): void {
  if (left !== undefined) process.exit(endsWith);
  if (stopper !== undefined) return;
  log.warn(`${why}: rolling back`);
  stopper = why;
  stop.abort();
  setTimeout(fail, STOP_DEADLINE_MS);
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.on("SIGTERM", () => stopWork("the pod was told to stop (SIGTERM)"));

// The role of a machine is not its pods': the AWS SDK would take it where a pod has none of its own.
process.env.AWS_EC2_METADATA_DISABLED = "true";

/** Opens the channel that the environment names. Answers whether the task may begin: a held one learns that it has to wait. */
async function mayBegin(spec: TaskSpec): Promise<boolean> {
  const setting = readChannel(process.env);
  if (setting.kind === "unreadable")
    log.warn("KELT_REPORT is not what this image expects: the operator is not told how far the work is");
  if (setting.kind === "unreadableHold")
    log.error("KELT_REPORT is not what this image expects, and it may say to wait: nothing is begun");
  if (setting.kind !== "channel") return setting.kind !== "unreadableHold";
  const { channel } = setting;
  const tokenFile = process.env.KELT_REPORT_TOKEN_FILE;
  link = new OperatorLink({ channel, store: items, speaker, redactor, log, tokenFile });
  if (channel.hold !== true) return true;
  await preload(spec);
  const order = await link.hold(stop.signal);
  if (order === "cancel" || order === "done") stopper ??= `the operator said ${order} before the work began`;
  if (stopper !== undefined) throw new TransientError(STOPPED, stopper);
  if (order === "lost") log.error("held for an operator that could not be reached: nothing is begun");
  return order === "go";
}

function contextOf(part: Part | undefined): CommandContext {
  return {
    signal: stop.signal,
    progress: items,
    log,
    redactor,
    environment: process.env,
    monotonic: now,
    wallClock: Date.now,
    projectDirectory: process.env.KELT_PROJECT_DIRECTORY ?? PROJECT_DIRECTORY,
    macroDirectory: process.env.KELT_MACRO_DIRECTORY ?? fileURLToPath(new URL("macros", import.meta.url)),
    pageFile: process.env.KELT_PAGE_FILE ?? fileURLToPath(new URL("docs-page.html", import.meta.url)),
    gitSecretDirectory: process.env.KELT_GIT_SECRET_DIRECTORY ?? GIT_SECRET_DIRECTORY,
    packageSecretsDirectory: process.env.KELT_PACKAGE_SECRETS_DIRECTORY ?? PACKAGE_SECRETS_DIRECTORY,
    onCommit: (commit) => noteProject({ commit }),
    onPackages: (packages) => noteProject({ packages }),
    workDirectory: process.env.KELT_WORK_DIRECTORY ?? WORK_DIRECTORY,
    ...(part === undefined ? {} : { part }),
  };
}

try {
  const spec = parseSpec(process.env[TASK_SPEC_ENV]);
  guardSockets(networkRules(spec.network ?? {}, process.env));
  const part = parsePart(spec, process.env[PART_ENV]);
  speaker = speakerOf(spec, part);
  const { node, attempt } = spec;
  const identity = { run: spec.run.name, node, attempt, ...(part === undefined ? {} : { part: part.index }) };
  log = createLog({ write, now: Date.now, redactor, values: spec.logValues === true, identity });
  sayProgress = progressLines({ write, now, identity: speaker });
  if (!(await mayBegin(spec))) process.exit(EXIT.notReached);
  const context = contextOf(part);
  work = { spec, context };
  if (attempt > 1) items.remember(await (await import("./kept-report/keeping.ts")).recallItems(spec, context));
  const working = loadCommand(spec).then((run) => run(context));
  link?.begin((order) => {
    if (order === "cancel" || order === "done") stopWork(`the operator said ${order}`);
  });
  const outcome = await working;
  log.info(outcome.message, { rows: outcome.rows, bytes: outcome.bytes });
  // The items of a plan are those of the Jobs that follow it.
  if (outcome.plan === undefined) items.conclude();
  await finish(succeededResult(speaker, outcome), EXIT.done);
} catch (error) {
  fail(error);
}
