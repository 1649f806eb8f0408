import type { NodeReportStatus } from "#api/node-report.ts";
import { mustKubectl } from "../../../test/support/cluster/cluster.ts";
import { connectBench } from "./bench-cluster.ts";
import { type BenchmarkLine, median, round } from "./benchmark-line.ts";
import { aPipeline, copyWarehouseSecret, secondsOfRun } from "./chain-run.ts";

const NAMESPACE = "kelt-bench-dbt";
const MODELS = 50;
const ROUNDS = 3;
const OVERHEAD_MAX_SECONDS = 1.3;

/** A chain of tables, each of which reads the one before it. */
function project(): Record<string, string> {
  const models = Array.from({ length: MODELS }, (_, index) => {
    const from = index === 0 ? "" : ` from {{ ref('m${index - 1}') }}`;
    return [`models.m${index}.sql`, `{{ config(materialized='table') }} select 1 as n${from}`] as const;
  });
  return { "dbt_project.yml": "name: bench\n", ...Object.fromEntries(models) };
}

/**
 * A dbt project of fifty models in a chain, one Job for each, on the quick start's cluster: the time beside the models' own, for each model, the
 * Job that plans included. The ratio is of the whole time to the sum of the models' own.
 */
export async function dbtNode(): Promise<BenchmarkLine> {
  mustKubectl(["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait"]);
  mustKubectl(["create", "namespace", NAMESPACE]);
  const kube = connectBench();
  try {
    copyWarehouseSecret(NAMESPACE);
    const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "models" }, data: project() };
    mustKubectl(["apply", "-n", NAMESPACE, "-f", "-"], configMap);
    const transform = {
      connection: "warehouse",
      schema: "bench_dbt",
      project: { configMap: "models" },
      command: "build",
    };
    const nodes = { models: { transform: { ...transform, packing: "model" } } };
    const connections = { warehouse: { postgres: { secretRef: "bench-warehouse" } } };
    mustKubectl(["apply", "-n", NAMESPACE, "-f", "-"], aPipeline("chain", { connections, nodes }));
    const whole: number[] = [];
    const own: number[] = [];
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      whole.push(await secondsOfRun(kube, NAMESPACE, `models-${turn}`));
      own.push(secondsOfModels(`models-${turn}`));
    }
    const beside = whole.map((seconds, turn) => (seconds - (own[turn] ?? 0)) / MODELS);
    const overhead = round(median(beside));
    return {
      benchmark: "dbt-node",
      ratio: round(median(whole.map((seconds, index) => seconds / (own[index] ?? Number.NaN)))),
      bars: { [`overheadSeconds <= ${OVERHEAD_MAX_SECONDS}`]: overhead <= OVERHEAD_MAX_SECONDS },
      figures: {
        models: MODELS,
        overheadSeconds: overhead,
        overheads: beside.map(round),
        seconds: round(median(whole)),
        modelSeconds: round(median(own)),
      },
    };
  } finally {
    mustKubectl(["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false"]);
  }
}

/** The sum of the models' own times, as the run's report has them. */
function secondsOfModels(run: string): number {
  const report = JSON.parse(mustKubectl(["get", "nodereport", `${run}-models`, "-n", NAMESPACE, "-o", "json"]));
  const { items = [] } = (report as { status?: NodeReportStatus }).status ?? {};
  if (items.length !== MODELS) throw new Error(`the report of run ${run} has ${items.length} models of ${MODELS}`);
  return items.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0) / 1000;
}
