import { join } from "node:path";
import type { Report } from "../cluster/report.ts";
import { followRun } from "./follow.ts";
import { attemptKubectl, type Kubernetes, kubectl } from "./kubernetes.ts";
import { type FollowedRun, outcomeOf } from "./run-table.ts";
import type { Sample } from "./sample.ts";

const RUN_TIMEOUT = 10 * 60_000;

/** Applies the sample's pipelines with their models. */
export async function applyPipelines(report: Report, kubernetes: Kubernetes, sample: Sample): Promise<void> {
  await kubectl(report, kubernetes, ["apply", "-k", sample.directory]);
}

/** Begins the run that a file of the sample says and follows it to its end. Throws with the run's message when it does not succeed. */
export async function runPipeline(
  report: Report,
  kubernetes: Kubernetes,
  { namespace, directory, file }: Pick<Sample, "namespace" | "directory"> & { readonly file: string },
  show: (run: FollowedRun) => void,
): Promise<FollowedRun> {
  const args = ["create", "-n", namespace, "-f", join(directory, file), "-o", "name"];
  const created = await kubectl(report, kubernetes, args);
  const name = created.split("/").at(-1) ?? created;
  report.progress(name);
  const run = await followRun(report, kubernetes, { namespace, name }, show, RUN_TIMEOUT);
  const outcome = outcomeOf(run);
  if (outcome?.succeeded) return run;
  await attemptKubectl(report, kubernetes, ["describe", "pipelinerun.kelt.dev", name, "-n", namespace]);
  throw new Error(`the run ${name} did not succeed: ${outcome?.message ?? "it has no outcome"}`);
}

/** The first rows of the sample's result, as psql prints them. */
export function readResult(report: Report, kubernetes: Kubernetes, sample: Sample): Promise<string> {
  const psql = ["psql", "-U", "demo", "-d", "demo", "--no-psqlrc", "--pset=footer=off", "-c", sample.result.query];
  return kubectl(report, kubernetes, ["exec", "-n", sample.namespace, sample.result.pod, "--", ...psql]);
}

export async function countResult(report: Report, kubernetes: Kubernetes, sample: Sample): Promise<number> {
  const query = `select count(*) from ${sample.result.table}`;
  const psql = ["psql", "-U", "demo", "-d", "demo", "--no-psqlrc", "-At", "-c", query];
  return Number(await kubectl(report, kubernetes, ["exec", "-n", sample.namespace, sample.result.pod, "--", ...psql]));
}
