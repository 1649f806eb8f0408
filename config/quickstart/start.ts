import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { removeLeftovers } from "../cluster/atomic.ts";
import { CACHE } from "../cluster/directories.ts";
import type { Report } from "../cluster/report.ts";
import { takeTurn } from "../cluster/turn.ts";
import { checkContextOptions, contextTarget } from "./context-target.ts";
import { kindTarget } from "./kind-target.ts";
import { formatDuration, formatFailure } from "./lines.ts";
import { readMachine } from "./machine.ts";
import { formatEnd } from "./next.ts";
import { decidePlan, type StartOptions } from "./plan.ts";
import { RunView } from "./run-view.ts";
import { readSample, type Sample, sampleNames } from "./sample.ts";
import { Screen } from "./screen.ts";
import { runSteps, type Step } from "./step.ts";
import { beginLog, lastLinesOf, logFileOf, writeLog } from "./step-log.ts";
import { tellStory } from "./story.ts";

interface Options {
  readonly context?: string;
  readonly registry?: string;
  readonly offline: boolean;
  readonly yes: boolean;
}

const screen = new Screen(process.stdout, () => performance.now());
const interrupt = new AbortController();

async function start(name: string, options: Options): Promise<void> {
  const began = performance.now();
  const wrong = checkContextOptions(options.context, options.registry);
  if (wrong !== undefined) throw new Error(wrong);
  const sample = await readSample(name);
  const endTurn = await takeTurn(interrupt.signal, (holder) =>
    screen.print(`Another start or removal works on this machine, process ${holder}: this one waits for its end.`),
  );
  try {
    await prepareAndRun(sample, name, options, began);
  } finally {
    await endTurn();
  }
}

async function prepareAndRun(sample: Sample, name: string, options: Options, began: number): Promise<void> {
  const quiet: Report = { signal: interrupt.signal, log: () => {}, progress: () => {} };
  await removeLeftovers(CACHE);
  await removeLeftovers(join(CACHE, "debian"));
  const machine = await readMachine(quiet, options.offline);
  const wanted: StartOptions = { sample: name, context: options.context, registry: options.registry };
  const plan = decidePlan(machine, wanted);
  screen.print(`${plan.announcement.join("\n")}\n`);
  if (plan.lacking.length > 0)
    throw new Error(`This cannot be done yet:\n${plan.lacking.map((line) => `  ${line}`).join("\n")}`);
  if (!(await isAgreed(options, sample))) return;

  const view = new RunView(screen);
  const target =
    options.context === undefined
      ? kindTarget(machine)
      : contextTarget(machine, options.context, options.registry, sample.namespace);
  const story = tellStory(machine, plan, sample, target, (run) => view.show(run));
  const failed = await runStory(story.steps, view);
  if (failed) {
    screen.print(`\n${formatFailure(failed, logFileOf(failed), lastLinesOf(failed))}`);
    process.exitCode = 1;
  } else if (interrupt.signal.aborted) {
    screen.print("\nStopped. `npm start` goes on from there.");
    process.exitCode = 130;
  } else {
    const took = formatDuration(performance.now() - began);
    screen.print(
      formatEnd({
        result: story.result.value,
        kubernetes: story.kubernetes.value,
        sample,
        context: options.context,
        took,
      }),
    );
  }
}

async function runStory(steps: readonly Step<unknown>[], view: RunView): Promise<Step<unknown> | undefined> {
  const stopAnimation = screen.animate(steps, () => view.isDrawing);
  const begun = new Set<Step<unknown>>();
  const host = {
    now: () => performance.now(),
    log: writeLog,
    changed: (step: Step<unknown>) => {
      if (step.state === "running" && !begun.has(step)) beginLog(step);
      begun.add(step);
      if (step.state !== "running") view.end();
      screen.showStep(step, steps);
    },
  };
  try {
    return await runSteps(steps, host, interrupt.signal);
  } finally {
    stopAnimation();
    screen.redraw([]);
  }
}

/** Asks before a cluster of the user's own is changed. */
async function isAgreed(options: Options, sample: Sample): Promise<boolean> {
  if (options.context === undefined || options.yes) return true;
  const question =
    `The operator will be installed or upgraded in namespace kelt-system and the sample applied to ${sample.namespace} ` +
    `of the cluster behind the context ${options.context}. Go on? [y/N] `;
  if (!process.stdin.isTTY) throw new Error(`${question}\nNo terminal to ask: give --yes`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(question);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

const program = new Command("npm start --")
  .description("Runs a sample pipeline on Kubernetes, from nothing to the first rows of its result.")
  .argument("[sample]", `a folder of config/samples: ${(await sampleNames()).join(", ")}`, "films")
  .option("--context <name>", "use a cluster of your own, by its name in your kubeconfig, instead of a kind cluster")
  .option("--registry <prefix>", "with --context: where images are pushed to, such as registry.example/team")
  .option("--offline", "do not ask image registries: build everything from package registries", false)
  .option("--yes", "do not ask before a cluster of your own is used", false)
  .action(start);

process.on("SIGINT", () => interrupt.abort(new Error("stopped")));
process.on("SIGTERM", () => interrupt.abort(new Error("stopped")));
try {
  await program.parseAsync();
} catch (error) {
  screen.print(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
