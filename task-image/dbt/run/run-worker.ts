import { parentPort, threadId, workerData } from "node:worker_threads";
import { BlockingBridge } from "../bridge/blocking-bridge.ts";
import { buildWorld } from "./build-world.ts";
import { prepare } from "./prepare.ts";
import type { Command, Done, ThreadStart } from "./run-input.ts";
import { failureMessage, runNode, runUnitTest } from "./run-node.ts";

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
const selected = input.selected.flatMap((id) => input.manifest.nodes.get(id) ?? []);

function obey(command: Command): Done {
  if (command.do === "prepare") return { did: "prepare", problem: problemOf(() => prepare(world, selected)) };
  const { nodes, unitTests } = input.manifest;
  const node = nodes.get(command.id);
  const unitTest = unitTests.get(command.id);
  bridge.node = command.id;
  const { results } = command.given;
  ({ seedText } = command.given);
  const run = { clock, thread, results };
  if (node !== undefined) return { did: "run", result: runNode(world, node, run) };
  if (unitTest !== undefined) return { did: "run", result: runUnitTest(world, unitTest, run) };
  throw new Error(`the manifest has no node ${command.id}`);
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
