import { chmod, copyFile, cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withScratch } from "../atomic.ts";
import { attempt, pipe, run } from "../command.ts";
import { hashOf, hashOfFiles } from "../content-hash.ts";
import type { Engine } from "../engine.ts";
import { hasImage, importImage, MADE_HERE, removeOlderImages } from "../image.ts";
import type { Platform } from "../platform.ts";
import type { Report } from "../report.ts";
import { KUBERNETES_VERSION, PAUSE_VERSION } from "../versions.ts";
import { COMPONENT_IMAGES, writeComponentImages } from "./component-images.ts";
import { keyOf, makeRootFileSystem, NODE_ROOT, PROXY_ROOT } from "./debian.ts";
import { moduleSource, toolsDirectory } from "./go-tools.ts";

const SOURCE = new URL("node", import.meta.url).pathname;
const CONTAINERD_TIMEOUT = 30_000;

/** The tag of the node image made here; it changes with everything that goes in. */
export async function nodeImageTag(platform: Platform): Promise<string> {
  const key = hashOf(
    basename(await toolsDirectory()),
    await hashOfFiles([SOURCE]),
    keyOf(NODE_ROOT),
    keyOf(PROXY_ROOT),
    JSON.stringify(COMPONENT_IMAGES),
    String(platform.canRaiseLimits),
  );
  return `kelt/kind-node:v${KUBERNETES_VERSION}-${key}`;
}

/**
 * Makes the node image from the programs of the cache and Debian's packages, unless the engine has it: the same as
 * `kind build node-image`, without an image registry. Returns its tag.
 */
export async function makeNodeImage(report: Report, engine: Engine, platform: Platform): Promise<string> {
  const tag = await nodeImageTag(platform);
  if (await hasImage(report, tag)) return tag;
  const programs = await toolsDirectory();
  const debian = `kelt/debian:kind-node-${keyOf(NODE_ROOT)}`;
  await importImage(report, await makeRootFileSystem(report, NODE_ROOT), debian);
  await withScratch(async (scratch) => {
    const context = join(scratch, "context");
    report.progress("system");
    await writeContext(report, context, programs, platform);
    const base = `${tag}-base`;
    const args = ["--build-arg", `DEBIAN=${debian}`, "--build-arg", `KUBERNETES_VERSION=${KUBERNETES_VERSION}`];
    await run(report, "docker", ["build", ...MADE_HERE, ...args, "-t", base, context], {
      env: engine.buildEnvironment,
    });
    const images = join(scratch, "images");
    const system = await makeRootFileSystem(report, PROXY_ROOT);
    await writeComponentImages(report, { programs, system, architecture: engine.architecture }, images);
    await addImages(report, base, images, tag);
  });
  await removeOlderImages(report, "kelt/kind-node", tag);
  return tag;
}

async function writeContext(report: Report, context: string, programs: string, platform: Platform): Promise<void> {
  await cp(SOURCE, context, { recursive: true });
  const kind = await moduleSource(report, "sigs.k8s.io/kind");
  const files = join(context, "files");
  await mkdir(files);
  await cp(join(kind, "images/base/files"), files, { recursive: true });
  await makeReadable(files);
  const configuration = join(files, "etc/containerd/config.toml");
  await chmod(configuration, 0o644);
  await writeFile(configuration, containerdConfiguration(await readFile(configuration, "utf8"), platform));
  for (const program of ["kubeadm", "kubelet", "kubectl"]) {
    await copyFile(join(programs, program), join(context, program));
  }
}

/** kind's configuration with the pause image that is built here, and within what the machine allows. */
export function containerdConfiguration(kinds: string, platform: Pick<Platform, "canRaiseLimits">): string {
  const pause = kinds.replace(/pause:[\d.]+"/, `pause:${PAUSE_VERSION}"`);
  // A process may not lower the score of its own chance to be killed without CAP_SYS_RESOURCE.
  if (platform.canRaiseLimits) return pause;
  return pause.replace("restrict_oom_score_adj = false", "restrict_oom_score_adj = true");
}

/** Go keeps the sources of modules read-only and without the right to run them. */
async function makeReadable(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || /\/(bin|sbin)$/.test(entry.parentPath);
    if (!entry.isSymbolicLink()) await chmod(file, isProgram ? 0o755 : 0o644);
  }
}

/** The name of the containers that node images are made in, with the process id of who makes them. */
const WORKSHOP = "kelt-node-image";

/** Removes the containers in which a node image was made by a process that was killed. */
export async function removeWorkshops(report: Report): Promise<void> {
  const left = await run(report, "docker", ["ps", "-aq", "--filter", `name=^${WORKSHOP}-`]);
  if (left !== "") await attempt(report, "docker", ["rm", "-f", "-v", ...left.split("\n")]);
}

/** Runs containerd of the node image, hands it the images and keeps the result as an image. */
async function addImages(report: Report, base: string, images: string, tag: string): Promise<void> {
  const container = `${WORKSHOP}-${process.pid}`;
  report.progress("images of the control plane");
  await removeWorkshops(report);
  try {
    await run(report, "docker", [
      "run",
      "-d",
      "--privileged",
      "--name",
      container,
      "--entrypoint=sleep",
      base,
      "infinity",
    ]);
    await run(report, "docker", ["exec", "-d", container, "containerd"]);
    await waitForContainerd(report, container);
    const load = "ctr -n k8s.io images import --all-platforms --no-unpack --digests -".split(" ");
    await pipe(
      report,
      ["tar", "-C", images, "-cf", "-", "."],
      ["docker", "exec", "-i", container, ...(load as [string])],
    );
    await run(report, "docker", ["exec", container, "pkill", "containerd"]);
    report.progress("writing the image");
    const entrypoint = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]';
    await run(report, "docker", ["commit", "--change", entrypoint, container, tag]);
  } finally {
    await attempt({ ...report, signal: new AbortController().signal }, "docker", ["rm", "-f", "-v", container]);
  }
}

async function waitForContainerd(report: Report, container: string): Promise<void> {
  const deadline = Date.now() + CONTAINERD_TIMEOUT;
  while ((await attempt(report, "docker", ["exec", container, "ctr", "version"])).code !== 0) {
    if (Date.now() > deadline) throw new Error("containerd does not start inside the node image within 30 seconds");
    await sleep(200, undefined, { signal: report.signal });
  }
}
