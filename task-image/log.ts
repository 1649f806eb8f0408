import type { Redactor } from "./redaction.ts";

/** pino's numbers for levels, so that logs of the operator and of tasks are read by the same tools. */
const LEVEL = { debug: 20, info: 30, warn: 40, error: 50 } as const;

export type LogFields = Readonly<Record<string, unknown>>;

/** JSON lines in pino's shape: level, time (ms since 1970), the task's identity, the fields, msg. No secret gets through. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly write: (line: string) => void;
  readonly now: () => number;
  readonly redactor: Redactor;
  /** Fields of every line: run, node, attempt. */
  readonly identity: LogFields;
}

/** Own, because importing pino costs 20 ms of the 200 ms that a task may take to its first query. */
export function createLog({ write, now, redactor, identity }: LogOptions): Log {
  const line = (level: keyof typeof LEVEL) => (message: string, fields?: LogFields) => {
    const text = JSON.stringify(
      { level: LEVEL[level], time: now(), ...identity, ...fields, msg: message },
      (_key, value: unknown) => (typeof value === "string" ? redactor.redact(value) : value),
    );
    write(`${text}\n`);
  };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
