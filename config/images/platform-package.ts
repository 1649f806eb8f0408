import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { makeAtomically } from "../cluster/atomic.ts";
import { run } from "../cluster/command.ts";
import { CACHE, REPOSITORY } from "../cluster/directories.ts";
import { isPresent } from "../cluster/platform.ts";
import type { Report } from "../cluster/report.ts";

/** An npm package that only some platforms install. */
export interface PlatformPackage {
  readonly name: string;
  readonly version: string;
  /** A file of it. */
  readonly file: string;
}

/** The name of an engine's architecture in npm's packages. */
export function npmArchitecture(architecture: string): string {
  return architecture === "amd64" ? "x64" : architecture;
}

/** The folder of a package: a dependency of this repository, or fetched where npm left it out as another platform's. */
export async function packageFolder(report: Report, { name, version, file }: PlatformPackage): Promise<string> {
  const installed = join(REPOSITORY, "node_modules", name);
  if (await isPresent(join(installed, file))) return installed;
  const directory = join(CACHE, `${name.replaceAll("/", "-")}-${version}`);
  const folder = join(directory, "package");
  if (await isPresent(join(folder, file))) return folder;
  await makeAtomically(directory, async (temporary) => {
    await mkdir(temporary);
    await run(report, "npm", ["pack", "--silent", "--pack-destination", temporary, `${name}@${version}`]);
    const [archive] = (await readdir(temporary)).filter((entry) => entry.endsWith(".tgz"));
    if (!archive) throw new Error(`npm pack ${name}@${version} wrote no archive into ${temporary}`);
    await run(report, "tar", ["-C", temporary, "-xzf", join(temporary, archive)]);
  });
  return folder;
}
