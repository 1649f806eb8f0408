import { loadImages } from "../cluster/cluster.ts";
import { run } from "../cluster/command.ts";
import type { Report } from "../cluster/report.ts";
import { formatReference, type ImageReference } from "../images/app-image.ts";
import { builtImages } from "./built-images.ts";
import { copyContext, readBefore } from "./context-cluster.ts";
import type { Machine } from "./machine.ts";
import { addMade } from "./made.ts";
import { done, Step } from "./step.ts";
import type { Images, Target } from "./target.ts";

/**
 * A cluster the user already has, by its context. Images get there through `registry`, which the engine is logged in to and the
 * cluster pulls from; a kind cluster gets them from the engine.
 */
export function contextTarget(
  machine: Machine,
  context: string,
  registry: string | undefined,
  namespace: string,
): Target {
  return {
    clusterStep: ({ tools }) =>
      new Step("cluster", [tools], async (report) => {
        const kubernetes = await copyContext(report, tools.value, context);
        const args = ["--kubeconfig", kubernetes.kubeconfig, "cluster-info"];
        await run(report, kubernetes.kubectl, args, { timeout: 20_000 });
        await addMade({ contexts: { [context]: await readBefore(report, kubernetes, namespace) } });
        return done(kubernetes, `context ${context}`);
      }),
    imagesStep: ({ cluster, images }) =>
      new Step("images to cluster", [cluster, images], async (report) => {
        const built = builtImages(images.value, machine);
        if (registry !== undefined)
          return done(await pushImages(report, images.value, built, registry), `pushed to ${registry}`);
        await loadIntoKind(report, context, built);
        return done(images.value, `loaded into ${context}`);
      }),
  };
}

/** What is wrong with the options for a cluster of the user's own, or undefined. */
export function checkContextOptions(context: string | undefined, registry: string | undefined): string | undefined {
  if (context === undefined) {
    return registry === undefined
      ? undefined
      : "--registry is for --context: the kind cluster gets its images from Docker";
  }
  if (registry !== undefined || context.startsWith("kind-")) return undefined;
  return (
    `the cluster of ${context} has to pull the images from somewhere: give --registry HOST/PATH, which Docker is logged in ` +
    "to and the cluster may pull from (only the clusters of kind take images from Docker itself)"
  );
}

async function loadIntoKind(report: Report, context: string, built: readonly ImageReference[]): Promise<void> {
  await loadImages(report, built.map(formatReference), `${context.slice("kind-".length)}-control-plane`);
}

async function pushImages(
  report: Report,
  images: Images,
  built: readonly ImageReference[],
  registry: string,
): Promise<Images> {
  const pushed = (image: ImageReference): ImageReference =>
    built.includes(image) ? { repository: `${registry}/${image.repository}`, tag: image.tag } : image;
  for (const image of built) {
    const reference = formatReference(pushed(image));
    report.progress(reference);
    await run(report, "docker", ["tag", formatReference(image), reference]);
    await run(report, "docker", ["push", "--quiet", reference]);
  }
  const { operator, task, postgres, versitygw } = images;
  return {
    operator: pushed(operator),
    task: pushed(task),
    postgres: pushed(postgres),
    ...(versitygw === undefined ? {} : { versitygw: pushed(versitygw) }),
  };
}
