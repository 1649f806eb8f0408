import { CONTRACT_VERSION, RESULT_BYTES_MAX, type TaskError, type TaskResult, type TaskSpec } from "#api/task.ts";
import type { Outcome } from "./commands/command.ts";
import type { TaskFailure } from "./errors.ts";
import type { Redactor } from "./redaction.ts";

/** The attempt that a result speaks for. */
export type Speaker = Pick<TaskResult, "run" | "node" | "attempt">;

/** The speaker when not even the spec could be read. */
export const UNKNOWN_SPEAKER: Speaker = { run: "unknown", node: "unknown", attempt: 1 };

/** Longest message beside an error, which says the rest. Both are cut further where bytes run out. */
const SUMMARY_LENGTH_MAX = 256;
const MESSAGE_LENGTH_MAX = 1024;

export function speakerOf(spec: TaskSpec): Speaker {
  return { run: spec.run.uid.slice(0, 64), node: spec.node.slice(0, 64), attempt: spec.attempt };
}

export function succeededResult(speaker: Speaker, { message, ...measured }: Outcome): TaskResult {
  return { version: CONTRACT_VERSION, ...speaker, outcome: "succeeded", message, ...measured };
}

export function failedResult(speaker: Speaker, failure: TaskFailure): TaskResult {
  const error: TaskError = { kind: failure.kind, code: failure.code, message: failure.message };
  const message = cut(failure.message, SUMMARY_LENGTH_MAX);
  return { version: CONTRACT_VERSION, ...speaker, outcome: "failed", message, ...failure.measured, error };
}

/** The result as the JSON of the termination message: no secret in it, at most {@link RESULT_BYTES_MAX} bytes. */
export function encodeResult(result: TaskResult, redactor: Redactor): string {
  for (let longest = MESSAGE_LENGTH_MAX; ; longest -= 64) {
    const text = JSON.stringify(withMessages(result, (message) => cut(redactor.redact(message), longest)));
    if (Buffer.byteLength(text) <= RESULT_BYTES_MAX || longest <= 0) return text;
  }
}

function withMessages(result: TaskResult, edit: (message: string) => string): TaskResult {
  const edited = { ...result, message: edit(result.message) };
  return result.error === undefined
    ? edited
    : { ...edited, error: { ...result.error, message: edit(result.error.message) } };
}

/** At most `longest` UTF-16 units, ending in an ellipsis when something is missing and never in half a character. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const end = Math.max(0, longest - 1);
  const head = text.slice(0, end).replace(/[\uD800-\uDBFF]$/, "");
  return longest <= 0 ? "" : `${head}…`;
}
