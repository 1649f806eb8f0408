import { CONTRACT_VERSION, RESULT_BYTES_MAX, type TaskError, type TaskResult, type TaskSpec } from "#api/task.ts";
import type { Outcome, Part } from "./commands/command.ts";
import type { TaskFailure } from "./errors.ts";
import type { Redactor } from "./redaction.ts";

/** The attempt that a result speaks for. */
export type Speaker = Pick<TaskResult, "run" | "node" | "attempt" | "part">;

/** The speaker when not even the spec could be read. */
export const UNKNOWN_SPEAKER: Speaker = { run: "unknown", node: "unknown", attempt: 1 };

/** Longest message beside an error, which says the rest. Both are cut further where bytes run out. */
const SUMMARY_LENGTH_MAX = 256;
const MESSAGE_LENGTH_MAX = 1024;
const MESSAGE_LENGTH_STEP = 64;

export function speakerOf(spec: TaskSpec, part?: Part): Speaker {
  const speaker = { run: spec.run.uid.slice(0, 64), node: spec.node.slice(0, 64), attempt: spec.attempt };
  return part === undefined ? speaker : { ...speaker, part: part.index };
}

export function succeededResult(speaker: Speaker, { message, ...measured }: Outcome): TaskResult {
  return { version: CONTRACT_VERSION, ...speaker, outcome: "succeeded", message, ...measured };
}

export function failedResult(speaker: Speaker, failure: TaskFailure): TaskResult {
  const error: TaskError = { kind: failure.kind, code: failure.code, message: failure.message };
  return {
    version: CONTRACT_VERSION,
    ...speaker,
    outcome: "failed",
    message: failure.message,
    ...failure.measured,
    error,
  };
}

/**
 * The result as the JSON of the termination message: no secret in it, at most {@link RESULT_BYTES_MAX} bytes. Secrets are
 * masked before anything is cut, because half a secret is not recognized.
 */
export function encodeResult(result: TaskResult, redactor: Redactor): string {
  const message = redactor.redact(result.message);
  const { error } = result;
  const masked = error === undefined ? undefined : { ...error, message: redactor.redact(error.message) };
  for (let longest = MESSAGE_LENGTH_MAX; ; longest -= MESSAGE_LENGTH_STEP) {
    const text = JSON.stringify(
      masked === undefined
        ? { ...result, message: cut(message, longest) }
        : {
            ...result,
            message: cut(message, Math.min(longest, SUMMARY_LENGTH_MAX)),
            error: { ...masked, message: cut(masked.message, longest) },
          },
    );
    if (Buffer.byteLength(text) <= RESULT_BYTES_MAX || longest <= 0) return text;
  }
}

/** At most `longest` UTF-16 units, ending in an ellipsis when something is missing and never in half a character. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  if (longest <= 0) return "";
  return `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
