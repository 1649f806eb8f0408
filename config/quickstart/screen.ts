import { formatStep } from "./lines.ts";
import type { Step } from "./step.ts";

/** A terminal or a file that the story is written to. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 200;
/** How often a line of progress is written where nothing can be redrawn. */
const PROGRESS_MS = 30_000;
const WIDTH = 100;

/**
 * Shows lines that come to stay and, below them on a terminal, lines that are drawn again as they change. Where the output is
 * no terminal, a change is written once in a while instead.
 */
export class Screen {
  readonly #output: Output;
  readonly #now: () => number;
  readonly #told = new Map<string, number>();
  #live: readonly string[] = [];
  #drawn = 0;

  constructor(output: Output, now: () => number) {
    this.#output = output;
    this.#now = now;
  }

  get width(): number {
    return Math.min(this.#output.columns || WIDTH, 120);
  }

  /** Whether lines can be drawn again. */
  get isLive(): boolean {
    return this.#output.isTTY === true;
  }

  /** Writes a text that stays. */
  print(text: string): void {
    this.#erase();
    this.#output.write(`${text}\n`);
    this.#draw();
  }

  /** Replaces the lines below. */
  redraw(lines: readonly string[]): void {
    if (!this.isLive) return;
    this.#erase();
    this.#live = lines;
    this.#draw();
  }

  /** Shows where the steps stand: finished ones stay, running ones are drawn below. */
  showStep(step: Step<unknown>, steps: readonly Step<unknown>[]): void {
    const line = formatStep(step, this.#now(), this.width);
    if (step.state === "done" || step.state === "failed") this.print(line.trimEnd());
    else if (!this.isLive && step.state === "running" && this.#isDue(step)) this.print(line.trimEnd());
    this.showRunning(steps);
  }

  showRunning(steps: readonly Step<unknown>[]): void {
    const running = steps.filter((step) => step.state === "running");
    this.redraw(running.map((step) => formatStep(step, this.#now(), this.width)));
  }

  /** Draws the running steps again until the returned function is called: their seconds go on. */
  animate(steps: readonly Step<unknown>[], isPaused: () => boolean): () => void {
    if (!this.isLive) return () => {};
    const timer = setInterval(() => {
      if (!isPaused()) this.showRunning(steps);
    }, REDRAW_MS);
    return () => clearInterval(timer);
  }

  #isDue(step: Step<unknown>): boolean {
    const last = this.#told.get(step.name) ?? step.started;
    if (this.#now() - last < PROGRESS_MS) return false;
    this.#told.set(step.name, this.#now());
    return true;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#output.write(`\x1b[${this.#drawn}A\x1b[0J`);
    this.#drawn = 0;
  }

  #draw(): void {
    if (!this.isLive || this.#live.length === 0) return;
    this.#output.write(`${this.#live.join("\n")}\n`);
    this.#drawn = this.#live.length;
  }
}
