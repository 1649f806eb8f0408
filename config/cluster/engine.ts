import { spawn } from "node:child_process";
import { chmod, copyFile, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt, run } from "./command.ts";
import { CACHE } from "./directories.ts";
import { findSystemProgram, type Platform } from "./platform.ts";
import type { Report } from "./report.ts";
import { parseVersion } from "./version.ts";

/** A Docker engine that answers. */
export interface Engine {
  readonly version: string;
  readonly architecture: string;
  /** Environment of `docker build`: which of Docker's two builders this engine has. */
  readonly buildEnvironment: Readonly<Record<string, string>>;
}

const START_TIMEOUT = 60_000;
const PID_FILE = "/var/run/docker.pid";

/** The engine that the docker command reaches, or undefined where none answers. */
export async function readEngine(report: Report): Promise<Engine | undefined> {
  const format = "{{.Server.Version}} {{.Server.Arch}}";
  const answer = await attempt(report, "docker", ["version", "--format", format], { timeout: 10_000 });
  const [version, architecture] = answer.stdout.trim().split(" ");
  if (answer.code !== 0 || !version || !architecture) return undefined;
  const buildx = await attempt(report, "docker", ["buildx", "version"]);
  return { version, architecture, buildEnvironment: buildEnvironment(version, buildx.code === 0) };
}

/** Debian's engine of before 23 comes without BuildKit, and the docker command reaches BuildKit only through its buildx plugin. */
export function buildEnvironment(version: string, hasBuildx: boolean): Readonly<Record<string, string>> {
  const major = parseVersion(version)?.[0] ?? 0;
  if (major < 23 || !hasBuildx) return { DOCKER_BUILDKIT: "0", DOCKER_CLI_HINTS: "false" };
  return { BUILDX_BUILDER: "default", BUILDX_NO_DEFAULT_ATTESTATIONS: "1", DOCKER_CLI_HINTS: "false" };
}

/**
 * Starts the engine that is installed, in a way that outlives this process: the machine's service, or a dockerd of our own whose
 * process id `remember` gets as soon as it runs. Needs root on Linux. Throws where the engine does not answer within a minute.
 */
export async function startEngine(
  report: Report,
  platform: Platform,
  remember: (pid: number) => Promise<void>,
): Promise<void> {
  const dockerd = await findSystemProgram("dockerd");
  if (dockerd === undefined) throw new Error("no dockerd was found to start, on PATH or in /usr/sbin");
  if (platform.hasSystemd && (await attempt(report, "systemctl", ["cat", "docker.service"])).code === 0) {
    await run(report, "systemctl", ["start", "docker"]);
    return waitForEngine(report, "`journalctl -u docker`");
  }
  const logFile = join(CACHE, "dockerd.log");
  const pid = await spawnEngine(dockerd, await engineArguments(platform), logFile);
  if (pid !== undefined) await remember(pid);
  await waitForEngine(report, logFile);
}

/** Stops a dockerd that {@link startEngine} started; does nothing when that process has ended. */
export async function stopEngine(report: Report, pid: number): Promise<void> {
  if (!(await isEngine(pid))) return;
  report.log(`stopping dockerd, process ${pid}`);
  process.kill(pid, "SIGTERM");
  const deadline = Date.now() + START_TIMEOUT;
  while (await isEngine(pid)) {
    if (Date.now() > deadline)
      throw new Error(`dockerd, process ${pid}, did not end within a minute: \`kill -9 ${pid}\``);
    await sleep(200, undefined, { signal: report.signal });
  }
}

/** Whether that process is a dockerd: process ids are used again after a restart of the machine. */
export async function isEngine(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === "dockerd";
}

async function engineArguments(platform: Platform): Promise<string[]> {
  if (platform.canRaiseLimits) return [];
  await mkdir(CACHE, { recursive: true });
  const wrapper = join(CACHE, "runc-without-sys-resource");
  await copyFile(new URL("runc-without-sys-resource", import.meta.url), wrapper);
  await chmod(wrapper, 0o755);
  return ["--add-runtime", `without-sys-resource=${wrapper}`, "--default-runtime", "without-sys-resource"];
}

async function spawnEngine(dockerd: string, args: readonly string[], logFile: string): Promise<number | undefined> {
  await mkdir(CACHE, { recursive: true });
  const left = Number(await readFile(PID_FILE, "utf8").catch(() => ""));
  if (left > 0 && !(await isEngine(left))) await rm(PID_FILE, { force: true });
  const log = await open(logFile, "a");
  const child = spawn(dockerd, args, { detached: true, stdio: ["ignore", log.fd, log.fd] });
  child.on("error", () => {});
  child.unref();
  await log.close();
  return child.pid;
}

async function waitForEngine(report: Report, whereToLook: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT;
  while (!(await readEngine(report))) {
    if (Date.now() > deadline) throw new Error(`the Docker engine does not answer after a minute: see ${whereToLook}`);
    await sleep(500, undefined, { signal: report.signal });
  }
}
