import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "../../../config/cluster/directories.ts";
import { bundle } from "../../../config/images/bundle.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";

let program: Promise<string> | undefined;

/** The task's program as the image has it, for tests that start it some hundred times: it starts sooner than its sources do. */
export function bundledTask(): Promise<string> {
  program ??= bundle("task", temporaryDirectory("bundle")).then(async ({ folder }) => {
    // What is compiled for the platform is no part of a bundle.
    await symlink(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
    return join(folder, "main.mjs");
  });
  return program;
}
