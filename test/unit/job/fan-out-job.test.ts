import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import { TASK_SPEC_ENV } from "#api/task.ts";
import { type Attempt, jobOf, type TaskPodSettings } from "../../../operator/job/job.ts";
import { RUN_UID } from "../../support/manifests/make.ts";

const SETTINGS: TaskPodSettings = {
  image: "registry.example/kelt/task:1",
  imagePullPolicy: "IfNotPresent",
  imagePullSecrets: [],
  resources: {},
  jobTtlSeconds: 3600,
};

function anAttempt(node: object): Attempt {
  const connections = { source: { s3: { bucket: "lake", region: "eu-central-1" } }, warehouse: { postgres: {} } };
  const spec = PipelineSpec.parse({ connections, nodes: { raw: node } });
  return {
    run: { namespace: "demo", name: "films-1", uid: RUN_UID },
    pipeline: "films",
    spec,
    node: "raw",
    attempt: 1,
  };
}

describe("the Job of a load that is fanned out", () => {
  const files = {
    from: { connection: "source", files: { films: "films/" } },
    to: { connection: "warehouse", schema: "raw" },
  };
  const specOf = (fanOut: object, more: object = {}) =>
    jobOf(anAttempt({ load: { ...files, fanOut }, ...more }), SETTINGS).spec ?? expect.fail("no spec");

  test("is an Indexed one, which tries each part again by itself and fails with the first that has no try left", () => {
    const spec = specOf({ pods: 8, parallel: 3 }, { retries: { limit: 4 } });
    expect(spec).toMatchObject({
      completionMode: "Indexed",
      completions: 8,
      parallelism: 3,
      backoffLimitPerIndex: 4,
      maxFailedIndexes: 0,
      podReplacementPolicy: "Failed",
      podFailurePolicy: { rules: [{ action: "Ignore" }, { action: "FailJob" }] },
    });
    expect(spec).not.toHaveProperty("backoffLimit");
    expect(specOf({ pods: 8 })).toMatchObject({ parallelism: 8, backoffLimitPerIndex: 2 });
  });

  test("has one pod template: its parts differ by nothing but what the Job controller tells them", () => {
    const [container] = specOf({ pods: 2 }).template.spec?.containers ?? [];
    expect(container?.env?.map(({ name }) => name)).toEqual([TASK_SPEC_ENV]);
  });
});
