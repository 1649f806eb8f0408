import { copyFile, cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { makeAtomically, withScratch } from "../cluster/atomic.ts";
import { run } from "../cluster/command.ts";
import { hashOf, hashOfFiles } from "../cluster/content-hash.ts";
import { BASE_ROOT, keyOf, makeRootFileSystem } from "../cluster/debian.ts";
import { CACHE, REPOSITORY } from "../cluster/directories.ts";
import type { Engine } from "../cluster/engine.ts";
import { hasImage, importImage, MADE_HERE, removeOlderImages } from "../cluster/image.ts";
import { isExecutable } from "../cluster/platform.ts";
import type { Report } from "../cluster/report.ts";
import { BASE_IMAGE, NODE_VERSION } from "../cluster/versions.ts";

const SOURCE = new URL("node", import.meta.url).pathname;

/** The image with Node.js that operator and task image stand on; built unless the engine has it. Returns its reference. */
export async function buildBaseImage(report: Report, engine: Engine, isPublished: boolean): Promise<string> {
  const from = isPublished ? BASE_IMAGE : `kelt/debian:base-${keyOf(BASE_ROOT)}`;
  const reference = `kelt/node:${NODE_VERSION}-${hashOf(from, await hashOfFiles([SOURCE]))}`;
  if (await hasImage(report, reference)) return reference;
  report.progress(`Node.js ${NODE_VERSION}`);
  if (!isPublished) await importImage(report, await makeRootFileSystem(report, BASE_ROOT), from);
  const binary = await nodeBinary(report, engine.architecture);
  await withScratch(async (scratch) => {
    const context = join(scratch, "context");
    await cp(SOURCE, context, { recursive: true });
    await copyFile(binary, join(context, "node"));
    const args = ["build", ...MADE_HERE, "--build-arg", `BASE=${from}`, "-t", reference, context];
    await run(report, "docker", args, { env: engine.buildEnvironment });
  });
  await removeOlderImages(report, "kelt/node", reference);
  return reference;
}

/** The node binary for the engine's architecture: an npm package of this repository, or fetched where npm left it out. */
async function nodeBinary(report: Report, architecture: string): Promise<string> {
  const name = `node-linux-${architecture === "amd64" ? "x64" : architecture}`;
  const installed = join(REPOSITORY, "node_modules", name, "bin/node");
  if (await isExecutable(installed)) return installed;
  const directory = join(CACHE, `${name}-${NODE_VERSION}`);
  const binary = join(directory, "package/bin/node");
  if (await isExecutable(binary)) return binary;
  await makeAtomically(directory, async (temporary) => {
    await mkdir(temporary);
    await run(report, "npm", ["pack", "--silent", "--pack-destination", temporary, `${name}@${NODE_VERSION}`]);
    const [archive] = (await readdir(temporary)).filter((file) => file.endsWith(".tgz"));
    if (!archive) throw new Error(`npm pack ${name}@${NODE_VERSION} wrote no archive into ${temporary}`);
    await run(report, "tar", ["-C", temporary, "-xzf", join(temporary, archive)]);
  });
  return binary;
}
