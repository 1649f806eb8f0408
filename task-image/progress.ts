import type { ProgressLine } from "#api/task.ts";
import type { Redactor } from "./redaction.ts";

/** The shortest time between two lines. */
const INTERVAL_MS = 1000;

/** What a command has got done. */
export type Progress = Pick<ProgressLine, "item" | "rows" | "bytes" | "done" | "total">;

/** Where commands say how far they are. It may be called for every chunk: at most one line a second is printed. */
export interface ProgressReporter {
  report(progress: Progress): void;
}

export interface ProgressOptions {
  readonly write: (line: string) => void;
  /** Milliseconds of any clock that does not go back. */
  readonly now: () => number;
  readonly redactor: Redactor;
  readonly identity: Pick<ProgressLine, "run" | "node" | "attempt">;
}

/** Prints the first report and then the first one of every second; the result says how it ended. */
export function createProgressReporter({ write, now, redactor, identity }: ProgressOptions): ProgressReporter {
  let last = Number.NEGATIVE_INFINITY;
  return {
    report(progress) {
      const time = now();
      if (time - last < INTERVAL_MS) return;
      last = time;
      const line: ProgressLine = { kelt: "progress", ...identity, ...progress, item: redactor.redact(progress.item) };
      write(`${JSON.stringify(line)}\n`);
    },
  };
}
