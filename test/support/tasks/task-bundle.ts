import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeAtomically } from "../../../config/cluster/atomic.ts";
import { hashOfFiles } from "../../../config/cluster/content-hash.ts";
import { REPOSITORY, STATE } from "../../../config/cluster/directories.ts";
import { bundle } from "../../../config/images/bundle.ts";

/** All that goes into a bundle, and what makes it. */
const SOURCES = ["task-image", "operator", "config/images", "package-lock.json"].map((path) => join(REPOSITORY, path));
const BUNDLES = join(STATE, "task-bundles");
const DAY_MS = 86_400_000;

/** The task's program as the image has it: it starts several times sooner than its sources do. */
export interface TaskProgram {
  /** Path of `main.mjs`. */
  readonly main: string;
  /** What NODE_COMPILE_CACHE is in the image: the program's compiled code. */
  readonly compiled: string;
}

let program: Promise<TaskProgram> | undefined;

/** The bundle of the sources as they are, made once for all test processes and kept by its content. */
export function bundledTask(): Promise<TaskProgram> {
  program ??= makeProgram();
  return program;
}

async function makeProgram(): Promise<TaskProgram> {
  const folder = join(BUNDLES, await hashOfFiles(SOURCES));
  const compiled = `${folder}-compiled`;
  if (!existsSync(compiled)) {
    await removeOld();
    await makeAtomically(folder, async (temporary) => {
      await bundle("task", temporary);
      // What is compiled for the platform is no part of a bundle.
      await symlink(join(REPOSITORY, "node_modules"), join(temporary, "node_modules"));
    });
    await makeAtomically(compiled, async (temporary) => {
      const env = { ...process.env, NODE_COMPILE_CACHE: temporary };
      await promisify(execFile)(process.execPath, [join(folder, "compile.mjs")], { env });
    });
  }
  return { main: join(folder, "main.mjs"), compiled };
}

/** Bundles of older sources. A test that runs meanwhile has one of today. */
async function removeOld(): Promise<void> {
  for (const name of await readdir(BUNDLES).catch(() => [])) {
    const path = join(BUNDLES, name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs < Date.now() - DAY_MS) await rm(path, { recursive: true, force: true });
  }
}
