import { kubectl, mustKubectl } from "../../../test/support/cluster/cluster.ts";
import { connectBench, makeNamespaces, operatorWrites, taskPodsOf, type Writes } from "./bench-cluster.ts";
import { type BenchmarkLine, comparePairs, median, PAIRS, round } from "./benchmark-line.ts";
import {
  aPipeline,
  chain,
  chains,
  checksOf,
  copyWarehouseSecret,
  type Shape,
  secondsOfLoop,
  secondsOfRun,
} from "./chain-run.ts";

const NAMESPACE = "kelt-bench";
const CHAIN = 20;
const WORK_NODES = 6;
const WORK_SECONDS = 1;
const WIDE_CHAINS = 20;

const PUSH_MAX = 0.8;
const HELD_MAX = 0.6;
const BESIDE_WORK_MAX_MS = 250;
const WIDE_MAX = 1.05;

/** Seconds of the bare loop, of runs that act on what tasks push, and of runs that start the next pod ahead as well, in turns. */
interface Turns {
  readonly loop: number[];
  readonly push: number[];
  readonly held: number[];
  /** What the operator wrote in each run that starts pods ahead. */
  readonly writes: Writes[];
}

/**
 * A run of twenty nodes in a chain, each one check that finds nothing, against a bare loop that creates the same Jobs as soon as it sees the
 * container of the one before terminated; on the quick start's cluster, in turns. `pushRatio` is with nothing started ahead.
 */
export async function dispatch(): Promise<BenchmarkLine> {
  const { loop, push, held, writes } = await takeTurns(chain(CHAIN));
  const byPush = comparePairs(push, loop);
  const ahead = comparePairs(held, loop);
  return {
    benchmark: "dispatch",
    bars: { [`pushRatio <= ${PUSH_MAX}`]: byPush.ratio <= PUSH_MAX, [`ratio <= ${HELD_MAX}`]: ahead.ratio <= HELD_MAX },
    figures: {
      nodes: CHAIN,
      ...seconds({ loop, push, held }),
      pushPairRatios: byPush.figures.pairRatios,
      ...ahead.figures,
      ...writesPerNode(writes, held, CHAIN),
    },
    ratio: ahead.ratio,
    pushRatio: byPush.ratio,
  };
}

/** A chain of nodes of one second each: the time beside the work, for each node. The ratio is of whole times, to the bare loop's. */
export async function dispatchWork(): Promise<BenchmarkLine> {
  const { loop, push, held } = await takeTurns(chain(WORK_NODES), WORK_SECONDS);
  const beside = (times: readonly number[]) => round((median(times) / WORK_NODES - WORK_SECONDS) * 1000);
  const { ratio, figures } = comparePairs(held, loop);
  const besideWorkMs = beside(held);
  return {
    benchmark: "dispatch-work",
    ratio,
    bars: { [`besideWorkMs <= ${BESIDE_WORK_MAX_MS}`]: besideWorkMs <= BESIDE_WORK_MAX_MS },
    figures: {
      nodes: WORK_NODES,
      secondsOfWork: WORK_SECONDS,
      besideWorkMs,
      pushBesideWorkMs: beside(push),
      loopBesideWorkMs: beside(loop),
      ...seconds({ loop, push, held }),
      ...figures,
    },
  };
}

/** Twenty chains of three nodes at once, against the bare loop: the processors are busy, and nothing that is done ahead may slow them. */
export async function dispatchWide(): Promise<BenchmarkLine> {
  const { loop, push, held } = await takeTurns(chains(WIDE_CHAINS, 3));
  const { ratio, figures } = comparePairs(held, loop);
  return {
    benchmark: "dispatch-wide",
    ratio,
    bars: { [`ratio <= ${WIDE_MAX}`]: ratio <= WIDE_MAX },
    figures: { chains: WIDE_CHAINS, ...seconds({ loop, push, held }), ...figures },
  };
}

async function takeTurns(shape: Shape, work = 0): Promise<Turns> {
  const kube = connectBench();
  await makeNamespaces(NAMESPACE);
  try {
    copyWarehouseSecret(NAMESPACE);
    const ahead = checksOf(shape, { seconds: work });
    const parts = { kube, namespace: NAMESPACE, taskPods: taskPodsOf(), spec: ahead, shape };
    mustKubectl(["apply", "-n", NAMESPACE, "-f", "-"], aPipeline("held", ahead));
    mustKubectl(
      ["apply", "-n", NAMESPACE, "-f", "-"],
      aPipeline("push", checksOf(shape, { seconds: work, startAhead: 0 })),
    );
    await secondsOfRun(kube, NAMESPACE, "warm-up", "push");
    const turns: Turns = { loop: [], push: [], held: [], writes: [] };
    for (let pair = 0; pair < PAIRS; pair += 1) {
      turns.loop.push(await secondsOfLoop(parts, `loop-${pair}`));
      turns.push.push(await secondsOfRun(kube, NAMESPACE, `push-${pair}`, "push"));
      const before = operatorWrites();
      turns.held.push(await secondsOfRun(kube, NAMESPACE, `held-${pair}`, "held"));
      turns.writes.push(writesSince(before));
    }
    return turns;
  } finally {
    kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]);
  }
}

function writesSince(before: Writes): Writes {
  const after = operatorWrites();
  return {
    creates: after.creates - before.creates,
    statusPatches: after.statusPatches - before.statusPatches,
    other: after.other - before.other,
  };
}

function seconds({ loop, push, held }: Omit<Turns, "writes">) {
  return { loopSeconds: loop.map(round), pushSeconds: push.map(round), heldSeconds: held.map(round) };
}

function writesPerNode(writes: readonly Writes[], times: readonly number[], nodes: number) {
  const most = (of: (one: Writes) => number) => round(Math.max(...writes.map(of)) / nodes);
  const patchesPerSecond = Math.max(...writes.map(({ statusPatches }, i) => statusPatches / (times[i] ?? 1)));
  return {
    jobAndEventWritesPerNode: most(({ creates, other }) => creates + other),
    writesPerNodeWithStatus: most(({ creates, other, statusPatches }) => creates + other + statusPatches),
    statusPatchesPerSecond: round(patchesPerSecond),
  };
}
