import { join } from "node:path";
import { writeAtomically } from "../cluster/atomic.ts";
import { run } from "../cluster/command.ts";
import { STATE } from "../cluster/directories.ts";
import type { Report } from "../cluster/report.ts";
import { attemptKubectl, helm, type Kubernetes, kubectl } from "./kubernetes.ts";
import type { Before } from "./made.ts";
import { hasRelease, OPERATOR_NAMESPACE, RELEASE } from "./operator.ts";

/** Where the entry of the user's context is copied to: the user's own kubeconfig is read and never written. */
const CONTEXT_KUBECONFIG = join(STATE, "context-kubeconfig");
const DEFINITIONS = ["pipelines", "pipelineruns", "connections"].map((plural) => `${plural}.kelt.dev`);

/** Copies a context of the user's kubeconfig, with its credentials, to where only the quick start reads it. */
export async function copyContext(
  report: Report,
  tools: { readonly kubectl: string; readonly helm: string },
  context: string,
): Promise<Kubernetes> {
  const args = ["config", "view", "--minify", "--flatten", "--context", context];
  await writeAtomically(CONTEXT_KUBECONFIG, await run(report, tools.kubectl, args, { quiet: true }), 0o600);
  const kubernetes: Kubernetes = { kubectl: tools.kubectl, helm: tools.helm, kubeconfig: CONTEXT_KUBECONFIG };
  await kubectl(report, kubernetes, ["config", "use-context", context]);
  return kubernetes;
}

/** What of the quick start's own names the cluster holds already. */
export async function readBefore(report: Report, kubernetes: Kubernetes, namespace: string): Promise<Before> {
  const has = async (...args: string[]) => (await attemptKubectl(report, kubernetes, ["get", ...args])).code === 0;
  const namespaces: string[] = [];
  for (const name of [OPERATOR_NAMESPACE, namespace]) if (await has("namespace", name)) namespaces.push(name);
  return {
    namespaces,
    hadRelease: await hasRelease(report, kubernetes),
    hadDefinitions: await has("crd", ...DEFINITIONS),
  };
}

/** Removes from a cluster of the user's own what was not there before: the demo first, while the operator still runs. */
export async function clearContext(
  report: Report,
  kubernetes: Kubernetes,
  namespaces: readonly string[],
  before: Before,
): Promise<void> {
  const made = namespaces.filter((name) => !before.namespaces.includes(name));
  const remove = (...args: string[]) => kubectl(report, kubernetes, ["delete", "--ignore-not-found", ...args]);
  for (const name of made.filter((namespace) => namespace !== OPERATOR_NAMESPACE)) await remove("namespace", name);
  if (!before.hadRelease && (await hasRelease(report, kubernetes))) {
    await helm(report, kubernetes, ["uninstall", RELEASE, "--namespace", OPERATOR_NAMESPACE, "--wait"]);
  }
  if (!before.hadDefinitions) await remove("crd", ...DEFINITIONS);
  if (made.includes(OPERATOR_NAMESPACE)) await remove("namespace", OPERATOR_NAMESPACE);
}
