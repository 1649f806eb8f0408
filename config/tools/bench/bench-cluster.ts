import type { TaskPodSettings } from "../../../operator/job/job.ts";
import type { Grant } from "../../../operator/kube/access.ts";
import { KubeClient } from "../../../operator/kube/client.ts";
import { systemClock } from "../../../operator/kube/clock.ts";
import { kubeConfigCredentials } from "../../../operator/kube/credentials.ts";
import { SocketPools } from "../../../operator/kube/socket-pools.ts";
import { TRANSPORT_SETTINGS, Transport } from "../../../operator/kube/transport.ts";
import { readSettings } from "../../../operator/settings.ts";
import { mustKubectl } from "../../../test/support/cluster/cluster.ts";

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
