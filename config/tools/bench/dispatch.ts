import { LABEL, type ObjectMeta } from "#api/metadata.ts";
import { PipelineSpec } from "#api/pipeline.ts";
import { jobOf, type TaskPodSettings } from "../../../operator/job/job.ts";
import type { KubeClient } from "../../../operator/kube/client.ts";
import type { NewObject } from "../../../operator/kube/kube.ts";
import { kubectl, mustKubectl } from "../../../test/support/cluster.ts";
import { connectBench, operatorWrites, taskPodsOf } from "./bench-cluster.ts";
import { type BenchmarkLine, median, round } from "./benchmark-line.ts";

const NODES = 20;
const PAIRS = 3;
const NAMESPACE = "kelt-bench";
const WATCH_SECONDS = 300;

const names = Array.from({ length: NODES }, (_, i) => `n${String(i).padStart(2, "0")}`);

/** A chain of nodes that do nothing: the container exits as soon as it runs. */
const CHAIN = {
  nodes: Object.fromEntries(
    names.map((name, i) => [
      name,
      { needs: i === 0 ? [] : [names[i - 1]], container: { command: ["/usr/local/bin/node", "--version"] } },
    ]),
  ),
};

/**
 * Seconds of a run of twenty nodes in a chain over seconds of a bare loop that creates the same Jobs, each as soon as it sees
 * the container of the one before terminated; on the quick start's cluster, in turns. Counts the operator's own writes too.
 */
export async function dispatch(): Promise<BenchmarkLine> {
  const kube = connectBench();
  const taskPods = taskPodsOf();
  kubectl(["create", "namespace", NAMESPACE]);
  try {
    mustKubectl(["apply", "-n", NAMESPACE, "-f", "-"], pipeline());
    await runOperator(kube, "warm-up");
    const ours: number[] = [];
    const loop: number[] = [];
    const writes: Awaited<ReturnType<typeof operatorWrites>>[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      loop.push(await runLoop(kube, taskPods, `loop-${pair}`));
      const before = operatorWrites();
      const seconds = await runOperator(kube, `chain-${pair}`);
      const after = operatorWrites();
      ours.push(seconds);
      writes.push({
        creates: after.creates - before.creates,
        statusPatches: after.statusPatches - before.statusPatches,
        other: after.other - before.other,
      });
    }
    const patchesPerSecond = Math.max(...writes.map(({ statusPatches }, i) => statusPatches / (ours[i] ?? 1)));
    return {
      benchmark: "dispatch",
      ratio: round(median(ours) / median(loop)),
      figures: {
        nodes: NODES,
        operatorSeconds: ours.map(round),
        loopSeconds: loop.map(round),
        jobAndEventWritesPerNode: round(Math.max(...writes.map(({ creates, other }) => creates + other)) / NODES),
        writesPerNodeWithStatus: round(
          Math.max(...writes.map(({ creates, other, statusPatches }) => creates + other + statusPatches)) / NODES,
        ),
        statusPatchesPerSecond: round(patchesPerSecond),
      },
    };
  } finally {
    kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]);
  }
}

function pipeline(): object {
  return { apiVersion: "kelt.dev/v1alpha1", kind: "Pipeline", metadata: { name: "chain" }, spec: CHAIN };
}

/** From the creation of the run to the sight of its condition Succeeded=True. */
async function runOperator(kube: KubeClient, name: string): Promise<number> {
  const signal = AbortSignal.timeout(WATCH_SECONDS * 1000);
  const { resourceVersion } = await kube.list("PipelineRun", { namespace: NAMESPACE, limit: 1 });
  const begun = performance.now();
  await kube.create("PipelineRun", NAMESPACE, { metadata: { name }, spec: { pipeline: "chain" } });
  for await (const event of kube.watch("PipelineRun", {
    namespace: NAMESPACE,
    resourceVersion,
    timeoutSeconds: WATCH_SECONDS,
    signal,
  })) {
    if (event.type === "BOOKMARK" || event.object.metadata.name !== name) continue;
    const status = event.object.status as { conditions?: { status: string; message: string }[] } | undefined;
    const condition = status?.conditions?.[0];
    if (condition?.status === "True") return (performance.now() - begun) / 1000;
    if (condition?.status === "False") throw new Error(`run ${name} failed: ${condition.message}`);
  }
  throw new Error(`run ${name} did not end within ${WATCH_SECONDS} s`);
}

/** The floor: nothing but creating a Job and watching for its pod's end, twenty times. */
async function runLoop(kube: KubeClient, taskPods: TaskPodSettings, name: string): Promise<number> {
  const signal = AbortSignal.timeout(WATCH_SECONDS * 1000);
  const owner = await kube.create("Lease", NAMESPACE, { metadata: { name }, spec: {} });
  const { resourceVersion } = await kube.list("Pod", { namespace: NAMESPACE, limit: 1 });
  const begun = performance.now();
  let next = 0;
  const create = () => kube.create("Job", NAMESPACE, bareJob(owner.metadata, next, taskPods));
  await create();
  const labelSelector = `${LABEL.runUid}=${owner.metadata.uid}`;
  for await (const event of kube.watch("Pod", {
    namespace: NAMESPACE,
    labelSelector,
    resourceVersion,
    timeoutSeconds: WATCH_SECONDS,
    signal,
  })) {
    if (event.type === "BOOKMARK" || event.object.metadata.labels?.[LABEL.node] !== names[next]) continue;
    const ended = event.object.status?.containerStatuses?.[0]?.state?.terminated;
    if (ended === undefined) continue;
    if (ended.exitCode !== 0) throw new Error(`the loop's node ${names[next]} exited with ${ended.exitCode}`);
    next++;
    if (next === NODES) return (performance.now() - begun) / 1000;
    await create();
  }
  throw new Error(`the loop did not end within ${WATCH_SECONDS} s`);
}

/** The Job that the operator would make, for an owner that is no run, so that the operator leaves it alone. */
function bareJob(owner: ObjectMeta, index: number, taskPods: TaskPodSettings): NewObject {
  const run = { namespace: NAMESPACE, name: owner.name, uid: owner.uid };
  const job = jobOf(
    { run, pipeline: "chain", spec: PipelineSpec.parse(CHAIN), node: names[index] ?? "", attempt: 1 },
    taskPods,
  );
  const { ownerReferences: _, ...metadata } = job.metadata ?? {};
  return { ...job, metadata } as unknown as NewObject;
}
