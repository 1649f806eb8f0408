import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { writeAtomically } from "../cluster/atomic.ts";
import { STATE } from "../cluster/directories.ts";
import type { Report } from "../cluster/report.ts";
import { POSTGRES_IMAGE } from "../cluster/versions.ts";
import type { ImageReference } from "../images/app-image.ts";
import { attemptKubectl, type Kubernetes, kubectl } from "./kubernetes.ts";
import type { Sample } from "./sample.ts";
import type { Images } from "./target.ts";

const READY_TIMEOUT = "300s";

/** The Postgres of the demo: the published image, or the one that was built in its place. */
export function publishedPostgres(): ImageReference {
  const [repository, tag] = POSTGRES_IMAGE.split(":");
  if (!repository || !tag) throw new Error(`an image with a tag is expected, found ${POSTGRES_IMAGE}`);
  return { repository, tag };
}

/** A kustomization that stands on the sample's demo and puts other images in the place of `postgres`, `node` and `versitygw`. */
export function demoOverlay(base: string, { postgres, task, versitygw }: Omit<Images, "operator">): string {
  const places = { postgres, node: task, ...(versitygw === undefined ? {} : { versitygw }) };
  return stringify({
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [base],
    images: Object.entries(places).map(([name, { repository, tag }]) => ({ name, newName: repository, newTag: tag })),
  });
}

/** Applies the demo's servers and waits until they answer. */
export async function applyDemo(report: Report, kubernetes: Kubernetes, sample: Sample, images: Images): Promise<void> {
  const overlay = join(STATE, "demo", sample.name);
  await mkdir(overlay, { recursive: true });
  const base = relative(overlay, join(sample.directory, "demo"));
  await writeAtomically(join(overlay, "kustomization.yaml"), demoOverlay(base, images));
  await kubectl(report, kubernetes, ["apply", "-k", overlay]);
  for (const workload of sample.workloads) {
    report.progress(`waiting for ${workload}`);
    const args = ["rollout", "status", workload, "-n", sample.namespace, `--timeout=${READY_TIMEOUT}`];
    await kubectl(report, kubernetes, args).catch(async (error: unknown) => {
      await explainPods(report, kubernetes, sample.namespace);
      throw error;
    });
  }
}

/** Writes what is known of a namespace's pods into the log: the reason stands there when a workload does not start. */
export async function explainPods(report: Report, kubernetes: Kubernetes, namespace: string): Promise<void> {
  await attemptKubectl(report, kubernetes, ["get", "pods", "-n", namespace, "-o", "wide"]);
  await attemptKubectl(report, kubernetes, ["get", "events", "-n", namespace, "--sort-by=.lastTimestamp"]);
}
