import { parentPort, threadId } from "node:worker_threads";
import { BlockingBridge } from "../bridge/blocking-bridge.ts";
import type { BridgeEnd } from "../bridge/messages.ts";
import type { RunWorld } from "../context/run-world.ts";
import { KnownFiles, type MacroText } from "../macros/known-files.ts";
import { buildWorld } from "./build-world.ts";
import { type Catalog, readCatalog } from "./catalog.ts";
import { askFreshness } from "./freshness.ts";
import { isMicrobatch, runMicrobatch } from "./microbatch.ts";
import type { NodeResult } from "./node-result.ts";
import { prepare } from "./prepare.ts";
import type { Command, Done, RunInput } from "./run-input.ts";
import { compileOnly, failureMessage, type NodeRun, rollbackQuietly, runNode, runUnitTest } from "./run-node.ts";

/*
 * The thread in which nodes are rendered and run, one after the other. Its statements go over the bridge, and it waits for each.
 *
 * | state | message      | then                                                       |
 * |-------|--------------|------------------------------------------------------------|
 * | idle  | know         | files of macros are cut; nobody waits for it               |
 * | idle  | begin        | it is ready                                                |
 * | ready | any other    | its statements are sent, and what became of it is answered |
 */
const micros = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
const clock = { seconds: () => performance.now() / 1000, micros };
const thread = `Thread-${threadId}`;
const files = new KnownFiles();
let obey: ((command: Extract<Command, { do: "prepare" | "catalog" | "run" }>) => Done) | undefined;

function begin(input: RunInput, end: BridgeEnd): NonNullable<typeof obey> {
  const bridge = new BlockingBridge(end);
  let seedText: string | undefined;
  const world = buildWorld(input, { bridge, clock: micros, thread, seedText: () => seedText, files });
  const selected = input.selected.flatMap((id) => input.manifest.nodes.get(id) ?? []);
  return (command) => {
    if (command.do === "prepare") {
      const made = input.does === "run" ? selected : [];
      return { did: "prepare", problem: problemOf(() => prepare(world, made)) };
    }
    if (command.do === "catalog") return { did: "catalog", catalog: catalogOf(world, command.ids) };
    bridge.node = command.id;
    const { results } = command.given;
    ({ seedText } = command.given);
    return { did: "run", result: resultOf({ input, world }, command.id, { clock, thread, results }) };
  };
}

interface Begun {
  readonly input: RunInput;
  readonly world: RunWorld;
}

function resultOf({ input, world }: Begun, id: string, run: NodeRun): NodeResult {
  const { startedAt, batchesOwnStrategy, does } = input;
  const batchSettings = { startedAt, batchesOwnStrategy, fullRefresh: input.flags.FULL_REFRESH === true };
  const { nodes, sources, unitTests } = input.manifest;
  const node = nodes.get(id);
  const unitTest = unitTests.get(id);
  const source = sources.get(id);
  if (node !== undefined && does === "compile") return compileOnly(world, node, run);
  if (node !== undefined && isMicrobatch(world, node, batchSettings))
    return runMicrobatch(world, node, run, batchSettings);
  if (node !== undefined) return runNode(world, node, run);
  if (unitTest !== undefined) return runUnitTest(world, unitTest, run);
  if (source !== undefined) return askFreshness(world, source, run);
  throw new Error(`the manifest has no node ${id}`);
}

/** What it opened is rolled back: it only reads. */
function catalogOf(world: RunWorld, ids: readonly string[]): Catalog {
  try {
    return readCatalog(world, new Set(ids), failureMessage);
  } finally {
    rollbackQuietly(world);
  }
}

function problemOf(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return failureMessage(error);
  }
}

parentPort?.on("message", (command: Command) => {
  if (command.do === "know") return cut(command.macroFiles);
  if (command.do === "begin") {
    obey = begin(command.input, command.end);
    return;
  }
  if (obey === undefined) throw new Error(`the thread was to ${command.do} before it had begun`);
  parentPort?.postMessage(obey(command));
});

/** A file that cannot be cut is the run's problem, if it takes it. */
function cut(macroFiles: readonly MacroText[]): void {
  for (const file of macroFiles) problemOf(() => files.macrosOf(file));
}
