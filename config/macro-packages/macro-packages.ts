import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeAtomically, withScratch } from "../cluster/atomic.ts";
import { run } from "../cluster/command.ts";
import { hashOf } from "../cluster/content-hash.ts";
import { CACHE, REPOSITORY } from "../cluster/directories.ts";
import { isPresent } from "../cluster/platform.ts";
import type { Report } from "../cluster/report.ts";
import type { BundledPackage } from "../images/bundled-packages.ts";
import { type LockedWheel, readLock } from "./lock.ts";
import { filesOfWheel } from "./wheel.ts";

export const LOCK = join(REPOSITORY, "task-image/dbt/packages/requirements.txt");
/** Raised when another choice of files is unpacked: the name of the folder in the cache changes with it. */
const FORM = "1";
/** Any Python downloads what runs on this one: nothing of a wheel is run. */
const PYTHON_OF_WHEELS = "3.12";

/** The macro packages of dbt's adapters, unpacked. */
export interface MacroPackages {
  /** One folder for each package, which holds its `dbt_project.yml`: `global_project` (dbt's own), `postgres`, `redshift`, `snowflake`. */
  readonly macros: string;
  readonly packages: readonly BundledPackage[];
}

/**
 * The macro packages that the lock names: unpacked in the tool cache, downloaded with pip the first time, from where and how pip is
 * configured (`PIP_INDEX_URL` or pip.conf name a mirror; proxies as usual). Throws where a wheel is another one than the lock's.
 */
export async function fetchMacroPackages(report: Report): Promise<MacroPackages> {
  const wheels = await lockedWheels();
  const directory = await macroDirectory();
  if (!(await isPresent(directory))) {
    report.progress("dbt's macro packages");
    await withScratch(async (scratch) => {
      await download(report, scratch);
      await unpackWheels(wheels, scratch, directory);
    });
  }
  const packages = wheels.map((wheel) => readPaper(wheel, directory));
  return { macros: join(directory, "macros"), packages: await Promise.all(packages) };
}

/** Whether the next call of {@link fetchMacroPackages} has to download. */
export async function lacksMacroPackages(): Promise<boolean> {
  return !(await isPresent(await macroDirectory()));
}

async function lockedWheels(): Promise<readonly LockedWheel[]> {
  return readLock(await readFile(LOCK, "utf8"), LOCK);
}

async function macroDirectory(): Promise<string> {
  return join(CACHE, `macro-packages-${hashOf(FORM, await readFile(LOCK))}`);
}

async function download(report: Report, folder: string): Promise<void> {
  const quietly = ["--disable-pip-version-check", "--no-input", "--quiet"];
  const pinned = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--python-version", PYTHON_OF_WHEELS];
  const args = ["-m", "pip", "download", ...quietly, ...pinned, "--requirement", LOCK, "--dest", folder];
  await run(report, "python3", args, { cwd: folder });
}

/**
 * Unpacks each of the locked wheels of a folder into `directory`, which appears whole or not at all. Throws where a wheel is missing or
 * its bytes are not those that were locked; nothing of it is read before.
 */
export async function unpackWheels(wheels: readonly LockedWheel[], folder: string, directory: string): Promise<void> {
  await makeAtomically(directory, async (temporary) => {
    for (const wheel of wheels) {
      for (const [path, bytes] of filesOf(wheel, await readWheel(wheel, folder))) {
        const file = join(temporary, path.replace(/^licenses\//, `licenses/${wheel.name}/`));
        await mkdir(dirname(file), { recursive: true });
        // Two packages that bring the same file would hide one of the two.
        await writeFile(file, bytes, { flag: "wx" });
      }
    }
  });
}

function filesOf({ name, version }: LockedWheel, bytes: Buffer): ReadonlyMap<string, Buffer> {
  try {
    return filesOfWheel(bytes);
  } catch (error) {
    throw new Error(`${name} ${version}: ${(error as Error).message}`, { cause: error });
  }
}

async function readWheel({ name, version, sha256 }: LockedWheel, folder: string): Promise<Buffer> {
  const prefix = `${name.replaceAll("-", "_")}-${version}-`;
  const file = (await readdir(folder)).find((each) => each.startsWith(prefix) && each.endsWith(".whl"));
  if (file === undefined) throw new Error(`no wheel of ${name} ${version} is in ${folder}`);
  const bytes = await readFile(join(folder, file));
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${file}: expected the SHA-256 ${sha256}, found ${found}`);
  return bytes;
}

/** All four are under this licence; its text comes with each of them. */
const LICENSE = "Apache-2.0";

async function readPaper({ name, version }: LockedWheel, directory: string): Promise<BundledPackage> {
  const folder = join(directory, "licenses", name);
  const texts = (await readdir(folder)).map(async (file) => ({
    file,
    text: await readFile(join(folder, file), "utf8"),
  }));
  return { name, version, license: LICENSE, texts: await Promise.all(texts) };
}
