import { type FollowedRun, formatNodes } from "./run-table.ts";
import type { Screen } from "./screen.ts";

const REDRAW_MS = 200;

/** Draws the nodes of the run that is followed: again and again on a terminal, elsewhere each time one of them changes. */
export class RunView {
  readonly #screen: Screen;
  #timer: NodeJS.Timeout | undefined;
  readonly #told = new Map<string, string>();

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  get isDrawing(): boolean {
    return this.#timer !== undefined;
  }

  show(run: FollowedRun): void {
    if (this.#screen.isLive) {
      this.end();
      const draw = () =>
        this.#screen.redraw(formatNodes(run, Date.now(), this.#screen.width).map((line) => `    ${line}`));
      draw();
      this.#timer = setInterval(draw, REDRAW_MS);
      return;
    }
    const [, ...lines] = formatNodes(run, Date.now(), this.#screen.width);
    for (const line of lines) this.#tell(line);
  }

  /** Ends with the run: the nodes of the next one are others, whatever they are called. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#told.clear();
  }

  /** Prints each node whose state has changed since the last time. */
  #tell(line: string): void {
    const [node = "", state = ""] = line.split(/ {2,}/);
    if (this.#told.get(node) === state) return;
    this.#told.set(node, state);
    this.#screen.print(`      ${line}`);
  }
}
