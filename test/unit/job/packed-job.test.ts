import { expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import { TASK_SPEC_ENV, TaskSpec } from "#api/task.ts";
import { type Attempt, jobOf } from "../../../operator/job/job.ts";
import { RUN_UID } from "../../support/manifests/make.ts";

const SETTINGS = {
  image: "registry.example/kelt/task:1",
  imagePullPolicy: "IfNotPresent" as const,
  imagePullSecrets: [],
  resources: {},
  jobTtlSeconds: 3600,
};
const project = { configMap: "models" };
const transform = { connection: "warehouse", schema: "a", project, command: "build", packing: "model" };
const node = { transform };

function jobFor(name: string, more: Partial<NonNullable<Attempt["unit"]>> = {}) {
  const spec = PipelineSpec.parse({ connections: { warehouse: { postgres: {} } }, nodes: { marts: node } });
  const key = `marts/${name}`;
  const run = { namespace: "demo", name: "films-1", uid: RUN_UID };
  const expanded = { ...spec, nodes: { ...spec.nodes, [key]: spec.nodes.marts } } as PipelineSpec;
  const unit = { node: "marts", name, ...more };
  const job = jobOf({ run, pipeline: "films", spec: expanded, node: key, attempt: 2, unit }, SETTINGS);
  const env = job.spec?.template.spec?.containers[0]?.env ?? [];
  const said = env.find((each) => each.name === TASK_SPEC_ENV)?.value ?? "";
  return { job, task: TaskSpec.parse(JSON.parse(said.replaceAll("$$", "$"))) };
}

test("the Job of a unit says node and unit in its labels, and its task which project it works with", () => {
  const digest = "c".repeat(64);
  const { job, task } = jobFor("stg-films", { project: digest });
  expect(job.metadata?.labels).toMatchObject({
    "kelt.dev/node": "marts",
    "kelt.dev/unit": "stg-films",
    "kelt.dev/attempt": "2",
  });
  expect(job.metadata?.name).toMatch(/^films-1-marts-stg-films-[0-9a-f]{10}-a2$/);
  expect(task).toMatchObject({ node: "marts/stg-films", unit: { node: "marts", name: "stg-films", project: digest } });
});

test("the one Job that builds all of a packed project gets no unit", () => {
  const { job, task } = jobFor("all");
  expect(job.metadata?.labels).toMatchObject({ "kelt.dev/unit": "all" });
  expect(task.unit).toBeUndefined();
});
