import { parentPort, threadId, workerData } from "node:worker_threads";
import { BlockingBridge } from "../bridge/blocking-bridge.ts";
import { buildWorld } from "./build-world.ts";
import { askFreshness } from "./freshness.ts";
import { isMicrobatch, runMicrobatch } from "./microbatch.ts";
import type { NodeResult } from "./node-result.ts";
import { prepare } from "./prepare.ts";
import type { Command, Done, ThreadStart } from "./run-input.ts";
import { compileOnly, failureMessage, type NodeRun, runNode, runUnitTest } from "./run-node.ts";

/** The thread in which nodes are rendered and run, one after the other. Its statements go over the bridge, and it waits for each. */
const { input, end } = workerData as ThreadStart;
const bridge = new BlockingBridge(end);
const micros = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
const clock = { seconds: () => performance.now() / 1000, micros };
const thread = `Thread-${threadId}`;
let seedText: string | undefined;
const world = buildWorld(input, {
  bridge,
  clock: micros,
  thread,
  seedText: () => seedText,
});
const { startedAt, batchesOwnStrategy } = input;
const batchSettings = { startedAt, batchesOwnStrategy, fullRefresh: input.flags.FULL_REFRESH === true };
const selected = input.selected.flatMap((id) => input.manifest.nodes.get(id) ?? []);

function obey(command: Command): Done {
  if (command.do === "prepare") {
    const made = input.does === "run" ? selected : [];
    return { did: "prepare", problem: problemOf(() => prepare(world, made)) };
  }
  bridge.node = command.id;
  const { results } = command.given;
  ({ seedText } = command.given);
  return { did: "run", result: resultOf(command.id, { clock, thread, results }) };
}

function resultOf(id: string, run: NodeRun): NodeResult {
  const { nodes, sources, unitTests } = input.manifest;
  const node = nodes.get(id);
  const unitTest = unitTests.get(id);
  const source = sources.get(id);
  if (node !== undefined && input.does === "compile") return compileOnly(world, node, run);
  if (node !== undefined && isMicrobatch(world, node, batchSettings))
    return runMicrobatch(world, node, run, batchSettings);
  if (node !== undefined) return runNode(world, node, run);
  if (unitTest !== undefined) return runUnitTest(world, unitTest, run);
  if (source !== undefined) return askFreshness(world, source, run);
  throw new Error(`the manifest has no node ${id}`);
}

function problemOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return failureMessage(error);
  }
}

parentPort?.on("message", (command: Command) => parentPort?.postMessage(obey(command)));
