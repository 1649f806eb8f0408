import type { Report } from "../cluster/report.ts";

/** What a step has made, and what the user reads beside its name. */
export interface Done<T> {
  readonly value: T;
  readonly words: string;
}

export function done<T>(value: T, words: string): Done<T> {
  return { value, words };
}

/**
 * | state   | what is true                                     | what leaves it                            |
 * |---------|--------------------------------------------------|-------------------------------------------|
 * | waiting | a step it needs is not done                      | they are all done, or one of them is not  |
 * | running | its work is under way                            | the work ends, throws or is called off    |
 * | done    | its work has ended; `value` holds the result     | never                                     |
 * | failed  | its work has thrown; `error` says why            | never                                     |
 * | stopped | another step failed, or the user called it off   | never                                     |
 */
export type StepState = "waiting" | "running" | "done" | "failed" | "stopped";

/** One step of a story: work that begins when the steps it needs are done. Two of them may run at the same time. */
export class Step<T> {
  readonly name: string;
  readonly needs: readonly Step<unknown>[];
  /** Part of the advice when the step fails: what the user can do. */
  readonly advice: string | undefined;
  readonly work: (report: Report) => Promise<Done<T>>;
  state: StepState = "waiting";
  words = "";
  /** Milliseconds of the clock that {@link runSteps} was given. */
  started = 0;
  finished = 0;
  error: Error | undefined;
  #value: T | undefined;

  constructor(
    name: string,
    needs: readonly Step<unknown>[],
    work: (report: Report) => Promise<Done<T>>,
    advice?: string,
  ) {
    this.name = name;
    this.needs = needs;
    this.work = work;
    this.advice = advice;
  }

  /** What the step has made. Throws before it is done: a step that reads it has to need this one. */
  get value(): T {
    if (this.state !== "done") throw new Error(`the step "${this.name}" is ${this.state}, its result is not there yet`);
    return this.#value as T;
  }

  finish(done: Done<T>): void {
    this.#value = done.value;
    this.words = done.words;
    this.state = "done";
  }
}

export interface StepHost {
  /** Milliseconds. */
  now(): number;
  /** Called at every change of a step. */
  changed(step: Step<unknown>): void;
  /** Takes a line for the log of a step. */
  log(step: Step<unknown>, line: string): void;
}

/** Runs every step as soon as what it needs is done. A failure calls off the others; returns the step that failed. */
export async function runSteps(
  steps: readonly Step<unknown>[],
  host: StepHost,
  signal: AbortSignal,
): Promise<Step<unknown> | undefined> {
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const ended = new Map<Step<unknown>, Promise<void>>();
  for (const step of steps) {
    const needs = step.needs.map((need) => {
      const end = ended.get(need);
      if (!end) throw new Error(`the step "${step.name}" needs "${need.name}", which does not come before it`);
      return end;
    });
    ended.set(step, runStep(step, needs, host, stop, failure));
  }
  await Promise.all(ended.values());
  return steps.find((step) => step.state === "failed");
}

async function runStep(
  step: Step<unknown>,
  needs: readonly Promise<void>[],
  host: StepHost,
  signal: AbortSignal,
  failure: AbortController,
): Promise<void> {
  await Promise.all(needs);
  if (signal.aborted || step.needs.some((need) => need.state !== "done")) return end(step, "stopped", host);
  step.state = "running";
  step.started = host.now();
  host.changed(step);
  const report: Report = {
    signal,
    log: (line) => host.log(step, line),
    progress: (words) => {
      step.words = words;
      host.changed(step);
    },
  };
  try {
    step.finish(await step.work(report));
    end(step, "done", host);
  } catch (error) {
    if (signal.aborted) return end(step, "stopped", host);
    step.error = error instanceof Error ? error : new Error(String(error));
    end(step, "failed", host);
    failure.abort(new Error(`the step "${step.name}" failed`));
  }
}

function end(step: Step<unknown>, state: StepState, host: StepHost): void {
  step.state = state;
  step.finished = host.now();
  host.changed(step);
}
