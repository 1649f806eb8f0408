import { spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import type { PipelineStatus } from "#api/pipeline.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { ROOT } from "./chart.ts";
import { kubectl, mustKubectl } from "./cluster.ts";
import { findTool } from "./tool.ts";

/** The quick start's names, which are promised to stay. */
export const DEMO = "kelt-demo";
export const SYSTEM = "kelt-system";
const NODE_CONTAINER = "kelt-control-plane";

const DEADLINE_MS = 180_000;
const POLL_MS = 200;

export interface Run {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: PipelineRunStatus;
}

/** Asks until the answer is not undefined; throws with what was awaited and what was there instead. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined,
  explain: () => string = () => "",
): Promise<T> {
  const end = performance.now() + DEADLINE_MS;
  while (performance.now() < end) {
    const answer = ask();
    if (answer !== undefined) return answer;
    await setTimeout(POLL_MS);
  }
  throw new Error(`waited ${DEADLINE_MS / 1000} s in vain for ${what}; ${explain()}`);
}

/** Applies a Pipeline and waits until the operator has judged it. */
export async function applyPipeline(name: string, spec: object, namespace = DEMO): Promise<PipelineStatus> {
  const object = { apiVersion: "kelt.dev/v1alpha1", kind: "Pipeline", metadata: { name, namespace }, spec };
  mustKubectl(["apply", "-f", "-"], object);
  return await eventually(`the verdict on Pipeline ${name}`, () => {
    const { metadata, status } = getJson("pipeline", name, namespace) as {
      metadata: { generation: number };
      status?: PipelineStatus;
    };
    return status?.observedGeneration === metadata.generation ? status : undefined;
  });
}

export function createRun(pipeline: string, more: object = {}, namespace = DEMO): string {
  const object = {
    apiVersion: "kelt.dev/v1alpha1",
    kind: "PipelineRun",
    metadata: { generateName: `${pipeline}-`, namespace },
    spec: { pipeline, ...more },
  };
  return mustKubectl(["create", "-f", "-", "-o", "jsonpath={.metadata.name}"], object).trim();
}

export function getRun(name: string, namespace = DEMO): Run {
  const run = getJson("pipelinerun", name, namespace) as { metadata: Run["metadata"]; status?: PipelineRunStatus };
  return { metadata: run.metadata, status: run.status ?? {} };
}

export function getJson(kind: string, name: string, namespace = DEMO): unknown {
  return JSON.parse(mustKubectl(["get", kind, name, "-n", namespace, "-o", "json"]));
}

interface Listed {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

export function listJson(kind: string, selector: string, namespace = DEMO): readonly Listed[] {
  return (JSON.parse(mustKubectl(["get", kind, "-n", namespace, "-l", selector, "-o", "json"])) as { items: Listed[] })
    .items;
}

/** Waits for the run's end and returns it. */
export async function finishedRun(name: string, namespace = DEMO): Promise<Run> {
  return await eventually(
    `the end of run ${name}`,
    () => {
      const run = getRun(name, namespace);
      return (run.status.conditions?.[0]?.status ?? "Unknown") === "Unknown" ? undefined : run;
    },
    () => JSON.stringify(getRun(name, namespace).status.nodes),
  );
}

/** The run's verdict as `True Succeeded`. */
export function verdictOf(run: Run): string {
  const condition = run.status.conditions?.[0];
  return `${condition?.status} ${condition?.reason}`;
}

/** Runs SQL in a demo database and returns its rows, columns separated by |. */
export function sql(database: "source" | "warehouse", statement: string, namespace = DEMO): string {
  return mustKubectl([
    "exec",
    "-n",
    namespace,
    `${database}-0`,
    "--",
    "psql",
    "-U",
    "demo",
    "-d",
    "demo",
    "-v",
    "ON_ERROR_STOP=1",
    "-qAtc",
    statement,
  ]).trim();
}

/** Creations of Jobs that the API server recorded for a run, by `node/attempt`: from the Jobs themselves, which outlive the run's end. */
export function jobsOf(run: Run): readonly string[] {
  return listJson("jobs", `kelt.dev/run-uid=${run.metadata.uid}`).map(
    ({ metadata }) => `${metadata.labels?.["kelt.dev/node"]}/${metadata.labels?.["kelt.dev/attempt"]}`,
  );
}

export function deleteOperatorPods(): void {
  mustKubectl([
    "delete",
    "pod",
    "-n",
    SYSTEM,
    "-l",
    "app.kubernetes.io/component=operator",
    "--grace-period=0",
    "--force",
    "--wait=false",
  ]);
}

/** Kills a process of the cluster's node by its name; the kubelet starts it again. */
export function killOnNode(process: string): void {
  const { status, stderr } = spawnSync("docker", ["exec", NODE_CONTAINER, "pkill", "-9", "-x", process], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`pkill ${process} on the node: ${stderr}`);
}

/** Waits until the API server answers and knows its roles again. */
export async function apiServerReady(): Promise<void> {
  await eventually("the API server", () =>
    kubectl(["get", "--raw", "/readyz"]).ok && kubectl(["get", "pipelines", "-n", DEMO]).ok ? true : undefined,
  );
}

/** Runs helm against the cluster, in the operator's namespace. */
export function helm(...args: readonly string[]): string {
  const kubeconfig = process.env.KELT_TEST_KUBECONFIG ?? `${ROOT}.kelt/kubeconfig`;
  const { status, stdout, stderr } = spawnSync(findTool("helm"), ["--kubeconfig", kubeconfig, "-n", SYSTEM, ...args], {
    encoding: "utf8",
    timeout: 240_000,
  });
  if (status !== 0) throw new Error(`helm ${args.join(" ")}: ${stderr}${stdout}`);
  return stdout;
}
