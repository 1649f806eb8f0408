import { isServed, NODE } from "./cluster.ts";
import { attempt } from "./command.ts";
import type { Report } from "./report.ts";

/**
 * | state    | the kind cluster                                                                                              |
 * |----------|---------------------------------------------------------------------------------------------------------------|
 * | absent   | is not there, and is created                                                                                  |
 * | there    | is used again: it answers, or is stopped, and its release is one that kelt runs on                             |
 * | unusable | is there and is created again: its release is another one, or it runs and does not answer                      |
 */
export type ClusterState = "absent" | "there" | "unusable";

/** Longest time that a cluster which runs takes to answer. */
const ANSWER_MS = 20_000;
/** Where nodes of kind have the release of Kubernetes, also while they are stopped; those built here have it too. */
const RELEASE_FILE = "/kind/version";

/** Looks at the kind cluster and starts nothing. */
export async function readCluster(report: Report): Promise<ClusterState> {
  const inspected = await attempt(report, "docker", ["inspect", "--format", "{{.State.Running}}", NODE]);
  if (inspected.code !== 0) return "absent";
  const isRunning = inspected.stdout.trim() === "true";
  return isServed(isRunning ? await askRelease(report) : await storedRelease(report)) ? "there" : "unusable";
}

/** What the API server says of itself; nothing where it does not answer. */
async function askRelease(report: Report): Promise<string> {
  const ask = ["exec", NODE, "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "get", "--raw=/version"];
  const { stdout } = await attempt(report, "docker", ask, { timeout: ANSWER_MS, quiet: true });
  return /"gitVersion":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "";
}

/** A copy of one file comes as a tar, whose blocks hold nothing else that looks like a release. */
async function storedRelease(report: Report): Promise<string> {
  const { stdout } = await attempt(report, "docker", ["cp", `${NODE}:${RELEASE_FILE}`, "-"], { quiet: true });
  return /\bv\d+\.\d+\.\d+\S*/.exec(stdout.replaceAll("\0", "\n"))?.[0] ?? "";
}
