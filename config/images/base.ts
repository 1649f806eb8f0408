import { copyFile, cp } from "node:fs/promises";
import { join } from "node:path";
import { withScratch } from "../cluster/atomic.ts";
import { run } from "../cluster/command.ts";
import { hashOf, hashOfFiles } from "../cluster/content-hash.ts";
import type { Engine } from "../cluster/engine.ts";
import { expectDigest, hasImage, importImage, MADE_HERE, pullImage, removeOlderImages } from "../cluster/image.ts";
import { BASE_ROOT, keyOf, makeRootFileSystem } from "../cluster/offline/debian.ts";
import type { Report } from "../cluster/report.ts";
import { BASE_IMAGE, NODE_VERSION } from "../cluster/versions.ts";
import { npmArchitecture, packageFolder } from "./platform-package.ts";

const SOURCE = new URL("node", import.meta.url).pathname;

/** The image with Node.js that operator and task image stand on; built unless the engine has it. Returns its reference. */
export async function buildBaseImage(report: Report, engine: Engine, isPublished: boolean): Promise<string> {
  const from = isPublished ? BASE_IMAGE : `kelt/debian:base-${keyOf(BASE_ROOT)}`;
  const reference = `kelt/node:${NODE_VERSION}-${hashOf(from, await hashOfFiles([SOURCE]))}`;
  if (await hasImage(report, reference)) return reference;
  report.progress(`Node.js ${NODE_VERSION}`);
  if (isPublished) await pullPinned(report, from);
  else await importImage(report, await makeRootFileSystem(report, BASE_ROOT), from);
  const folder = await nodePackage(report, engine.architecture);
  await withScratch(async (scratch) => {
    const context = join(scratch, "context");
    await cp(SOURCE, context, { recursive: true });
    await copyFile(join(folder, "bin/node"), join(context, "node"));
    await copyFile(join(folder, "LICENSE"), join(context, "LICENSE"));
    const args = ["build", ...MADE_HERE, "--build-arg", `BASE=${from}`, "-t", reference, context];
    await run(report, "docker", args, { env: engine.buildEnvironment });
  });
  await removeOlderImages(report, "kelt/node", reference);
  return reference;
}

/** Pulls an image, and makes sure that it is the one of the reference's digest: a mirror or an older pull may have put another in its place. */
async function pullPinned(report: Report, reference: string): Promise<void> {
  await pullImage(report, reference);
  await expectDigest(report, reference);
}

/** The package of Node.js for the engine's architecture: its binary and its licence. */
function nodePackage(report: Report, architecture: string): Promise<string> {
  const name = `node-linux-${npmArchitecture(architecture)}`;
  return packageFolder(report, { name, version: NODE_VERSION, file: "bin/node" });
}
