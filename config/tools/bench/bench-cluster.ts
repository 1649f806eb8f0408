import { setTimeout as sleep } from "node:timers/promises";
import type { TaskPodSettings } from "../../../operator/job/job.ts";
import type { Grant } from "../../../operator/kube/access.ts";
import { KubeClient } from "../../../operator/kube/client.ts";
import { systemClock } from "../../../operator/kube/clock.ts";
import { kubeConfigCredentials } from "../../../operator/kube/credentials.ts";
import { SocketPools } from "../../../operator/kube/socket-pools.ts";
import { TRANSPORT_SETTINGS, Transport } from "../../../operator/kube/transport.ts";
import { readSettings } from "../../../operator/settings.ts";
import { type Answer, kubectl, mustKubectl } from "../../../test/support/cluster/cluster.ts";

/** Where the quick start installs the operator. */
export const OPERATOR_NAMESPACE = "kelt-system";
const KUBECONFIG = process.env.KELT_TEST_KUBECONFIG ?? ".kelt/kubeconfig";

/** What the bench does itself; the operator's own table has no right to create runs. */
const BENCH_ACCESS: readonly Grant[] = [
  { kind: "PipelineRun", verbs: ["create", "list", "watch"] },
  { kind: "PipelineRun", subresource: "status", verbs: ["patch"] },
  { kind: "Job", verbs: ["create"] },
  { kind: "Pod", verbs: ["list", "watch"] },
  { kind: "Lease", verbs: ["create"] },
];

/** A client of the quick start's cluster with the operator's own transport, so that loop and operator pay the same for a call. */
export function connectBench(): KubeClient {
  const connections = new SocketPools(kubeConfigCredentials({ path: KUBECONFIG }), systemClock);
  const transport = new Transport({
    connections,
    clock: systemClock,
    random: Math.random,
    settings: TRANSPORT_SETTINGS,
  });
  return new KubeClient(transport, BENCH_ACCESS);
}

/** Longest time until a namespace of a benchmark that was broken off is gone, with its runs and pods. */
const NAMESPACE_MS = 300_000;
/** Longest time until the API server serves kelt's kinds: after a change of their definitions it answers 429 for some seconds. */
const KINDS_MS = 60_000;
const KINDS = "pipelines.kelt.dev,pipelineruns.kelt.dev,connections.kelt.dev";

/**
 * Makes namespaces that hold nothing, once those of a benchmark before are gone, and waits until kelt's kinds are served. Throws what
 * kubectl said last where that takes too long.
 */
export async function makeNamespaces(...names: readonly string[]): Promise<void> {
  kubectl(["delete", "namespace", ...names, "--ignore-not-found", "--wait=false"]);
  for (const name of names) {
    await repeat(NAMESPACE_MS, () => kubectl(["create", "namespace", name]));
    await repeat(KINDS_MS, () => kubectl(["get", KINDS, "-n", name]));
  }
}

async function repeat(longest: number, ask: () => Answer): Promise<void> {
  const deadline = Date.now() + longest;
  for (let answer = ask(); !answer.ok; answer = ask()) {
    if (Date.now() > deadline) throw new Error(answer.text);
    await sleep(500);
  }
}

/** The settings that the installed operator makes task pods with. */
export function taskPodsOf(): TaskPodSettings {
  const deployment = JSON.parse(mustKubectl(["get", "deployment", "kelt", "-n", OPERATOR_NAMESPACE, "-o", "json"])) as {
    spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } };
  };
  const env = deployment.spec.template.spec.containers[0]?.env ?? [];
  return readSettings(Object.fromEntries(env.map(({ name, value }) => [name, value]))).taskPods;
}

export interface Writes {
  readonly creates: number;
  readonly statusPatches: number;
  readonly other: number;
}

/** What the leading operator tells Prometheus. */
function operatorMetrics(): string {
  const lease = mustKubectl([
    "get",
    "lease",
    "kelt-operator",
    "-n",
    OPERATOR_NAMESPACE,
    "-o",
    "jsonpath={.spec.holderIdentity}",
  ]);
  const pod = lease.split("_")[0] ?? "";
  return mustKubectl(["get", "--raw", `/api/v1/namespaces/${OPERATOR_NAMESPACE}/pods/${pod}:8080/proxy/metrics`]);
}

/** Memory of the leading operator that is resident now, in bytes. */
export function operatorMemory(): number {
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(operatorMetrics())?.[1]);
}

/** The writes that the leading operator has sent so far, the Lease's left out, by its own count at its transport. */
export function operatorWrites(): Writes {
  const text = operatorMetrics();
  const writes = { creates: 0, statusPatches: 0, other: 0 };
  for (const [, labels = "", value] of text.matchAll(/^rest_client_requests_total\{(.*)\} (\d+)$/gm)) {
    const method = /method="([^"]*)"/.exec(labels)?.[1] ?? "";
    const resource = /resource="([^"]*)"/.exec(labels)?.[1] ?? "";
    if (resource === "leases" || ["get", "list", "watch"].includes(method)) continue;
    if (resource === "pipelineruns/status") writes.statusPatches += Number(value);
    else if (method === "create" && resource === "jobs") writes.creates += Number(value);
    else writes.other += Number(value);
  }
  return writes;
}
