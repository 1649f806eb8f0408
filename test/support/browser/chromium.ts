import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { makeAtomically } from "../../../config/cluster/atomic.ts";
import { CACHE } from "../../../config/cluster/directories.ts";
import { isExecutable } from "../../../config/cluster/platform.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";

/** Debian's Chromium without a window. */
const PACKAGE = "chromium-headless-shell";
const run = promisify(execFile);

/** Folder of Chromium's files, with the libraries that this machine lacks: nothing is installed. Some 64 MB come the first time. */
async function chromiumFolder(): Promise<string> {
  const folder = join(CACHE, PACKAGE);
  if (await isExecutable(join(folder, "usr/lib/chromium", PACKAGE))) return folder;
  await makeAtomically(folder, async (temporary) => {
    const debs = temporaryDirectory("debs");
    await run("apt-get", ["download", "-q", ...(await missingPackages())], { cwd: debs });
    for (const deb of readdirSync(debs)) await run("dpkg-deb", ["-x", join(debs, deb), temporary]);
  });
  return folder;
}

/** What an installation would bring: the package, and what it needs that is not there. */
async function missingPackages(): Promise<readonly string[]> {
  const args = ["install", "--simulate", "--reinstall", "--no-install-recommends", PACKAGE];
  const { stdout } = await run("apt-get", args, { env: { ...process.env, LC_ALL: "C" } });
  return [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = ""]) => name);
}

/** A real browser. `hookTimeout` has to leave room for fetching it once: half a minute. */
export async function startBrowser(): Promise<Browser> {
  const folder = await chromiumFolder();
  const usr = join(folder, "usr");
  const machine = readdirSync(join(usr, "lib")).filter((name) => name.endsWith("-linux-gnu"));
  // PulseAudio keeps one of its libraries in a folder of its own.
  const libraries = machine.flatMap((name) => [name, `${name}/pulseaudio`]);
  return await chromium.launch({
    executablePath: join(usr, "lib/chromium", PACKAGE),
    // A container's root has no sandbox to go into; the pages are the test's own.
    args: ["--no-sandbox", "--disable-gpu"],
    env: { ...process.env, LD_LIBRARY_PATH: libraries.map((name) => join(usr, "lib", name)).join(":") },
  });
}
