import { type ErrorCode, isErrorCode } from "#api/error-codes.ts";
import { EXIT, type FailureKind, type TaskResult } from "#api/task.ts";
import { publicText, wholeText } from "./words/hidden-text.ts";

/** What a failed command had measured before it failed: it goes into the result beside the error. */
export type Measured = Pick<TaskResult, "rows" | "bytes" | "published" | "tests" | "health" | "server">;

declare const FOREIGN: unique symbol;
/** A code that another system gave: a SQLSTATE, HTTP404, ECONNREFUSED, AccessDenied. {@link foreignCode} makes it. */
export type ForeignCode = string & { readonly [FOREIGN]: true };
/** What a failure of kind K may be called. */
export type FailureCode<K extends FailureKind = FailureKind> = ErrorCode<K> | ForeignCode;

/** Marks a code of another system, at most 64 characters of it. One that reads like a code of kelt's own gets `other:` before it. */
export function foreignCode(code: string): ForeignCode {
  return (isErrorCode(code) ? `other:${code}` : code).slice(0, 64) as ForeignCode;
}

export interface FailureOptions {
  readonly cause?: unknown;
  readonly measured?: Measured;
}

/**
 * A failure that a person reads. `message` says what was expected, what was found, where and what to do; whatever of it is
 * {@link hidden} stands in `detail` alone, which never leaves the process but by the log that spec.logValues allows. `code` is a word for
 * programs: one of ERROR_CODES, or one of another system.
 */
export abstract class TaskFailure extends Error {
  abstract readonly kind: FailureKind;
  readonly code: FailureCode;
  /** The message with the values of rows that it hides. */
  readonly detail: string;
  readonly measured: Measured;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(publicText(message), options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.detail = wholeText(message);
    this.measured = options.measured ?? {};
  }

  get exitCode(): number {
    return EXIT[this.kind];
  }
}

/** The pipeline, a Secret or the project is wrong: no retry can mend it. */
export class ConfigurationError extends TaskFailure {
  readonly kind = "configuration";

  constructor(code: FailureCode<"configuration">, message: string, options?: FailureOptions) {
    super(code, message, options);
  }
}

/** The data is wrong, or a check of severity error failed: no retry can mend it. */
export class DataError extends TaskFailure {
  readonly kind = "data";

  constructor(code: FailureCode<"data">, message: string, options?: FailureOptions) {
    super(code, message, options);
  }
}

/** A server or the network was in the way: the next attempt may succeed. */
export class TransientError extends TaskFailure {
  readonly kind = "transient";

  constructor(code: FailureCode<"transient">, message: string, options?: FailureOptions) {
    super(code, message, options);
  }
}

const FAILURES = {
  configuration: ConfigurationError,
  data: DataError,
  transient: TransientError,
} as const;

/** The failure of a kind that is known only at run time, such as one looked up by SQLSTATE. */
export function failureOfKind(
  kind: FailureKind,
  code: ForeignCode,
  message: string,
  options?: FailureOptions,
): TaskFailure {
  return new FAILURES[kind](code, message, options);
}

/** A failure of the same kind and code with another message. */
export function reworded({ kind, code }: TaskFailure, message: string, options?: FailureOptions): TaskFailure {
  return new FAILURES[kind](code as ForeignCode, message, options);
}
