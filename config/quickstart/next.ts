import { relative } from "node:path";
import { REPOSITORY } from "../cluster/directories.ts";
import type { Kubernetes } from "./kubernetes.ts";
import { formatNodes } from "./run-table.ts";
import type { Sample } from "./sample.ts";
import type { Result } from "./story.ts";

export interface End {
  readonly result: Result;
  readonly kubernetes: Kubernetes;
  readonly sample: Sample;
  /** The user's own cluster that was used. */
  readonly context: string | undefined;
  /** How long all of it took, as text. */
  readonly took: string;
}

/** What is shown at the end: the nodes, the first rows, and what to type next. */
export function formatEnd({ result, kubernetes, sample, context, took }: End): string {
  const folder = relative(REPOSITORY, sample.directory);
  const kubeconfig = relative(REPOSITORY, kubernetes.kubeconfig);
  const { runs } = result;
  const nodes = runs.flatMap((run) => [
    ...(runs.length === 1 ? [""] : ["", `  ${run.metadata.name}`]),
    ...formatNodes(run, 0, 120).map((line) => `    ${line}`),
  ]);
  return [
    ...nodes,
    "",
    `${sample.result.table}, the first of ${result.rows.toLocaleString("en")} rows, after ${took}:`,
    "",
    result.table,
    "",
    "Next:",
    `  export KUBECONFIG=${kubeconfig}${isOnPath(kubernetes) ? "" : ` PATH=${directoryOf(kubernetes)}:$PATH`}`,
    `  kubectl -n ${sample.namespace} get pipelines,pipelineruns`,
    `  kubectl -n ${sample.namespace} describe plr ${runs.at(-1)?.metadata.name}`,
    "Change a model and run again:",
    `  ${sample.change.how} in ${folder}/${sample.change.file}, then`,
    `  kubectl apply -k ${folder} && kubectl -n ${sample.namespace} create -f ${folder}/${sample.runs.at(-1)}`,
    `  kubectl -n ${sample.namespace} get plr -w`,
    "Remove everything:",
    context === undefined ? "  npm run down" : `  npm run down -- --context ${context}`,
  ].join("\n");
}

function directoryOf(kubernetes: Kubernetes): string {
  return kubernetes.kubectl.replace(/\/[^/]+$/, "");
}

function isOnPath(kubernetes: Kubernetes): boolean {
  return (process.env.PATH ?? "").split(":").includes(directoryOf(kubernetes));
}
