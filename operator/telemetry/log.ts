import { type Logger, pino } from "pino";

/** Fields of a log line that could carry a credential by mistake. The operator reads no Secrets; its own token is the one it has. */
const REDACTED = ["*.authorization", "*.Authorization", "authorization", "token", "*.token", "password", "*.password"];

/** Logs as one JSON object a line on standard output, the time as RFC 3339. */
export function createLog(level: string): Logger {
  return pino({
    level,
    base: { app: "kelt" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED, censor: "***" },
  });
}
