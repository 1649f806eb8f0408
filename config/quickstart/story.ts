import type { Report } from "../cluster/report.ts";
import { applyDemo } from "./demo.ts";
import type { Kubernetes } from "./kubernetes.ts";
import type { Machine } from "./machine.ts";
import { installOperator } from "./operator.ts";
import type { Plan } from "./plan.ts";
import { debianStep, engineStep, imagesStep, packagesStep, toolsStep } from "./preparation.ts";
import { applyPipelines, countResult, readResult, runPipeline } from "./run.ts";
import type { FollowedRun } from "./run-table.ts";
import type { Sample } from "./sample.ts";
import { done, Step } from "./step.ts";
import type { Target } from "./target.ts";

/** What comes out of the whole story. */
export interface Result {
  /** In the order in which they ran. */
  readonly runs: readonly FollowedRun[];
  readonly rows: number;
  readonly table: string;
}

export interface Story {
  readonly steps: readonly Step<unknown>[];
  readonly result: Step<Result>;
  readonly kubernetes: Step<Kubernetes>;
}

/** From the machine as it is to rows of a pipeline: the steps in order. */
export function tellStory(
  machine: Machine,
  plan: Plan,
  sample: Sample,
  target: Target,
  show: (run: FollowedRun) => void,
): Story {
  const packages = packagesStep(plan);
  const engine = engineStep(packages, machine);
  const tools = toolsStep(plan, machine);
  const debian = debianStep(packages, machine, plan);
  const images = imagesStep(engine, debian, machine, sample.servers);
  const cluster = target.clusterStep({ engine, tools, debian });
  const delivered = target.imagesStep({ cluster, images });
  const operator = new Step(
    "operator",
    [cluster, delivered],
    async (report) => {
      await installOperator(report, cluster.value, delivered.value);
      return done(undefined, "helm release kelt in kelt-system");
    },
    "The log holds the pods and events of kelt-system: the reason stands there.",
  );
  const demo = new Step(
    "demo databases",
    [cluster, delivered],
    async (report) => {
      await applyDemo(report, cluster.value, sample, delivered.value);
      return done(undefined, `${sample.workloads.join(", ")} in ${sample.namespace}`);
    },
    `The log holds the pods and events of ${sample.namespace}: the reason stands there.`,
  );
  const pipeline = new Step(sample.runs.length === 1 ? "pipeline" : "pipelines", [operator, demo], async (report) => {
    await applyPipelines(report, cluster.value, sample);
    return done(undefined, `${sample.name} with its models`);
  });
  const runs = stepsOfRuns(pipeline, cluster, sample, show);
  const result = new Step<Result>("result", [cluster, ...runs], async (report) => {
    const rows = await countResult(report, cluster.value, sample);
    const table = await readResult(report, cluster.value, sample);
    const words = `${sample.result.table}, ${rows.toLocaleString("en")} rows`;
    return done({ runs: runs.map(({ value }) => value), rows, table }, words);
  });
  const steps = [
    packages,
    engine,
    tools,
    debian,
    images,
    cluster,
    delivered,
    operator,
    demo,
    pipeline,
    ...runs,
    result,
  ];
  return { steps, result, kubernetes: cluster };
}

/** The sample's runs, one after the other. */
function stepsOfRuns(
  pipeline: Step<unknown>,
  cluster: Step<Kubernetes>,
  sample: Sample,
  show: (run: FollowedRun) => void,
): readonly Step<FollowedRun>[] {
  const { namespace, directory, runs } = sample;
  const advice = `\`kubectl --kubeconfig .kelt/kubeconfig describe plr -n ${namespace}\` tells the whole story of the run.`;
  const steps: Step<FollowedRun>[] = [];
  for (const [index, file] of runs.entries()) {
    const run = async (report: Report) => {
      const followed = await runPipeline(report, cluster.value, { namespace, directory, file }, show);
      return done(followed, `${followed.metadata.name} succeeded, ${followed.status.progress ?? ""}`);
    };
    const name = runs.length === 1 ? "run" : `run ${index + 1} of ${runs.length}`;
    steps.push(new Step(name, [steps.at(-1) ?? pipeline, cluster], run, advice));
  }
  return steps;
}
