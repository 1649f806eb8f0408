import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** What the quick start has to know of the machine before it decides how to get what is missing. */
export interface Platform {
  readonly system: "linux" | "darwin" | "other";
  /** As Go and Docker name it. */
  readonly architecture: "amd64" | "arm64" | "other";
  readonly isRoot: boolean;
  /** Debian or one of its descendants: packages come from apt-get. */
  readonly isDebian: boolean;
  /** systemd runs, so services are started through it. */
  readonly hasSystemd: boolean;
  /** Whether the kernel lets this process, and so its containers, raise resource limits. */
  readonly canRaiseLimits: boolean;
}

export async function readPlatform(): Promise<Platform> {
  const release = await read("/etc/os-release");
  const status = await read("/proc/self/status");
  return {
    system: process.platform === "linux" || process.platform === "darwin" ? process.platform : "other",
    architecture: process.arch === "x64" ? "amd64" : process.arch === "arm64" ? "arm64" : "other",
    isRoot: process.getuid?.() === 0,
    isDebian: isDebian(release),
    hasSystemd: (await read("/proc/1/comm")).trim() === "systemd",
    canRaiseLimits: canRaiseLimits(status),
  };
}

/** Reads os-release(5). */
export function isDebian(release: string): boolean {
  return /^ID(_LIKE)?=.*\bdebian\b/m.test(release);
}

/** CAP_SYS_RESOURCE is bit 24 of the bounding set in proc_pid_status(5); without that file nothing is held back. */
export function canRaiseLimits(status: string): boolean {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return bounding === undefined || ((BigInt(`0x${bounding}`) >> 24n) & 1n) === 1n;
}

/** The full path of a program on PATH, as the shell would find it. */
export async function findProgram(name: string, path = process.env.PATH ?? ""): Promise<string | undefined> {
  for (const directory of path.split(delimiter).filter(Boolean)) {
    const file = join(directory, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** As {@link findProgram}, also where programs of the system's administrator lie: a user's PATH often lacks those folders. */
export function findSystemProgram(name: string, path = process.env.PATH ?? ""): Promise<string | undefined> {
  return findProgram(name, [path, "/usr/local/sbin", "/usr/sbin", "/sbin"].join(delimiter));
}

export function isExecutable(file: string): Promise<boolean> {
  return hasAccess(file, constants.X_OK);
}

export function isPresent(file: string): Promise<boolean> {
  return hasAccess(file, constants.F_OK);
}

function hasAccess(file: string, mode: number): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  );
}

function read(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
