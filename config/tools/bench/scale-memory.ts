import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../../../operator/kube/client.ts";
import { kubectl, mustKubectl } from "../../../test/support/cluster/cluster.ts";
import { connectBench, makeNamespaces, OPERATOR_NAMESPACE, operatorMemory } from "./bench-cluster.ts";
import { type BenchmarkLine, round } from "./benchmark-line.ts";
import { aPipeline } from "./chain-run.ts";

/** As many as the live runs need: by default 200 nodes of one namespace are at work at once. */
const NAMESPACES = ["a", "b", "c", "d", "e"].map((name) => `kelt-bench-scale-${name}`);
/** In each namespace. */
const PIPELINES = 4;
const FINISHED = 10_000;
const LIVE = 1_000;
/** Runs that are made at once. */
const AT_ONCE = 16;
/** Nodes of a run: as many as a small pipeline has. */
const NODES = ["raw", "models", "quality", "report"];
const MEMORY_MAX = 300_000_000;
const SETTLE_MS = 60_000;
const SAMPLE_MS = 1_000;
const LOOK_MS = 5_000;
const LOOKS = 60;

/**
 * Memory of the operator that starts anew and takes over 1,000 live runs beside 10,000 finished ones, over the 300 MB that it may take: the
 * most that was seen until a minute after it leads. The pods of the live runs wait for a node that is not there.
 */
export async function scaleMemory(): Promise<BenchmarkLine> {
  const kube = connectBench();
  const replicas = mustKubectl([
    "get",
    "deployment",
    "kelt",
    "-n",
    OPERATOR_NAMESPACE,
    "-o",
    "jsonpath={.spec.replicas}",
  ]);
  await makeNamespaces(...NAMESPACES);
  try {
    scale(0);
    for (const namespace of NAMESPACES) {
      const items = Array.from({ length: PIPELINES }, (_, i) => aPipeline(`scale-${i}`, SPEC));
      mustKubectl(["apply", "-n", namespace, "-f", "-"], { apiVersion: "v1", kind: "List", items });
    }
    await makeRuns(kube, FINISHED, "finished", finished);
    await makeRuns(kube, LIVE, "live", () => undefined);
    scale(1);
    const { most, live } = await watchMemory(kube);
    return {
      benchmark: "scale-memory",
      ratio: round(most / MEMORY_MAX),
      bars: { [`rss <= ${MEMORY_MAX / 1_000_000} MB`]: most <= MEMORY_MAX },
      figures: { finishedRuns: FINISHED, liveRuns: live, operatorMegabytes: round(most / 1_000_000) },
    };
  } finally {
    scale(Number(replicas));
    kubectl(["delete", "namespace", ...NAMESPACES, "--wait=false"]);
  }
}

const SPEC = {
  history: { succeeded: 1000, failed: 1000 },
  nodes: Object.fromEntries(
    NODES.map((name, i) => [
      name,
      {
        needs: i === 0 ? [] : [NODES[i - 1]],
        startTimeout: "1h",
        container: { command: ["/usr/local/bin/node", "--version"] },
        pod: { nodeSelector: { "kelt.dev/bench": "nowhere" } },
      },
    ]),
  ),
};

function scale(replicas: number): void {
  mustKubectl(["scale", "deployment", "kelt", "-n", OPERATOR_NAMESPACE, `--replicas=${replicas}`]);
  if (replicas === 0) {
    mustKubectl([
      "wait",
      "pods",
      "-n",
      OPERATOR_NAMESPACE,
      "-l",
      "app.kubernetes.io/name=kelt",
      "--for=delete",
      "--timeout=50s",
    ]);
  } else mustKubectl(["rollout", "status", "deployment/kelt", "-n", OPERATOR_NAMESPACE, "--timeout=55s"]);
}

async function makeRuns(kube: KubeClient, count: number, prefix: string, statusOf: (i: number) => object | undefined) {
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < count; i = next++) {
      const name = `${prefix}-${i}`;
      const namespace = NAMESPACES[i % NAMESPACES.length] ?? "";
      await kube.create("PipelineRun", namespace, { metadata: { name }, spec: { pipeline: `scale-${i % PIPELINES}` } });
      const status = statusOf(i);
      if (status === undefined) continue;
      await kube.patch("PipelineRun", { namespace, name }, { status }, { subresource: "status" });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** The status of a run whose nodes all did their work. */
function finished(i: number): object {
  const at = "2026-01-01T00:00:00Z";
  const later = "2026-01-01T00:01:00Z";
  const node = (name: string) => ({
    ...{ state: "Succeeded", attempt: 1, job: `finished-${i}-${name}-a1`, jobUid: crypto.randomUUID() },
    ...{ started: at, attemptStarted: at, finished: later, rows: 1234, bytes: 56_789, message: "3 tables, 1,234 rows" },
  });
  return {
    conditions: [
      {
        type: "Succeeded",
        status: "True",
        reason: "Succeeded",
        message: "all 4 nodes succeeded",
        lastTransitionTime: later,
      },
    ],
    ...{ started: at, finished: later, duration: "1m", progress: "4/4", rows: 4936 },
    nodes: Object.fromEntries(NODES.map((name) => [name, node(name)])),
  };
}

/** The most memory until a minute after every live run has begun, and how many have. */
async function watchMemory(kube: KubeClient): Promise<{ readonly most: number; readonly live: number }> {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, operatorMemory());
  }, SAMPLE_MS);
  const begun = async () => {
    const lists = await Promise.all(NAMESPACES.map((namespace) => kube.list("PipelineRun", { namespace })));
    const live = lists.flatMap(({ items }) => items).filter(({ metadata }) => metadata.name.startsWith("live"));
    return live.filter(({ status }) => hasBegun(status)).length;
  };
  try {
    for (let look = 0; look < LOOKS && (await begun()) < LIVE; look += 1) await sleep(LOOK_MS);
    await sleep(SETTLE_MS);
    return { most: Math.max(most, operatorMemory()), live: await begun() };
  } finally {
    clearInterval(timer);
  }
}

function hasBegun(status: unknown): boolean {
  return (status as { readonly started?: unknown } | undefined)?.started !== undefined;
}
