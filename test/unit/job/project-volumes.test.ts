import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import { jobOf, type TaskPodSettings } from "../../../operator/job/job.ts";
import { restrictedViolations } from "../../support/cluster/pod-security.ts";
import { RUN_UID } from "../../support/manifests/make.ts";

const SETTINGS: TaskPodSettings = {
  image: "kelt/task:1",
  imagePullPolicy: "IfNotPresent",
  imagePullSecrets: [],
  resources: {},
  jobTtlSeconds: 60,
};

const GIT = { git: { url: "https://git.example/models.git", secretRef: "models" } };
const SECRET = { secret: { secretName: "models", optional: true, defaultMode: 0o440 } };

describe("a transform's project is mounted read-only:", () => {
  const PROJECT = "/var/run/kelt/project";
  test.each([
    [
      "a ConfigMap, optional, so that the task can say by name that it is missing",
      { configMap: "models" },
      { project: [PROJECT, { configMap: { name: "models", optional: true } }] },
    ],
    [
      "several ConfigMaps, each in a folder of its name",
      { configMaps: ["models", "seeds.v2"] },
      {
        "project-0": [`${PROJECT}/models`, { configMap: { name: "models", optional: true } }],
        "project-1": [`${PROJECT}/seeds.v2`, { configMap: { name: "seeds.v2", optional: true } }],
      },
    ],
    [
      "a volume whole, because the task says what is missing in it",
      { persistentVolumeClaim: { claimName: "models", path: "dbt" } },
      { project: [PROJECT, { persistentVolumeClaim: { claimName: "models", readOnly: true } }] },
    ],
    [
      "an image",
      { image: { reference: "registry.example/models:1", pullPolicy: "Always", path: "dbt" } },
      { project: [PROJECT, { image: { reference: "registry.example/models:1", pullPolicy: "Always" } }] },
    ],
    ["a git repository: nothing but its Secret", GIT, { git: ["/var/run/kelt/git", SECRET] }],
    ["a public one: nothing at all", { git: { url: GIT.git.url } }, {}],
  ])("%s", (_, project, expected) => {
    const transform = { connection: "warehouse", schema: "a", project, command: "build" };
    const spec = PipelineSpec.parse({ connections: { warehouse: { postgres: {} } }, nodes: { models: { transform } } });
    const run = { namespace: "demo", name: "films-1", uid: RUN_UID };
    const job = jobOf({ run, pipeline: "films", spec, node: "models", attempt: 1 }, SETTINGS);
    const pod = job.spec?.template.spec ?? expect.fail("no pod");
    const isProject = ({ name }: { readonly name: string }) => name.startsWith("project") || name === "git";
    expect(pod.volumes?.filter(isProject)).toEqual(
      Object.entries(expected).map(([name, [, source]]) => ({ name, ...(source as object) })),
    );
    expect(pod.containers[0]?.volumeMounts?.filter(isProject)).toEqual(
      Object.entries(expected).map(([name, [mountPath]]) => ({ name, mountPath, readOnly: true })),
    );
    expect(restrictedViolations(JSON.parse(JSON.stringify(pod)))).toEqual([]);
  });
});
