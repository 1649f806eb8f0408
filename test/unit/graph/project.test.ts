import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

function problems(project: object, more: object = { command: "build" }): readonly string[] {
  const transform = { connection: "warehouse", schema: "a", project, ...more };
  const spec = { connections: { warehouse: { postgres: { secretRef: "w" } } }, nodes: { models: { transform } } };
  const validation = validatePipeline(spec);
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

test.each([
  ["a ConfigMap", { configMap: "models" }],
  ["several ConfigMaps", { configMaps: ["models", "seeds.v2"] }],
  ["a volume", { persistentVolumeClaim: { claimName: "models" } }],
  ["a folder of a volume", { persistentVolumeClaim: { claimName: "models", path: "team/..dbt/./films" } }],
  ["an image", { image: { reference: "registry.example/models:1", pullPolicy: "IfNotPresent", path: "dbt" } }],
])("a project may come from %s", (_, project) => {
  expect(problems(project)).toEqual([]);
});

test("models without command may come from ConfigMaps alone", () => {
  expect(problems({ configMaps: ["models", "macros"] }, {})).toEqual([]);
  for (const project of [{ persistentVolumeClaim: { claimName: "models" } }, { image: { reference: "models:1" } }]) {
    expect(problems(project, {})).toEqual([
      "spec.nodes[models].transform: a project of persistentVolumeClaim or image needs command: it says what dbt does",
    ]);
  }
});

test.each([
  [
    "a ConfigMap that is named twice",
    { configMaps: ["a", "b", "a"] },
    ".configMaps[2]: a is named twice; name it once",
  ],
  [
    "a path that leads out of the volume",
    { persistentVolumeClaim: { claimName: "models", path: "dbt/../.." } },
    ".persistentVolumeClaim.path: expected a path inside the volume, without a leading slash and .., found dbt/../..",
  ],
  [
    "an absolute path in an image",
    { image: { reference: "models:1", path: "/dbt" } },
    ".image.path: expected a path inside the image, without a leading slash and .., found /dbt",
  ],
  [
    "a reference that is no image",
    { image: { reference: "https://registry.example/models" } },
    '.image.reference: an image begins with a registry or a name and not with a protocol, found "https://registry.example/models"',
  ],
])("%s is refused", (_, project, message) => {
  expect(problems(project)).toEqual([`spec.nodes[models].transform.project${message}`]);
});
