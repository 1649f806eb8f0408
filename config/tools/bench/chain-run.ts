import { LABEL } from "#api/metadata.ts";
import { PipelineSpec } from "#api/pipeline.ts";
import { jobOf, type TaskPodSettings } from "../../../operator/job/job.ts";
import type { KubeClient } from "../../../operator/kube/client.ts";
import type { NewObject } from "../../../operator/kube/kube.ts";
import { mustKubectl } from "../../../test/support/cluster/cluster.ts";

export const WATCH_SECONDS = 300;

/** The nodes of a benchmark, by name, and what each of them needs. */
export type Shape = Readonly<Record<string, readonly string[]>>;

const CONNECTION = "warehouse";
const SECRET = "bench-warehouse";

/** One chain of so many nodes. */
export function chain(nodes: number, prefix = "n"): Shape {
  const names = Array.from({ length: nodes }, (_, i) => `${prefix}${String(i).padStart(2, "0")}`);
  return Object.fromEntries(names.map((name, i) => [name, i === 0 ? [] : [names[i - 1] ?? ""]]));
}

/** So many chains beside each other. */
export function chains(count: number, nodes: number): Shape {
  return Object.assign({}, ...Array.from({ length: count }, (_, i) => chain(nodes, `c${i}-`))) as Shape;
}

/** A spec of the given shape whose nodes are checks that ask the demo's warehouse for as long as `seconds`, and find nothing wrong. */
export function checksOf(shape: Shape, { seconds = 0, ...more }: { seconds?: number; startAhead?: number } = {}) {
  const sql = seconds === 0 ? "SELECT 1 WHERE false" : `SELECT 1 WHERE pg_sleep(${seconds}) IS NULL`;
  const test = { connection: CONNECTION, checks: [{ sql }] };
  const nodes = Object.fromEntries(Object.entries(shape).map(([name, needs]) => [name, { needs, test }]));
  return { ...more, connections: { [CONNECTION]: { postgres: { secretRef: SECRET } } }, nodes };
}

/** Containers that exit as soon as they run. */
export function containersOf(shape: Shape) {
  const container = { command: ["/usr/local/bin/node", "--version"] };
  return { nodes: Object.fromEntries(Object.entries(shape).map(([name, needs]) => [name, { needs, container }])) };
}

/** A Pipeline as kubectl takes it. */
export function aPipeline(name: string, spec: object): object {
  return { apiVersion: "kelt.dev/v1alpha1", kind: "Pipeline", metadata: { name }, spec };
}

/** Lets the namespace reach the warehouse of the quick start's demo. */
export function copyWarehouseSecret(namespace: string): void {
  const found = JSON.parse(mustKubectl(["get", "secret", "films-warehouse", "-n", "kelt-demo", "-o", "json"])) as {
    data: Record<string, string>;
  };
  const host = Buffer.from("warehouse.kelt-demo").toString("base64");
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: SECRET }, data: { ...found.data, host } };
  mustKubectl(["apply", "-n", namespace, "-f", "-"], secret);
}

/** Of a run of the Pipeline: from the creation of the run to the sight of its condition Succeeded=True. */
export async function secondsOfRun(
  kube: KubeClient,
  namespace: string,
  name: string,
  pipeline = "chain",
): Promise<number> {
  const signal = AbortSignal.timeout(WATCH_SECONDS * 1000);
  const { resourceVersion } = await kube.list("PipelineRun", { namespace, limit: 1 });
  const begun = performance.now();
  await kube.create("PipelineRun", namespace, { metadata: { name }, spec: { pipeline } });
  const scope = { namespace, resourceVersion, timeoutSeconds: WATCH_SECONDS, signal };
  for await (const event of kube.watch("PipelineRun", scope)) {
    if (event.type !== "MODIFIED" || event.object.metadata.name !== name) continue;
    const status = event.object.status as { conditions?: Condition[] } | undefined;
    const condition = status?.conditions?.find(({ type }) => type === "Succeeded");
    if (condition?.status === "True") return (performance.now() - begun) / 1000;
    if (condition?.status === "False") throw new Error(`run ${name} failed: ${condition.message}`);
  }
  throw new Error(`run ${name} did not end within ${WATCH_SECONDS} s`);
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}

/** What the bare loop works on. */
export interface LoopServices {
  readonly kube: KubeClient;
  readonly namespace: string;
  readonly taskPods: TaskPodSettings;
  readonly spec: object;
  readonly shape: Shape;
}

/**
 * The floor: nothing but creating the Jobs that the operator would make, each as soon as the containers of the nodes that it needs are seen
 * terminated. Their owner is no run, so that the operator leaves them alone. Answers the seconds.
 */
export async function secondsOfLoop({ kube, namespace, taskPods, spec, shape }: LoopServices, name: string) {
  const signal = AbortSignal.timeout(WATCH_SECONDS * 1000);
  const parsed = PipelineSpec.parse(spec);
  const { metadata: owner } = await kube.create("Lease", namespace, { metadata: { name }, spec: {} });
  const { resourceVersion } = await kube.list("Pod", { namespace, limit: 1 });
  const run = { namespace, name: owner.name, uid: owner.uid };
  const begun = performance.now();
  const made = new Set<string>();
  const done = new Set<string>();
  const create = async (node: string) => {
    made.add(node);
    const job = jobOf({ run, pipeline: "chain", spec: parsed, node, attempt: 1 }, taskPods);
    const { ownerReferences: _, ...metadata } = job.metadata ?? {};
    await kube.create("Job", namespace, { ...job, metadata } as unknown as NewObject);
  };
  const createReady = async () => {
    const ready = Object.entries(shape).filter(
      ([node, needs]) => !made.has(node) && needs.every((one) => done.has(one)),
    );
    await Promise.all(ready.map(([node]) => create(node)));
  };
  await createReady();
  const labelSelector = `${LABEL.runUid}=${owner.uid}`;
  const scope = { namespace, labelSelector, resourceVersion, timeoutSeconds: WATCH_SECONDS, signal };
  for await (const event of kube.watch("Pod", scope)) {
    if (event.type !== "MODIFIED") continue;
    const node = event.object.metadata.labels?.[LABEL.node] ?? "";
    const ended = event.object.status?.containerStatuses?.[0]?.state?.terminated;
    if (ended === undefined || done.has(node)) continue;
    if (ended.exitCode !== 0) throw new Error(`the loop's node ${node} exited with ${ended.exitCode}`);
    done.add(node);
    if (done.size === Object.keys(shape).length) return (performance.now() - begun) / 1000;
    await createReady();
  }
  throw new Error(`the loop did not end within ${WATCH_SECONDS} s`);
}
