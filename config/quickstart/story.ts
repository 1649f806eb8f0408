import { applyDemo } from "./demo.ts";
import type { Kubernetes } from "./kubernetes.ts";
import type { Machine } from "./machine.ts";
import { installOperator } from "./operator.ts";
import type { Plan } from "./plan.ts";
import { debianStep, engineStep, imagesStep, packagesStep, toolsStep } from "./preparation.ts";
import { applyPipeline, countResult, readResult, runPipeline } from "./run.ts";
import type { FollowedRun } from "./run-table.ts";
import type { Sample } from "./sample.ts";
import { done, Step } from "./step.ts";
import type { Target } from "./target.ts";

/** What comes out of the whole story. */
export interface Result {
  readonly run: FollowedRun;
  readonly rows: number;
  readonly table: string;
}

export interface Story {
  readonly steps: readonly Step<unknown>[];
  readonly result: Step<Result>;
  readonly kubernetes: Step<Kubernetes>;
}

/** From the machine as it is to rows of a pipeline: the steps in the order in which they are told. */
export function tellStory(
  machine: Machine,
  plan: Plan,
  sample: Sample,
  target: Target,
  show: (run: FollowedRun) => void,
): Story {
  const packages = packagesStep(plan);
  const engine = engineStep(packages, machine);
  const tools = toolsStep(plan);
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
  const pipeline = new Step("pipeline", [operator, demo], async (report) => {
    await applyPipeline(report, cluster.value, sample);
    return done(undefined, `${sample.pipeline} with its models`);
  });
  const result = new Step<Result>(
    "run",
    [pipeline, cluster],
    async (report) => {
      const followed = await runPipeline(report, cluster.value, sample, show);
      const rows = await countResult(report, cluster.value, sample);
      const table = await readResult(report, cluster.value, sample);
      return done(
        { run: followed, rows, table },
        `${followed.metadata.name} succeeded, ${followed.status.progress ?? ""}`,
      );
    },
    `\`kubectl --kubeconfig .kelt/kubeconfig describe plr -n ${sample.namespace}\` tells the whole story of the run.`,
  );
  const steps = [packages, engine, tools, debian, images, cluster, delivered, operator, demo, pipeline, result];
  return { steps, result, kubernetes: cluster };
}
