import { setTimeout as sleep } from "node:timers/promises";
import { writeAtomically } from "./atomic.ts";
import { attempt, pipe, run } from "./command.ts";
import { KUBECONFIG } from "./directories.ts";
import type { Report } from "./report.ts";
import { isWithin, parseVersion } from "./version.ts";
import { ACCEPTED_KUBERNETES, COREDNS_VERSION, ETCD_VERSION } from "./versions.ts";

/** The name of the kind cluster; its one node is the container of {@link NODE}. */
export const CLUSTER = "kelt";
export const NODE = `${CLUSTER}-control-plane`;

/** Milliseconds until a node that was started again is Ready; a new cluster is quicker than a longer wait. */
const READY_TIMEOUT = 80_000;
const CREATE_TIMEOUT = "180s";

export interface ClusterTools {
  /** Paths of the programs. */
  readonly kind: string;
  readonly kubectl: string;
}

/** How a cluster came about. */
export type ClusterOrigin = "found" | "started" | "created";

/**
 * Makes sure that the cluster exists and its node is Ready, and writes its kubeconfig. A cluster that is not Ready within
 * {@link READY_TIMEOUT} is deleted and created again. `image` is asked for only where one has to be created.
 */
export async function ensureCluster(
  report: Report,
  tools: ClusterTools,
  image: () => Promise<NodeImage>,
): Promise<ClusterOrigin> {
  const isThere = await hasCluster(report, tools.kind);
  if (isThere) {
    const started = await startNode(report);
    report.progress("waiting for the node");
    await writeKubeconfig(report, tools.kind);
    const isUsable =
      (await isReady(report, tools.kubectl, READY_TIMEOUT)) && isServed(await readVersion(report, tools.kubectl));
    if (isUsable) return started ? "started" : "found";
    report.progress("the cluster that is there is not Ready or of another Kubernetes release: it is created again");
  }
  // The image may need what this machine has not: until then the old cluster stays.
  const node = await image();
  if (isThere) await deleteCluster(report, tools.kind);
  report.progress("starting the control plane");
  await createCluster(report, tools.kind, node);
  if (await isReady(report, tools.kubectl, READY_TIMEOUT)) return "created";
  throw new Error(
    `the node of the new cluster is not Ready: \`docker logs ${NODE}\` and \`docker exec ${NODE} journalctl\``,
  );
}

/** A node image, and whether it was built here. */
export interface NodeImage {
  readonly reference: string;
  readonly isBuiltHere: boolean;
}

export async function hasCluster(report: Report, kind: string): Promise<boolean> {
  return (await run(report, kind, ["get", "clusters"])).split("\n").includes(CLUSTER);
}

export async function deleteCluster(report: Report, kind: string): Promise<void> {
  await run(report, kind, ["delete", "cluster", "--name", CLUSTER, "--kubeconfig", KUBECONFIG]);
}

/** Gives the node images that the engine holds, unless the node has them; tags have to change with their content. */
export async function loadImages(report: Report, references: readonly string[], node = NODE): Promise<string[]> {
  const listed = await run(report, "docker", ["exec", node, "ctr", "-n", "k8s.io", "images", "ls", "-q"], {
    quiet: true,
  });
  const present = new Set(listed.split("\n"));
  const missing = references.filter((reference) => !present.has(`docker.io/${reference}`));
  if (missing.length > 0) {
    await pipe(
      report,
      ["docker", "save", ...missing],
      ["docker", "exec", "-i", node, "ctr", "-n", "k8s.io", "images", "import", "-"],
    );
  }
  return missing;
}

/** The kind configuration for a node image: one that was built here holds other releases than kubeadm would ask for. */
export function kindConfiguration(node: NodeImage): string {
  const cluster = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n";
  if (!node.isBuiltHere) return cluster;
  return `${cluster}kubeadmConfigPatches:
  - |
    kind: ClusterConfiguration
    dns:
      imageTag: v${COREDNS_VERSION}
    etcd:
      local:
        imageTag: ${ETCD_VERSION}-0
`;
}

/** Whether kelt runs on this release of Kubernetes: a cluster of an old start may be too old for what is installed today. */
export function isServed(version: string): boolean {
  const parsed = parseVersion(version);
  return parsed !== undefined && isWithin(parsed, ACCEPTED_KUBERNETES);
}

async function readVersion(report: Report, kubectl: string): Promise<string> {
  const args = ["--kubeconfig", KUBECONFIG, "get", "--raw", "/version"];
  const { stdout } = await attempt(report, kubectl, args, { timeout: 20_000 });
  return /"gitVersion":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "";
}

async function createCluster(report: Report, kind: string, node: NodeImage): Promise<void> {
  const args = ["create", "cluster", "--name", CLUSTER, "--image", node.reference, "--kubeconfig", KUBECONFIG];
  await run(report, kind, [...args, "--wait", CREATE_TIMEOUT, "--config", "-"], { input: kindConfiguration(node) });
  await writeKubeconfig(report, kind);
}

async function writeKubeconfig(report: Report, kind: string): Promise<void> {
  const kubeconfig = await run(report, kind, ["get", "kubeconfig", "--name", CLUSTER], { quiet: true });
  await writeAtomically(KUBECONFIG, `${kubeconfig}\n`, 0o600);
}

/** Starts the node's container where it does not run; returns whether it had to. */
async function startNode(report: Report): Promise<boolean> {
  const state = await attempt(report, "docker", ["inspect", "--format", "{{.State.Running}}", NODE]);
  if (state.stdout.trim() === "true") return false;
  await attempt(report, "docker", ["start", NODE]);
  return true;
}

/** The API answers Forbidden for some seconds after a start, while its roles load: that is waited out as well. */
async function isReady(report: Report, kubectl: string, timeout: number): Promise<boolean> {
  const deadline = Date.now() + timeout;
  while (Date.now() < deadline) {
    const left = Math.ceil((deadline - Date.now()) / 1000);
    const args = ["--kubeconfig", KUBECONFIG, "wait", "--for=condition=Ready", "node", "--all", `--timeout=${left}s`];
    const answer = await attempt(report, kubectl, args, { timeout: left * 1000 + 1000 });
    if (answer.code === 0) return true;
    await sleep(500, undefined, { signal: report.signal });
  }
  return false;
}
