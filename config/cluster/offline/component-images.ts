import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../command.ts";
import type { Report } from "../report.ts";
import { COREDNS_VERSION, ETCD_VERSION, KUBERNETES_VERSION, PAUSE_VERSION } from "../versions.ts";
import type { Program } from "./go-tools.ts";

/** A container image of one program, as kubeadm refers to it. */
interface ComponentImage {
  readonly reference: string;
  readonly program: Program;
  /** Where the program lies in the image; the manifests of kubeadm call it by name or by the entry point. */
  readonly path: string;
  readonly entrypoint?: readonly string[];
  /** Whether the program needs the file system of {@link writeComponentImages}. */
  readonly hasSystem?: boolean;
}

const kubernetes = (program: Program): ComponentImage => ({
  reference: `registry.k8s.io/${program}:v${KUBERNETES_VERSION}`,
  program,
  path: `usr/local/bin/${program}`,
});

export const COMPONENT_IMAGES: readonly ComponentImage[] = [
  kubernetes("kube-apiserver"),
  kubernetes("kube-controller-manager"),
  kubernetes("kube-scheduler"),
  { ...kubernetes("kube-proxy"), hasSystem: true },
  { reference: `registry.k8s.io/etcd:${ETCD_VERSION}-0`, program: "etcd", path: "usr/local/bin/etcd" },
  {
    reference: `registry.k8s.io/coredns/coredns:v${COREDNS_VERSION}`,
    program: "coredns",
    path: "coredns",
    entrypoint: ["/coredns"],
  },
  { reference: `registry.k8s.io/pause:${PAUSE_VERSION}`, program: "pause", path: "pause", entrypoint: ["/pause"] },
];

interface Layer {
  readonly file: string;
  readonly digest: string;
}

/**
 * Writes the images of the control plane into a folder, in the format of `docker save`:
 * https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
 * `programs` is the folder of the programs, `system` the tar file of what kube-proxy needs beside itself.
 */
export async function writeComponentImages(
  report: Report,
  from: { readonly programs: string; readonly system: string; readonly architecture: string },
  directory: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const system = await addLayer(directory, async (file) => copyFile(from.system, file));
  const manifest = [];
  for (const image of COMPONENT_IMAGES) {
    report.progress(image.program);
    const program = await addLayer(directory, (file) => tarProgram(report, image, from.programs, file));
    const layers = image.hasSystem ? [system, program] : [program];
    const config = `${image.program}.json`;
    await writeFile(join(directory, config), JSON.stringify(configOf(image, layers, from.architecture)));
    manifest.push({ Config: config, RepoTags: [image.reference], Layers: layers.map((layer) => layer.file) });
  }
  await writeFile(join(directory, "manifest.json"), JSON.stringify(manifest));
}

function configOf(image: ComponentImage, layers: readonly Layer[], architecture: string): object {
  return {
    architecture,
    os: "linux",
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...(image.entrypoint ? { Entrypoint: image.entrypoint } : {}),
    },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${layer.digest}`) },
  };
}

async function addLayer(directory: string, make: (file: string) => Promise<unknown>): Promise<Layer> {
  const temporary = join(directory, "layer");
  await make(temporary);
  const digest = await sha256(temporary);
  const file = `${digest}.tar`;
  await rename(temporary, join(directory, file));
  return { file, digest };
}

async function tarProgram(report: Report, image: ComponentImage, programs: string, tar: string): Promise<void> {
  const rename = `s,^${image.program}$,${image.path},`;
  const owner = ["--owner=0", "--group=0", "--mode=0755"];
  await run(report, "tar", [...owner, `--transform=${rename}`, "-C", programs, "-cf", tar, image.program]);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
