import type { ReportProgress } from "#api/report.ts";
import type { ProgressLine } from "#api/task.ts";

/** The shortest time between two lines. */
const INTERVAL_MS = 1000;

export interface ProgressLinesOptions {
  readonly write: (line: string) => void;
  /** Milliseconds of any clock that does not go back. */
  readonly now: () => number;
  readonly identity: Pick<ProgressLine, "run" | "node" | "attempt">;
}

/** Prints how far a command is, the first word at once and then at most one line a second; the result says how it ended. */
export function progressLines({ write, now, identity }: ProgressLinesOptions): (counts: () => ReportProgress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (counts) => {
    const time = now();
    if (time - last < INTERVAL_MS) return;
    const { item, ...rest } = counts();
    if (item === undefined) return;
    last = time;
    const line: ProgressLine = { kelt: "progress", ...identity, item, ...rest };
    write(`${JSON.stringify(line)}\n`);
  };
}
