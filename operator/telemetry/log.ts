import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { sourceStack } from "./source-stack.ts";

/** Fields of a log line that could carry a credential by mistake. The operator reads no Secrets; its own token is the one it has. */
const REDACTED = ["*.authorization", "*.Authorization", "authorization", "token", "*.token", "password", "*.password"];

/** What a credential looks like wherever it stands: a service account's token, a bearer's, a password in a URL. */
const CREDENTIALS = /\beyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=\bBearer )[^\s"\\]+|(?<=:\/\/[^\s:/@"\\]*:)[^\s/@"\\]+(?=@)/g;

/** Logs as one JSON object a line, by default on standard output, the time as RFC 3339. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: { app: "kelt" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { stack: (stack: unknown) => (typeof stack === "string" ? sourceStack(stack) : stack) },
    redact: { paths: REDACTED, censor: "***" },
    hooks: { streamWrite: (line) => line.replace(CREDENTIALS, "***") },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
