import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOGS } from "../cluster/directories.ts";
import type { Step } from "./step.ts";

const LAST_LINES = 12;

/** The log file of a step; each run of the step begins it anew. */
export function logFileOf(step: Step<unknown>): string {
  return join(LOGS, `${step.name.replaceAll(" ", "-")}.log`);
}

export function beginLog(step: Step<unknown>): void {
  mkdirSync(LOGS, { recursive: true });
  writeFileSync(logFileOf(step), "");
}

export function writeLog(step: Step<unknown>, line: string): void {
  appendFileSync(logFileOf(step), `${line}\n`);
}

/** The last lines that say something. */
export function lastLinesOf(step: Step<unknown>): string[] {
  const lines = readFileSync(logFileOf(step), "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").slice(-LAST_LINES);
}
