import { type ClusterOrigin, ensureCluster, loadImages, type NodeImage } from "../cluster/cluster.ts";
import { attempt } from "../cluster/command.ts";
import { KUBECONFIG } from "../cluster/directories.ts";
import type { Engine } from "../cluster/engine.ts";
import { pullImage } from "../cluster/image.ts";
import { buildPrograms, PROGRAMS } from "../cluster/offline/go-tools.ts";
import { makeNodeImage } from "../cluster/offline/node-image.ts";
import type { Report } from "../cluster/report.ts";
import { NODE_IMAGE } from "../cluster/versions.ts";
import { formatReference } from "../images/app-image.ts";
import { builtImages } from "./built-images.ts";
import type { Machine } from "./machine.ts";
import { addMade } from "./made.ts";
import { done, Step } from "./step.ts";
import type { Target } from "./target.ts";

const ORIGIN_WORDS: Readonly<Record<ClusterOrigin, string>> = {
  found: "was running",
  started: "was stopped and runs again",
  created: "created",
};

/** The kind cluster of this repository. */
export function kindTarget(machine: Machine): Target {
  return {
    clusterStep: ({ engine, tools, debian }) =>
      new Step(
        "cluster",
        [engine, tools, debian],
        async (report) => {
          const nodeImage = () => provideNodeImage(report, engine.value, machine);
          const origin = await ensureCluster(report, tools.value, nodeImage);
          const { kubectl, helm } = tools.value;
          return done({ kubectl, helm, kubeconfig: KUBECONFIG }, `kind cluster kelt ${ORIGIN_WORDS[origin]}`);
        },
        "A cluster that does not come up is made anew after `npm run down`.",
      ),
    imagesStep: ({ cluster, images }) =>
      new Step("images to node", [cluster, images], async (report) => {
        const loaded = await loadImages(report, builtImages(images.value, machine).map(formatReference));
        return done(images.value, loaded.length === 0 ? "all there" : `${loaded.length} loaded`);
      }),
  };
}

async function provideNodeImage(report: Report, engine: Engine, machine: Machine): Promise<NodeImage> {
  const network = await attempt(report, "docker", ["network", "inspect", "kind"], { quiet: true });
  if (network.code !== 0) await addMade({ network: true });
  if (machine.canPull.node) {
    report.progress("pulling the node image");
    if (await pullImage(report, NODE_IMAGE)) await addMade({ images: [NODE_IMAGE] });
    return { reference: NODE_IMAGE, isBuiltHere: false };
  }
  await buildPrograms(report, PROGRAMS);
  return { reference: await makeNodeImage(report, engine, machine.platform), isBuiltHere: true };
}
