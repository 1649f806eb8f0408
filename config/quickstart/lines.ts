import type { Step } from "./step.ts";

const NAME_WIDTH = 18;
const TIME_WIDTH = 8;
const MARKS = { waiting: " ", running: ">", done: "+", failed: "x", stopped: "-" } as const;

/** `0.4 s`, `41 s`, `6:25` minutes. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

/** The one line of a step: mark, name, what it does or did, how long. Never wider than the terminal. */
export function formatStep(step: Step<unknown>, now: number, width: number): string {
  const time = formatDuration((step.state === "running" ? now : step.finished) - step.started).padStart(TIME_WIDTH);
  const room = Math.max(10, width - NAME_WIDTH - TIME_WIDTH - 6);
  return `  ${MARKS[step.state]} ${step.name.padEnd(NAME_WIDTH)}${fitTo(step.words, room)} ${time}`;
}

/** A text of exactly that many columns; what does not fit ends with an ellipsis. */
export function fitTo(text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > width ? `${line.slice(0, width - 1)}…` : line.padEnd(width);
}

/** What is said when a step has failed: what, the log's last lines, and what to do. */
export function formatFailure(step: Step<unknown>, logFile: string, lastLines: readonly string[]): string {
  const said = [`${step.name} failed: ${step.error?.message ?? "without a reason"}`];
  if (lastLines.length > 0) said.push("", `The last lines of ${logFile}:`, ...lastLines.map((line) => `    ${line}`));
  said.push("", ...(step.advice ? [step.advice] : []), "`npm start` goes on from there when it is run again.");
  return said.join("\n");
}
