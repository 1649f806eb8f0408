import type { Redactor } from "./redaction.ts";
import { publicText, wholeText } from "./words/hidden-text.ts";

type Level = "debug" | "info" | "warn" | "error";

export type LogFields = Readonly<Record<string, unknown>>;

/** JSON lines as the operator's: level (a word), time (ms since 1970), the task's identity, the fields, msg. No secret gets
 * through, and a hidden text only where `values` is set. */
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
  /** Whether values of rows may be written: spec.logValues. */
  readonly values?: boolean;
  /** Fields of every line: run, node, attempt. */
  readonly identity: LogFields;
}

/** Own, because importing pino costs 20 ms of the 200 ms that a task may take to its first query. */
export function createLog({ write, now, redactor, values = false, identity }: LogOptions): Log {
  const shown = values ? wholeText : publicText;
  const line = (level: Level) => (message: string, fields?: LogFields) => {
    const text = JSON.stringify({ level, time: now(), ...identity, ...fields, msg: message }, (_key, value: unknown) =>
      typeof value === "string" ? redactor.redact(shown(value)) : value,
    );
    write(`${text}\n`);
  };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
