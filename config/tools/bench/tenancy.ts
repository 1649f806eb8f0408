import { kubectl, mustKubectl } from "../../../test/support/cluster/cluster.ts";
import { connectBench, makeNamespaces, operatorMemory } from "./bench-cluster.ts";
import { type BenchmarkLine, comparePairs, PAIRS, round } from "./benchmark-line.ts";
import { aPipeline, chain, containersOf, secondsOfRun } from "./chain-run.ts";

const CHAIN = containersOf(chain(10));
const QUIET = "kelt-bench-quiet";
/** Its quota leaves room for no Job. */
const REFUSED = "kelt-bench-refused";
const REFUSED_RUNS = 4;
const REFUSED_NODES = 256;
const LARGE = "kelt-bench-large";
const LARGE_PIPELINES = 110;
/** Pipelines that kubectl is given at once. */
const CHUNK = 10;
const LARGE_BYTES = 400 * 1024;

const SLOWER_MAX = 1.3;
const MEMORY_MAX = 300_000_000;
const SAMPLE_MS = 2_000;

/**
 * Seconds of a chain of ten nodes beside loud neighbours over seconds of the same chain alone, on the quick start's cluster, in turns.
 * The neighbours are a namespace with four runs of 256 nodes each, whose Jobs a quota refuses, and one with 110 Pipelines of 400 KiB.
 * Says how much memory the operator took.
 */
export async function tenancy(): Promise<BenchmarkLine> {
  const kube = connectBench();
  await makeNamespaces(QUIET, REFUSED, LARGE);
  try {
    mustKubectl(["create", "quota", "none", "-n", REFUSED, "--hard=count/jobs.batch=0"]);
    mustKubectl(["create", "-n", QUIET, "-f", "-"], aPipeline("chain", CHAIN));
    mustKubectl(["create", "-n", REFUSED, "-f", "-"], aPipeline("wide", wide()));
    await secondsOfRun(kube, QUIET, "warm-up");
    const alone: number[] = [];
    const beside: number[] = [];
    const memory: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      alone.push(await secondsOfRun(kube, QUIET, `alone-${pair}`));
      const sampler = sampleMemory();
      makeNoise(pair, sampler.look);
      beside.push(await secondsOfRun(kube, QUIET, `beside-${pair}`));
      memory.push(sampler.stop());
      silence();
    }
    const { ratio, figures } = comparePairs(beside, alone);
    const rss = Math.max(...memory);
    return {
      benchmark: "tenancy",
      ratio,
      bars: {
        [`beside <= ${SLOWER_MAX} alone`]: ratio <= SLOWER_MAX,
        [`rss <= ${MEMORY_MAX / 1_000_000} MB`]: rss <= MEMORY_MAX,
      },
      figures: {
        aloneSeconds: alone.map(round),
        besideSeconds: beside.map(round),
        ...figures,
        operatorMegabytes: memory.map((bytes) => round(bytes / 1_000_000)),
      },
    };
  } finally {
    kubectl(["delete", "namespace", QUIET, REFUSED, LARGE, "--wait=false"]);
  }
}

function list(items: readonly object[]): object {
  return { apiVersion: "v1", kind: "List", items };
}

function wide(): object {
  const node = { startTimeout: "1h", container: { command: ["/usr/local/bin/node", "--version"] } };
  return { nodes: Object.fromEntries(Array.from({ length: REFUSED_NODES }, (_, i) => [`n${i}`, node])) };
}

/** A Pipeline of about so many bytes, in arguments that are as long as they may be. */
function large(): object {
  const node = { container: { command: ["/usr/local/bin/node", "--version"], args: ["x".repeat(4_000)] } };
  return {
    nodes: Object.fromEntries(Array.from({ length: Math.floor(LARGE_BYTES / 4_096) }, (_, i) => [`n${i}`, node])),
  };
}

/** Returns when the neighbours are there; they go on being loud. `look` is called on the way: kubectl holds up everything else. */
function makeNoise(pair: number, look: () => void): void {
  for (let from = 0; from < LARGE_PIPELINES; from += CHUNK) {
    const length = Math.min(CHUNK, LARGE_PIPELINES - from);
    const items = Array.from({ length }, (_, i) => aPipeline(`large-${from + i}`, large()));
    mustKubectl(["create", "-n", LARGE, "-f", "-"], list(items));
    look();
  }
  const runs = Array.from({ length: REFUSED_RUNS }, (_, i) => ({
    ...{ apiVersion: "kelt.dev/v1alpha1", kind: "PipelineRun", metadata: { name: `wide-${pair}-${i}` } },
    spec: { pipeline: "wide" },
  }));
  mustKubectl(["create", "-n", REFUSED, "-f", "-"], list(runs));
}

function silence(): void {
  mustKubectl(["delete", "plr", "--all", "-n", REFUSED, "--wait=true"]);
  mustKubectl(["delete", "pipelines.kelt.dev", "--all", "-n", LARGE, "--wait=true"]);
}

/** Looks at the operator's memory every two seconds, and when told to; `stop` says what the most was, in bytes. */
function sampleMemory(): { readonly look: () => void; readonly stop: () => number } {
  let most = operatorMemory();
  const look = () => {
    most = Math.max(most, operatorMemory());
  };
  const timer = setInterval(look, SAMPLE_MS);
  const stop = () => {
    clearInterval(timer);
    look();
    return most;
  };
  return { look, stop };
}
