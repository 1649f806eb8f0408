import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Report } from "./report.ts";

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is empty otherwise. */
  readonly input?: string;
  /** Sees every line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
  /** Sees every line of standard output as it comes. */
  readonly onOutput?: (line: string) => void;
  /** Milliseconds after which the program is stopped. */
  readonly timeout?: number;
  /** Keeps standard output out of the log: for long listings. */
  readonly quiet?: boolean;
}

export interface CommandResult {
  /** 128 + signal for a program that a signal ended, 127 for one that could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program ended with another code than 0. `result` holds what it wrote. */
export class CommandError extends Error {
  readonly result: CommandResult;
  constructor(line: string, result: CommandResult) {
    const last = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-3).join("\n");
    super(`\`${line}\` ended with code ${result.code}${last ? `: ${last}` : ""}`);
    this.name = "CommandError";
    this.result = result;
  }
}

/** Runs a program to its end and returns its standard output without the last newline; throws {@link CommandError}. */
export async function run(
  report: Report,
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await attempt(report, command, args, options);
  if (result.code !== 0) throw new CommandError([command, ...args].join(" "), result);
  return result.stdout.trimEnd();
}

/** Runs a program to its end, whatever its exit code. */
export async function attempt(
  report: Report,
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  report.signal.throwIfAborted();
  report.log(`$ ${[command, ...args].join(" ")}`);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    detached: true,
  });
  child.stdin?.on("error", () => {}).end(options.input);
  const watch = stopWith(child, report.signal, options.timeout);
  const onError = (line: string) => {
    report.log(line);
    options.onLine?.(line);
  };
  const onOutput = (line: string) => {
    if (!options.quiet) report.log(line);
    options.onLine?.(line);
    options.onOutput?.(line);
  };
  try {
    const ends = [collect(child.stdout, onOutput), collect(child.stderr, onError), ended(child, command)] as const;
    const [stdout, stderr, code] = await Promise.all(ends);
    report.signal.throwIfAborted();
    return { code, stdout, stderr };
  } catch (error) {
    watch.stop();
    throw error;
  } finally {
    watch.release();
  }
}

/** Runs `from | to`; throws {@link CommandError} of the program that failed. */
export async function pipe(
  report: Report,
  from: readonly [string, ...string[]],
  to: readonly [string, ...string[]],
): Promise<void> {
  report.signal.throwIfAborted();
  report.log(`$ ${from.join(" ")} | ${to.join(" ")}`);
  const source = spawn(from[0], from.slice(1), { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const sink = spawn(to[0], to.slice(1), { stdio: ["pipe", "pipe", "pipe"], detached: true });
  const watches = [stopWith(source, report.signal), stopWith(sink, report.signal)];
  const moved = pipeline(source.stdout, sink.stdin).catch((error: Error) => report.log(error.message));
  const [sourceError, sourceCode, stdout, stderr, sinkCode] = await Promise.all([
    collect(source.stderr, report.log),
    ended(source, from[0]),
    collect(sink.stdout, report.log),
    collect(sink.stderr, report.log),
    ended(sink, to[0]),
    moved,
  ]).finally(() => {
    for (const watch of watches) watch.release();
  });
  report.signal.throwIfAborted();
  if (sinkCode !== 0) throw new CommandError(to.join(" "), { code: sinkCode, stdout, stderr });
  if (sourceCode !== 0) throw new CommandError(from.join(" "), { code: sourceCode, stdout: "", stderr: sourceError });
}

/** Stops a program and what it started when the signal or the time limit says so, or when `stop` is called. */
function stopWith(child: ChildProcess, signal: AbortSignal, timeout?: number): { stop(): void; release(): void } {
  const stop = () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // It has ended by itself.
    }
  };
  signal.addEventListener("abort", stop, { once: true });
  const timer = timeout === undefined ? undefined : setTimeout(stop, timeout);
  const release = () => {
    signal.removeEventListener("abort", stop);
    clearTimeout(timer);
  };
  return { stop, release };
}

async function collect(stream: Readable | null, onLine: (line: string) => void): Promise<string> {
  const lines: string[] = [];
  if (!stream) return "";
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    lines.push(line);
    onLine(line);
  }
  return lines.join("\n");
}

function ended(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve(127);
      else reject(new Error(`${command} cannot be started: ${error.message}`));
    });
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === "SIGTERM" ? 15 : 9)));
  });
}
