import { EXIT, type FailureKind, type TaskResult } from "#api/task.ts";

/** What a failed command had measured before it failed: it goes into the result beside the error. */
export type Measured = Pick<TaskResult, "rows" | "bytes" | "published" | "tests" | "server">;

/**
 * A failure that a person reads. `message` says what was expected, what was found, where and what to do, and holds no
 * secret. `code` is a word for programs: a SQLSTATE or a reason such as UnknownTable, at most 64 characters.
 */
export abstract class TaskFailure extends Error {
  abstract readonly kind: FailureKind;
  readonly code: string;
  readonly measured: Measured;

  constructor(code: string, message: string, options: { readonly cause?: unknown; readonly measured?: Measured } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.code = code.slice(0, 64);
    this.measured = options.measured ?? {};
  }

  get exitCode(): number {
    return EXIT[this.kind];
  }
}

/** The pipeline, a Secret or the project is wrong: no retry can mend it. */
export class ConfigurationError extends TaskFailure {
  readonly kind = "configuration";
}

/** The data is wrong, or a check of severity error failed: no retry can mend it. */
export class DataError extends TaskFailure {
  readonly kind = "data";
}

/** A server or the network was in the way: the next attempt may succeed. */
export class TransientError extends TaskFailure {
  readonly kind = "transient";
}

const FAILURES = {
  configuration: ConfigurationError,
  data: DataError,
  transient: TransientError,
} as const;

/** The failure of a kind that is known only at run time, such as one looked up by SQLSTATE. */
export function failureOfKind(
  kind: FailureKind,
  code: string,
  message: string,
  options: { readonly cause?: unknown; readonly measured?: Measured } = {},
): TaskFailure {
  return new FAILURES[kind](code, message, options);
}
