import type { ManifestNode } from "../manifest/node.ts";
import { type Dependencies, dependenciesOf } from "./dependencies.ts";
import type { NodeResult, NodeStatus } from "./node-result.ts";
import { reuse } from "./reuse.ts";
import type { Given, RunInput } from "./run-input.ts";
import { RunQueue } from "./run-queue.ts";
import type { RunThread } from "./run-thread.ts";
import { type Share, type Shared, shareOf } from "./share.ts";

export interface GraphRun {
  readonly input: RunInput;
  /** One thread for each node that runs at once. */
  readonly threads: readonly RunThread[];
  /** `dbt build`: a failing test of severity error stops what is downstream. */
  readonly testsStop: boolean;
  /** The first failure ends the run: what works is finished, and nothing else begins. */
  readonly failFast: boolean;
  /** The text of a seed's file; undefined when there is no such file. */
  readonly readSeed: (node: ManifestNode) => Promise<string | undefined>;
  /** What earlier attempts have ended well: it is not run again unless something before it is. */
  readonly ended?: ReadonlyMap<string, NodeResult>;
  /** What of the run is done here, where several Jobs do it together; else all of it. */
  readonly share?: Share | undefined;
  readonly onStart: (id: string) => void;
  readonly onEnd: (result: NodeResult) => void;
}

/**
 * Runs the selected nodes in the order of the graph: hooks of on-run-start, nodes, hooks of on-run-end. Every node has a result at the
 * end. Rejects when a thread or its connection is lost, or when schemas cannot be made.
 */
export async function runGraph(run: GraphRun): Promise<readonly NodeResult[]> {
  const [first] = run.threads;
  if (first === undefined) throw new Error("a run needs a thread");
  await first.prepare();
  const results: NodeResult[] = [];
  const keep = (result: NodeResult) => {
    results.push(result);
    run.onEnd(result);
  };
  const { hooks = "all", before = new Map() } = run.share ?? {};
  const isFirst = hooks === "all" || hooks === "on-run-start";
  const isLast = hooks === "all" || hooks === "on-run-end";
  const isStopped = isFirst && (await runHooks(run, first, { kind: "on-run-start", keep }));
  await runNodes(run, isStopped, keep);
  if (isLast) await runHooks(run, first, { kind: "on-run-end", keep, results: [...before.values(), ...results] });
  return results;
}

async function runNodes(run: GraphRun, isStopped: boolean, keep: (result: NodeResult) => void): Promise<void> {
  const { failFast, threads } = run;
  const { left: dependencies, skipped: lost } = sharedWaits(run);
  for (const [id, failed] of lost) keep(skippedResult(id, `${failed} failed or was not run`));
  if (isStopped) {
    for (const id of dependencies.keys()) keep(skippedResult(id, "a hook of on-run-start failed"));
    return;
  }
  const { done, left } = reuse(dependencies, run.ended ?? new Map());
  for (const result of done) keep(result);
  const queue = new RunQueue(left, failFast);
  let wake = Promise.withResolvers<void>();
  const work = async (thread: RunThread): Promise<void> => {
    while (!queue.isDone) {
      const id = queue.next();
      if (id === undefined) {
        await wake.promise;
        continue;
      }
      const result = await runOne(run, thread, id);
      keep(result);
      for (const each of queue.end(result))
        keep(skippedResult(each, `${id} ${result.status === "fail" ? "found failures" : "failed"}`));
      wake.resolve();
      wake = Promise.withResolvers<void>();
    }
  };
  await Promise.all(threads.map(work));
}

async function runOne({ input, readSeed, onStart }: GraphRun, thread: RunThread, id: string): Promise<NodeResult> {
  onStart(id);
  if (input.manifest.exposures.has(id)) return { ...unrun(id, "no-op", "nothing is to be done"), failures: 0 };
  const node = input.manifest.nodes.get(id);
  return await thread.run(id, node?.resource_type === "seed" ? { seedText: await readSeed(node) } : {});
}

interface HookRun extends Pick<Given, "results"> {
  readonly kind: "on-run-start" | "on-run-end";
  readonly keep: (result: NodeResult) => void;
}

/** Runs the hooks of a kind: those of packages by name, the root project's last. Answers whether one has failed. */
async function runHooks(run: GraphRun, thread: RunThread, { kind, keep, ...given }: HookRun): Promise<boolean> {
  let hasFailed = false;
  for (const { unique_id: id } of hooksOf(run.input, kind)) {
    if (hasFailed) {
      keep({ ...skippedResult(id, "a hook before it failed"), failures: 1 });
      continue;
    }
    run.onStart(id);
    const result = await thread.run(id, given);
    keep(result);
    hasFailed = result.status === "error";
  }
  return hasFailed;
}

/** What waits for what among the nodes that run here, and those that cannot run here because of what another Job has left. */
function sharedWaits({ input, testsStop, share }: GraphRun): Shared {
  const all = waitsOf(input, testsStop);
  return share === undefined ? { left: all, skipped: new Map() } : shareOf(all, share);
}

/** What is only compiled, or asked for its age, waits for nothing. */
function waitsOf({ manifest, selected, does }: RunInput, testsStop: boolean): Dependencies {
  if (does === "run") return dependenciesOf(manifest, selected, testsStop);
  return new Map(selected.map((id) => [id, new Set<string>()]));
}

/** The hooks of a kind in their order: those of packages by name, the root project's last. None where the command runs no hooks. */
export function hooksOf({ manifest, runsHooks }: RunInput, kind: string): ManifestNode[] {
  if (!runsHooks) return [];
  const rank = ({ package_name: name }: ManifestNode) => (name === manifest.projectName ? "\uffff" : name);
  const place = (node: ManifestNode) => (node.resource_type === "operation" ? Number(node.index) : 0);
  const hooks = [...manifest.nodes.values()].filter(
    ({ resource_type, tags }) => resource_type === "operation" && tags.includes(kind),
  );
  return hooks.sort((a, b) => (rank(a) < rank(b) ? -1 : Number(rank(a) > rank(b))) || place(a) - place(b));
}

/** The result of a node that was not run. */
export function skippedResult(id: string, why: string): NodeResult {
  return unrun(id, "skipped", `skipped, because ${why}`);
}

/** The result of a node that no thread has run. */
function unrun(id: string, status: NodeStatus, message: string): NodeResult {
  return {
    ...{ id, status, message, rows: null, failures: null, response: null },
    ...{ thread: "main", steps: [], seconds: 0, sqlState: null, compiledCode: null },
  };
}
