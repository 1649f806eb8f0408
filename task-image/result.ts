import type { packItems } from "#api/packed-items.ts";
import type { ReportItem } from "#api/report.ts";
import {
  CONTRACT_VERSION,
  RESULT_BYTES_MAX,
  SPEAKER_MAX,
  type TaskError,
  type TaskResult,
  type TaskSpec,
} from "#api/task.ts";
import type { Outcome, Part } from "./commands/command.ts";
import type { TaskFailure } from "./errors.ts";
import type { Redactor } from "./redaction.ts";
import { cut, shownText } from "./report/shown-text.ts";

/** The attempt that a result speaks for. */
export type Speaker = Pick<TaskResult, "run" | "node" | "attempt" | "part">;

/** The speaker when not even the spec could be read. */
export const UNKNOWN_SPEAKER: Speaker = { run: "unknown", node: "unknown", attempt: 1 };

/** Longest message beside an error, which says the rest. Both are cut further where bytes run out. */
const SUMMARY_LENGTH_MAX = 256;
const MESSAGE_LENGTH_MAX = 1024;
const MESSAGE_LENGTH_STEP = 64;

export function speakerOf(spec: TaskSpec, part?: Part): Speaker {
  const speaker = { run: spec.run.uid.slice(0, 64), node: spec.node.slice(0, SPEAKER_MAX), attempt: spec.attempt };
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

/** The items inside the node, as everybody may read them. */
export interface KnownItems {
  readonly items: readonly ReportItem[];
  /** Items beyond these. */
  readonly leftOut: number;
  /** Imported at the end: the start does not wait for it. */
  readonly pack: typeof packItems;
}

/**
 * The result as the JSON of the termination message: no secret, no hidden text and no character that nobody sees in it, at most
 * {@link RESULT_BYTES_MAX} bytes. Secrets are masked before anything is cut, because half a secret is not recognized. Items take the room
 * that is left. A plan stands in it whole or not at all.
 */
export function encodeResult({ plan, ...result }: TaskResult, redactor: Redactor, known?: KnownItems): string {
  const message = shownText(result.message, redactor);
  const { error } = result;
  const masked = error === undefined ? undefined : { ...error, message: shownText(error.message, redactor) };
  for (let longest = MESSAGE_LENGTH_MAX; ; longest -= MESSAGE_LENGTH_STEP) {
    const short =
      masked === undefined
        ? { ...result, message: cut(message, longest) }
        : {
            ...result,
            message: cut(message, Math.min(longest, SUMMARY_LENGTH_MAX)),
            error: { ...masked, message: cut(masked.message, longest) },
          };
    const text = JSON.stringify(short);
    if (Buffer.byteLength(text) <= RESULT_BYTES_MAX || longest <= 0) {
      const whole = withPlan(short, text, plan);
      return withItems(whole, JSON.stringify(whole), known);
    }
  }
}

/** Bytes of JSON around a plan. */
const PLAN_FRAME_BYTES = 12;

/** The result with its plan, where there is room for it: the channel has the plan as well. */
function withPlan(result: TaskResult, text: string, plan: string | undefined): TaskResult {
  const bytes = Buffer.byteLength(text) + (plan?.length ?? 0) + PLAN_FRAME_BYTES;
  return plan === undefined || bytes > RESULT_BYTES_MAX ? result : { ...result, plan };
}

/** Bytes of JSON around the packed items: names, quotes, commas and the number of those that were left out. */
const ITEMS_FRAME_BYTES = 48;

function withItems(result: TaskResult, text: string, known: KnownItems | undefined): string {
  if (known === undefined || known.items.length === 0) return text;
  const { items, leftOut, pack } = known;
  const packed = pack(items, RESULT_BYTES_MAX - Buffer.byteLength(text) - ITEMS_FRAME_BYTES);
  const missing = packed.leftOut + leftOut;
  return JSON.stringify({
    ...result,
    ...(packed.text === "" ? {} : { items: packed.text }),
    ...(missing === 0 ? {} : { itemsLeftOut: missing }),
  });
}
