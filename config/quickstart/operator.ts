import { join } from "node:path";
import { z } from "zod";
import { attempt } from "../cluster/command.ts";
import { REPOSITORY } from "../cluster/directories.ts";
import type { Report } from "../cluster/report.ts";
import type { ImageReference } from "../images/app-image.ts";
import { explainPods } from "./demo.ts";
import { helm, type Kubernetes } from "./kubernetes.ts";

/** Helm release and service account `kelt` in this namespace. */
export const OPERATOR_NAMESPACE = "kelt-system";
export const RELEASE = "kelt";
const READY_TIMEOUT = "180s";

const Release = z.object({ version: z.number(), info: z.object({ status: z.string() }) });

export interface AppImages {
  readonly operator: ImageReference;
  readonly task: ImageReference;
}

/** Installs or upgrades the operator from the chart of this clone and waits until it is ready. */
export async function installOperator(report: Report, kubernetes: Kubernetes, images: AppImages): Promise<void> {
  const values = {
    "image.operator.repository": images.operator.repository,
    "image.operator.tag": images.operator.tag,
    "image.task.repository": images.task.repository,
    "image.task.tag": images.task.tag,
  };
  const settings = Object.entries(values).flatMap(([name, value]) => ["--set-string", `${name}=${value}`]);
  const args = ["upgrade", "--install", RELEASE, join(REPOSITORY, "helm"), "--namespace", OPERATOR_NAMESPACE];
  await clearPendingRelease(report, kubernetes);
  try {
    await helm(report, kubernetes, [...args, "--create-namespace", "--wait", "--timeout", READY_TIMEOUT, ...settings]);
  } catch (error) {
    await explainPods(report, kubernetes, OPERATOR_NAMESPACE);
    throw error;
  }
}

/** Whether the release is installed. */
export async function hasRelease(report: Report, kubernetes: Kubernetes): Promise<boolean> {
  const args = ["--kubeconfig", kubernetes.kubeconfig, "status", RELEASE, "-n", OPERATOR_NAMESPACE, "-o", "json"];
  return (await attempt(report, kubernetes.helm, args, { quiet: true })).code === 0;
}

/** An installation that was killed leaves its release pending, and Helm refuses to touch it: it is taken back first. */
async function clearPendingRelease(report: Report, kubernetes: Kubernetes): Promise<void> {
  const args = ["--kubeconfig", kubernetes.kubeconfig, "status", RELEASE, "-n", OPERATOR_NAMESPACE, "-o", "json"];
  const answer = await attempt(report, kubernetes.helm, args, { quiet: true });
  if (answer.code !== 0) return;
  const release = Release.parse(JSON.parse(answer.stdout));
  if (!release.info.status.startsWith("pending")) return;
  const undo = release.version > 1 ? "rollback" : "uninstall";
  await helm(report, kubernetes, [undo, RELEASE, "--namespace", OPERATOR_NAMESPACE]);
}
